"""What a turn came to, before it is recorded."""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from shared.effects import Keep
from shared.ports import ModelState, NewCall, NewMemory
from shared.turn import Outcome, Reply, Session, Understanding


class Decided(Struct, frozen=True):
    """The answer, what becomes of the conversation (`dialogue`, `states` by skill), and the rows that its effects are."""

    outcome: Outcome
    reply: Reply
    model: ModelState
    understanding: Understanding | None = None
    skill: str | None = None
    reason: str = ""
    dialogue: dict[str, Any] | None = None
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    remember: tuple[NewMemory, ...] = ()
    forget: tuple[str, ...] = ()
    keep: tuple[Keep, ...] = ()
    calls: tuple[NewCall, ...] = ()
    consent: bool | None = None
    owed: bool = False  # see `TurnRecord`
    aside: bool = False  # said beside the conversation, which goes on as if it had not been
    language: str = ""  # that the person used; "" where it is the one before

    def next_session(self, before: Session, seq: int, at: float) -> Session:
        """The state of the conversation after this turn. A failed turn leaves an open question open."""
        if self.aside or self.outcome is Outcome.FAILED:
            return replace(before, seq=seq, updated_at=at)
        skills = {**before.skills, **self.states} if self.states else before.skills
        intent = self.understanding.intent if self.understanding else None
        last_reply = self.reply.text or before.last_reply
        language = self.language or before.language
        return Session(
            seq,
            at,
            intent or before.last_intent,
            last_reply,
            skills,
            dialogue=self.dialogue,
            language=language,
        )
