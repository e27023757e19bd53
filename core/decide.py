"""Decides what to answer: carriers' rules first, then the door's own answer, then the skill that fits what was understood."""

import asyncio
import logging
import traceback

from msgspec import Struct

from core import phrases
from core.keywords import Ruling, ruling
from core.memory.documents import PersonDocuments, kept
from core.memory.recall import PersonMemories
from core.questions import answer_to, question
from core.skillbook import LoadedSkill, SkillBook
from core.stages import Stages
from shared.effects import Forget, Keep, Remember
from shared.errors import DeadlineExceeded, ModelUnavailable, StoreUnavailable
from shared.ports import Clock, Door, Ids, ModelService, ModelState, NewMemory, Person, TurnStore
from shared.skill import TurnContext
from shared.turn import Kind, Outcome, Pending, Reply, Request, Session, SlotValue, Understanding

log = logging.getLogger("nexus.decide")

_SHARE_FOR_DECIDING = 0.8  # of the time that is left: recording and rendering need the rest
GREET = "assistant.greet"
CANCEL = "assistant.cancel"
LEAVE = "assistant.goodbye"
RECALL = "notes.recall"


class Decided(Struct, frozen=True):
    """What a turn came to, before it is recorded."""

    outcome: Outcome
    reply: Reply
    model: ModelState
    understanding: Understanding | None = None
    skill: str | None = None
    reason: str = ""
    pending: Pending | None = None
    remember: tuple[NewMemory, ...] = ()
    forget: tuple[str, ...] = ()
    keep: tuple[Keep, ...] = ()
    consent: bool | None = None
    owed: bool = False  # see `TurnRecord`
    aside: bool = False  # said beside the conversation, which goes on as if it had not been

    def next_session(self, before: Session, seq: int, at: float) -> Session:
        """The state of the conversation after this turn. A failed turn leaves an open question open."""
        if self.aside or self.outcome is Outcome.FAILED:
            return Session(seq, at, before.pending, before.last_intent, before.last_reply, before.skills)
        skills = before.skills
        if self.skill is not None and self.reply.state is not None:
            skills = {**skills, self.skill: self.reply.state}
        intent = self.understanding.intent if self.understanding else None
        return Session(
            seq, at, self.pending, intent or before.last_intent, self.reply.text or before.last_reply, skills
        )


