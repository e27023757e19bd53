"""What a turn came to, before it is recorded."""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from shared.effects import Keep
from shared.handing import Handoff, HandoffEnded, HandoffStep
from shared.outside import NewCall
from shared.ports import ModelState, NewMemory
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
    handoff: tuple[HandoffStep, ...] = ()
    calls: tuple[NewCall, ...] = ()
    consent: bool | None = None
    owed: bool = False  # see `TurnRecord`
    aside: bool = False  # said beside the conversation, which goes on as if it had not been
    language: str = ""  # that the person used; "" where it is the one before
    generated: str = ""  # see `Trace`
    unmarked: bool = False  # the human's time with the conversation, over since before this turn, is told of
    told: tuple[str, ...] = ()  # deferred answers that the reply tells
    gone: tuple[str, ...] = ()  # deferred answers that need not be told any more

    @property
    def changes(self) -> bool:
        """Whether it does anything but say something: then it holds only for the conversation it was made for."""
        rows = (self.states, self.remember, self.forget, self.keep, self.handoff, self.calls, self.told)
        return any(rows) or self.consent is not None

    def next_session(self, before: Session, seq: int, at: float) -> Session:
        """The state of the conversation after this turn. A failed turn leaves an open question open."""
        handoff, deferred = self.handed(before), self.untold(before)
        if self.aside or self.outcome is Outcome.FAILED:
            return replace(before, seq=seq, updated_at=at, handoff=handoff, deferred=deferred)
        if self.outcome is Outcome.DEFERRED:
            said = self.reply.text
            return replace(before, seq=seq, updated_at=at, dialogue=self.dialogue, last_reply=said, deferred=deferred)
        skills = {**before.skills, **self.states} if self.states else before.skills
        intent = self.understanding.intent if self.understanding else None
        last_reply = self.reply.text or before.last_reply
        return Session(
            seq,
            at,
            intent or before.last_intent,
            last_reply,
            skills,
            dialogue=self.dialogue,
            handoff=handoff,
            language=self.language or before.language,
            deferred=deferred,
        )

    def untold(self, before: Session) -> tuple[str, ...]:
        """The deferred answers that have to be told after this turn."""
        done = {*self.told, *self.gone}
        return tuple(one for one in before.deferred if one not in done) if before.deferred else ()

    def handed(self, before: Session) -> str:
        """The mark that the session carries from now on."""
        mark = "" if self.unmarked else before.handoff
        for step in self.handoff:
            if isinstance(step, Handoff):
                mark = step.id
            elif isinstance(step, HandoffEnded):
                mark = ""
        return mark
