"""A human, please: hands the conversation over, and tells a webhook what the human has to know.

NEXUS itself keeps quiet from then on and passes each message on through the call `relay`; see the effect `HandOver`.
"""

import hmac

import msgspec

from shared.effects import HandBack, HandOver
from shared.errors import DeliveryFailed
from shared.skill import CallContext, Skill, TurnContext, call, confirm, intent
from shared.turn import Confirm, Reply

RELAY = "relay"
MOST_REASON = 500  # characters
HOURS, MOST_HOURS = 24.0, 720.0
GONE = 410


class Handoff(Skill):
    """Answers `handoff.*`."""

    @confirm("handoff.start")
    async def ask(self, turn: TurnContext) -> Reply:
        """Says what it means for the person, and asks."""
        if (cannot := _cannot(turn)) is not None:
            return cannot
        reason = _reason(turn)
        question = turn.say("ask_why", reason=reason) if reason else turn.say("ask")
        return Reply(text=question, expects_answer=True, confirm=Confirm("handoff.start"))

    @intent("handoff.start")
    async def start(self, turn: TurnContext) -> Reply:
        """Hands over what was agreed to."""
        if (cannot := _cannot(turn)) is not None:
            return cannot
        over = HandOver(_reason(turn), RELAY, turn.say("quiet"), turn.say("back"), _hours(turn))
        return Reply(text=turn.say("started"), expects_answer=True, effects=(over,))

    @intent("handoff.end")
    async def end(self, turn: TurnContext) -> Reply:
        """Takes it back, if somebody has it."""
        if not turn.session.handoff:
            return Reply(text=turn.say("not_over"))
        return Reply(text=turn.say("ended"), expects_answer=True, effects=(HandBack(),))

    @call(RELAY)
    async def relay(self, call: CallContext) -> None:
        """Posts what the human has to know. Whatever the webhook does not take is tried again, unless it is gone for good."""
        url = call.config.get("webhook", "").strip()
        if not url:
            raise DeliveryFailed("handoff: no webhook is set", final=True)
        body = msgspec.json.encode(call.content)
        headers = {"idempotency-key": call.key}
        if secret := call.config.get("secret", ""):
            headers["x-nexus-signature-256"] = f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"
        answer = await call.web.post(url, body, headers=headers)
        if not 200 <= answer.status < 300:
            raise DeliveryFailed(f"handoff: the webhook answered {answer.status}", final=answer.status == GONE)


def _cannot(turn: TurnContext) -> Reply | None:
    """Why nobody can be asked: nobody is there, or somebody has the conversation already."""
    if turn.session.handoff:
        return Reply(text=turn.say("already"))
    return None if turn.config.get("webhook", "").strip() else Reply(text=turn.say("nobody"))


def _reason(turn: TurnContext) -> str:
    slot = turn.slot("reason")
    reason = " ".join(slot.text.split()) if slot else ""
    return reason if len(reason) <= MOST_REASON else reason[: MOST_REASON - 1].rstrip() + "…"


def _hours(turn: TurnContext) -> float:
    try:
        hours = float(turn.config.get("hours", "") or HOURS)
    except ValueError:
        return HOURS
    return hours if 0 < hours <= MOST_HOURS else HOURS
