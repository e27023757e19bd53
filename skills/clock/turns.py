"""What the answers need from a turn: the person's own now, and what they said for a slot."""

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.skill import TurnContext

SHOWN = 60  # characters of the person's words in an answer


def now(turn: TurnContext) -> datetime:
    """The person's own date and time."""
    return datetime.fromtimestamp(turn.clock.now(), ZoneInfo(turn.timezone))


def said(turn: TurnContext, slot: str) -> str:
    """What was said for a slot; empty where nothing was."""
    value = turn.slot(slot)
    return value.text.strip() if value else ""


def quoted(text: str) -> str:
    """The person's words in quotation marks, cut where they are long."""
    text = " ".join(text.split())
    return f"“{text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + '…'}”"