class Decider:
    """Decides turns. `timezone` (an IANA name) is where the people of this NEXUS are, unless a platform knows better."""

    def __init__(
        self, turns: TurnStore, model: ModelService, skills: SkillBook, clock: Clock, ids: Ids, timezone: str
    ) -> None:
        self._turns = turns
        self._model = model
        self._skills = skills
        self._clock = clock
        self._ids = ids
        self._timezone = timezone

    async def decide(
        self, person: Person, request: Request, session: Session, stages: Stages, door: Door | None = None
    ) -> Decided:
        """The answer. Whatever goes wrong inside becomes a failed turn with a reason; only outages of the store pass."""
        left = request.deadline - self._clock.now()
        try:
            async with asyncio.timeout(max(0.0, _SHARE_FOR_DECIDING * left)):
                return await self._decide(person, request, session, stages, door)
        except (TimeoutError, DeadlineExceeded):
            return self._failed(phrases.TOO_SLOW, "not ready before the deadline")
        except ModelUnavailable as error:
            stages.degraded("model")
            return self._failed(phrases.NOT_UNDERSTOOD_NOW, str(error))

    async def _decide(
        self, person: Person, request: Request, session: Session, stages: Stages, door: Door | None
    ) -> Decided:
        if request.opt_out or request.keyword is not None:
            opted_out = request.opt_out and await self._turns.opted_out(person, request.channel)
            stages.mark("consent")
            if ruled := ruling(request, session, opted_out):
                return self._ruled(ruled)
        if door is not None and door.answers_first:
            answered = await self._ask_door(door, person, request, session, stages)
            if answered is not None:
                return answered
        if request.kind is Kind.CLOSE:
            return Decided(Outcome.ANSWERED, Reply(text="", end_session=True), self._model.state())
        understanding = await self._understand(request, session)
        stages.mark("understand")
        if understanding is None:
            return self._without_understanding(request, session)
        if understanding.intent is None:
            understanding = await self._recalled(person, request, understanding)
            stages.mark("recall")
        skill = self._skills.of(understanding.intent) if understanding.intent else None
        if skill is None:
            return self._out_of_scope(understanding)
        return await self._ask(skill, person, request, session, understanding, stages)

    # -- understanding ---------------------------------------------------------------------------------------------

    async def _understand(self, request: Request, session: Session) -> Understanding | None:
        """What is meant, with slots; None where there is nothing to understand (an event, silence)."""
        platform = self._from_platform(request, session)
        if platform is not None:
            return platform
        if request.kind is Kind.OPEN and not request.text and self._skills.of(GREET):
            return Understanding(GREET, 1.0, source="platform")
        if not request.text or request.kind is Kind.EVENT:
            return None
        understood = await self._model.understand(request.text, request.locale, request.deadline)
        if session.pending is not None and understood.intent not in (CANCEL, LEAVE):
            return answer_to(session.pending, request.text)
        return self._with_slots(understood, request)

    async def _recalled(self, person: Person, request: Request, understood: Understanding) -> Understanding:
        """What no skill was trained for may still be a question about what the person told: then it is one for RECALL."""
        if self._skills.of(RECALL) is None:
            return understood
        found = await self._memories(person, request).search(request.text, limit=1)
        if not found:
            return understood
        slots = {**self._slots_in_text(RECALL, request), "topic": SlotValue(request.text, request.text)}
        return Understanding(RECALL, found[0].score, understood.oos_score, slots, understood.ranking, "memory")

    def _memories(self, person: Person, request: Request) -> PersonMemories:
        return PersonMemories(person, self._turns, self._model, request.deadline)

    def _from_platform(self, request: Request, session: Session) -> Understanding | None:
        """The platform's own intent, if it is one of ours. Its resolved slots win over what we find in the text."""
        if request.intent is None:
            return None
        intent = self._skills.from_platform(request.intent.name)
        if intent is None:
            return None
        found = self._slots_in_text(intent, request)
        kept = session.pending.slots if session.pending and session.pending.intent == intent else {}
        return Understanding(intent, 1.0, slots={**kept, **found, **request.intent.slots}, source="platform")

    def _with_slots(self, understood: Understanding, request: Request) -> Understanding:
        if understood.intent is None:
            return understood
        slots = self._slots_in_text(understood.intent, request)
        return Understanding(
            understood.intent, understood.score, understood.oos_score, slots, understood.ranking, understood.source
        )

    def _slots_in_text(self, intent: str, request: Request) -> dict[str, SlotValue]:
        skill = self._skills.of(intent)
        if skill is None or not request.text:
            return {}
        return skill.skill.slots(intent, request.text, request.locale)

    # -- answering -------------------------------------------------------------------------------------------------

    async def _ask(
        self,
        loaded: LoadedSkill,
        person: Person,
        request: Request,
        session: Session,
        understanding: Understanding,
        stages: Stages,
    ) -> Decided:
        name = loaded.manifest.name
        context = TurnContext(
            request=request,
            understanding=understanding,
            session=session,
            state=session.skills.get(name, {}),
            memories=self._memories(person, request),
            documents=PersonDocuments(person, self._turns),
            clock=self._clock,
            timezone=self._timezone,
            skills=self._skills.infos,
        )
        try:
            reply = await loaded.skill.handle(context)
        except (DeadlineExceeded, ModelUnavailable, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 (foreign code: its failure is an outcome of the turn, not ours)
            return self._broken(name, error, understanding)
        stages.mark("skill")
        return await self._said(name, reply, request, session, understanding)

    async def _ask_door(
        self, door: Door, person: Person, request: Request, session: Session, stages: Stages
    ) -> Decided | None:
        """The door's own answer, or None where it has none."""
        name = f"door:{request.channel}"
        try:
            reply = await door.answer(request, PersonDocuments(person, self._turns))
        except (DeadlineExceeded, ModelUnavailable, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 (foreign code, as a skill is)
            return self._broken(name, error)
        stages.mark("door's answer")
        return None if reply is None else await self._said(name, reply, request, session)

    async def _said(
        self, name: str, reply: Reply, request: Request, session: Session, understanding: Understanding | None = None
    ) -> Decided:
        """The reply of the skill (or door) called `name`, with its effects as rows."""
        asked = reply.elicit is not None and self._skills.of(reply.elicit.intent) is not None
        pending = question(reply, name, understanding, session.pending) if asked else None
        if not reply.effects:  # most replies
            return Decided(Outcome.ANSWERED, reply, self._model.state(), understanding, name, pending=pending)
        try:
            keep = kept(reply)
        except (TypeError, ValueError) as error:
            return self._broken(name, error, understanding)
        return Decided(
            Outcome.ANSWERED,
            reply,
            self._model.state(),
            understanding,
            name,
            pending=pending,
            remember=await self._new_memories(reply, request),
            forget=tuple(effect.memory_id for effect in reply.effects if isinstance(effect, Forget)),
            keep=keep,
        )

    def _broken(self, name: str, error: Exception, understanding: Understanding | None = None) -> Decided:
        # Not the error's own text, which may hold what the person said.
        log.error("skill failed", extra={"skill": name, "error": type(error).__name__, "where": _where(error)})
        reason = f"skill {name} failed: {type(error).__name__}"
        return self._failed(phrases.SKILL_FAILED, reason, understanding, name)

    async def _new_memories(self, reply: Reply, request: Request) -> tuple[NewMemory, ...]:
        texts = [effect.text for effect in reply.effects if isinstance(effect, Remember)]
        if not texts:
            return ()
        try:
            vectors = list(await self._model.encode(texts, request.deadline))
        except (ModelUnavailable, DeadlineExceeded):
            # The words are what must not be lost; they are embedded when they are searched.
            return tuple(NewMemory(self._ids.new(), text, None) for text in texts)
        return tuple(NewMemory(self._ids.new(), text, vector) for text, vector in zip(texts, vectors, strict=True))

    def _ruled(self, ruled: Ruling) -> Decided:
        refused = ruled.outcome is Outcome.REFUSED
        return Decided(
            ruled.outcome,
            ruled.reply,
            self._model.state(),
            skill=None if refused else ruled.why,
            reason=ruled.why if refused else "",
            consent=ruled.consent,
            owed=not refused,
            aside=True,
        )

    def _without_understanding(self, request: Request, session: Session) -> Decided:
        if request.attachments and not request.text and request.kind is not Kind.EVENT:
            reply = Reply(text=phrases.attached(request.attachments[0].media_type), expects_answer=True)
            return Decided(Outcome.ANSWERED, reply, self._model.state(), aside=True)
        if request.kind in (Kind.EVENT, Kind.ACTION):
            return self._answered(Reply(text=phrases.UNKNOWN_EVENT))
        if request.kind is Kind.OPEN:
            return self._answered(Reply(text=phrases.GREETING, expects_answer=True))
        return self._out_of_scope(None) if request.intent else self._answered(_ask_again(phrases.NOTHING_HEARD))

    def _out_of_scope(self, understanding: Understanding | None) -> Decided:
        return Decided(Outcome.ANSWERED, _ask_again(phrases.OUT_OF_SCOPE), self._model.state(), understanding)

    def _answered(self, reply: Reply) -> Decided:
        return Decided(Outcome.ANSWERED, reply, self._model.state())

    def _failed(
        self, text: str, reason: str, understanding: Understanding | None = None, skill: str | None = None
    ) -> Decided:
        reply = Reply(text=text, expects_answer=True, reprompt=phrases.OUT_OF_SCOPE_REPROMPT)
        return Decided(Outcome.FAILED, reply, self._model.state(), understanding, skill, reason)


def _ask_again(text: str) -> Reply:
    return Reply(text=text, expects_answer=True, reprompt=phrases.OUT_OF_SCOPE_REPROMPT)


def _where(error: Exception) -> str:
    """The last place in the code that the error passed."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
