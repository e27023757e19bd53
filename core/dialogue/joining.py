"""Several replies of one turn as one: nothing that one of them says, shows or does is lost."""

from functools import reduce
from html import escape
from typing import TypeVar

from msgspec.structs import replace

from shared.turn import Confirm, Elicit, Reply

T = TypeVar("T", Elicit, Confirm)


def joined(replies: tuple[Reply, ...]) -> Reply:
    """One reply; the last one decides what is asked. A single reply stays as it is."""
    return reduce(_two, replies) if replies else Reply(text="")


def _two(one: Reply, other: Reply) -> Reply:
    return Reply(
        text=f"{one.text} {other.text}".strip(),
        speech=_speech(one, other),
        cards=one.cards + other.cards,
        choices=other.choices or one.choices,
        media=one.media + other.media,
        reprompt=other.reprompt or one.reprompt,
        expects_answer=one.expects_answer or other.expects_answer,
        elicit=_not_plain(other.elicit),
        confirm=_not_plain(other.confirm),
        end_session=other.end_session,
        effects=one.effects + other.effects,
        native={**one.native, **other.native},
    )


def _speech(one: Reply, other: Reply) -> str | None:
    """Both in SSML, if one of them is; the words of the other are made safe in it."""
    if one.speech is None and other.speech is None:
        return None
    return " ".join(part for part in map(_spoken, (one, other)) if part)


def _spoken(reply: Reply) -> str:
    return reply.speech if reply.speech is not None else escape(reply.text, quote=False)


def _not_plain(question: T | None) -> T | None:
    """A question beside something else cannot be left to a platform to ask."""
    return replace(question, plain=False) if question is not None else None
