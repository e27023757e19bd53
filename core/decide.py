"""Decides what to answer: carriers' rules first, then the door's own answer, then the skill that fits what was understood."""

import asyncio
import logging
from typing import Any

from msgspec.structs import replace

from core import handoff
from core.deadline import Progress
from core.decided import Decided
from core.dialogue.around import Around
from core.dialogue.manager import Course, Run, asked_elsewhere, begin, go_on, instead
from core.dialogue.state import State, read, stored
from core.dialogue.values import Values
from core.fallback import SOURCE
from core.generation.answering import Answered, Answering
from core.handlers import OUTAGES, Handlers, failed, traced
from core.keywords import Ruling, ruling
from core.listening import Listener, aside_the_loop, language_used
from core.memory.documents import PersonDocuments, kept
from core.plain import as_before, ask_again, wordless
from core.reach import calls_of
from core.skillbook import SkillBook, SkillFailed
from core.stages import Stages
from core.telling import GO_ON, Telling, holding
from core.understanding import values
from shared.effects import Call, Forget, HandBack, HandOver, Remember
from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.handing import HandoffStep
from shared.locales import language_of
from shared.outside import NewCall, Outside
from shared.ports import Clock, Door, Ids, ModelService, NewMemory, Person, ReplyCache, TurnStore
from shared.turn import Kind, Outcome, Reply, Request, Session, Understanding

log = logging.getLogger("nexus.decide")

_SHARE_FOR_DECIDING = 0.8  # of the time that is left: recording and rendering need the rest
_SHARE_FOR_UNDERSTANDING = 0.5  # of the time that somebody waits: a model that hangs leaves enough to answer without it
_SHARE_FOR_GENERATING = 0.6  # of what is left then: who is too slow is given up in time for another answer
TOO_SLOW = "not ready before the deadline"


class Decider:
    """Decides turns. `timezone` (an IANA name) is where the people of this NEXUS are, unless a platform knows better."""

    def __init__(
        self,
        turns: TurnStore,
        model: ModelService,
        skills: SkillBook,
        clock: Clock,
        ids: Ids,
        timezone: str,
        values: Values = values,
        outside: Outside | None = None,
        cache: ReplyCache | None = None,
        answering: Answering | None = None,
    ) -> None:
        """`outside` is what skills reach of the world; without it, nothing. `cache` keeps answers that depend on nobody.

        `answering` speaks where no skill does.
        """
        self._turns = turns
        self._model = model
        self._skills = skills
        self._clock = clock
        self._ids = ids
        self._timezone = timezone
        self._values = values
        self._answering = answering
        self._handlers = Handlers(turns, model, skills, clock, timezone, outside, cache)
        self._listener = Listener(model, skills, self._handlers)
        self._ears = handoff.Ears(model, skills)
        self._telling = Telling(turns, model, clock)

    async def decide(
        self,
        person: Person,
        request: Request,
        session: Session,
        stages: Stages,
        door: Door | None = None,
        progress: Progress | None = None,
    ) -> Decided:
        """The answer. Whatever goes wrong inside becomes a failed turn with a reason; only outages of the store pass.

        `request.deadline` is until when it is worked on. `progress` is told how far that has come.
        """
        progress = progress or Progress()
        around = self._around(request, session)
        left = request.deadline - self._clock.now()
        try:
            async with asyncio.timeout(max(0.0, _SHARE_FOR_DECIDING * left)):
                return await self._decide(person, around, session, stages, door, progress)
        except (TimeoutError, DeadlineExceeded):
            if not self._model.state().ready:
                stages.degraded("model")
            return self._failed("too_slow", around.request, TOO_SLOW)
        except ModelUnavailable as error:
            stages.degraded("model")
            return self._failed("not_understood_now", around.request, str(error))
        except SkillFailed as error:
            log.error("skill failed", extra={"skill": error.name, **traced(error)})
            return self._failed("skill_failed", around.request, str(error), error.name)

    def deferred(self, request: Request, session: Session, progress: Progress, *, writes: bool) -> Decided:
        """What is said at the decision of an answer that is not complete. `writes`: what comes later needs no asking."""
        locale = progress.locale or as_before(request, session).locale
        reply = replace(holding(locale, request.message_id, progress.said, writes=writes), language=language_of(locale))
        closed = stored(State(handled=read(session.dialogue).handled))  # what was asked is being worked on
        return Decided(Outcome.DEFERRED, reply, self._model.state(), dialogue=closed, gone=progress.gone)

    def failed(self, key: str, request: Request, session: Session, reason: str) -> Decided:
        """A turn that failed for a reason outside: in the words called `key`."""
        return self._failed(key, as_before(request, session), reason)

    async def _decide(
        self,
        person: Person,
        around: Around,
        session: Session,
        stages: Stages,
        door: Door | None,
        progress: Progress,
    ) -> Decided:
        request = around.request
        if request.opt_out or request.keyword is not None:
            opted_out = request.opt_out and await self._turns.opted_out(person, request.channel)
            stages.mark("consent")
            if ruled := ruling(request, session, opted_out):
                return self._ruled(ruled)
        if session.handoff:
            return await self._with_human(person, around, session, stages, door)
        return await self._answered(person, around, session, stages, door, progress)

    async def _with_human(
        self, person: Person, around: Around, session: Session, stages: Stages, door: Door | None
    ) -> Decided:
        """In a conversation that was handed over: silence, unless the human's time is over, or ends with these words."""
        request, alone = around.request, Progress()  # whatever comes of it, the human must not wait
        held = await self._turns.handoff(person, session.handoff)
        stages.mark("handoff")
        now = self._clock.now()
        if held is None or not held.holds(now):
            free = replace(session, handoff="")
            return handoff.returned(await self._answered(person, around, free, stages, door, alone), held, request)
        by = now + _SHARE_FOR_UNDERSTANDING * (request.deadline - now)
        if request.kind is not Kind.CLOSE and not await self._ears.want_back(request, by):
            return handoff.silent(held, self._model.state(), request, now)
        return handoff.taken_back(await self._answered(person, around, session, stages, door, alone), held, request)

    async def _answered(
        self,
        person: Person,
        around: Around,
        session: Session,
        stages: Stages,
        door: Door | None,
        progress: Progress,
    ) -> Decided:
        request = around.request
        if door is not None and door.answers_first:
            answered = await self._ask_door(door, person, around, session, stages)
            if answered is not None:
                return answered
        if request.kind is Kind.CLOSE:
            return Decided(Outcome.ANSWERED, Reply(text="", end_session=True), self._model.state())
        progress.may_wait = request.kind is not Kind.EVENT
        untold = await self._telling.untold(person, session) if session.deferred else ()
        progress.gone = self._telling.gone(session, untold)
        decided = await self._by_skills(person, around, session, stages, progress)
        return self._telling.before(decided, untold, request, session) if untold and not progress.deferred else decided

    async def _by_skills(
        self, person: Person, around: Around, session: Session, stages: Stages, progress: Progress
    ) -> Decided:
        request = around.request
        progress.locale = request.locale
        state = read(session.dialogue)
        now = self._clock.now()
        by = now + _SHARE_FOR_UNDERSTANDING * (min(request.deadline, progress.answer_by) - now)
        heard = await self._listener.hear(state, around, person, by)
        stages.mark("understand")
        if not self._model.state().ready or (heard is not None and heard.source == SOURCE):
            stages.degraded("model")
        if heard is not None:
            around = around.speaking(language_used(heard, state, around))
            progress.locale = around.request.locale
        if heard is None and (state.question is None or request.kind is not Kind.UTTERANCE or request.attachments):
            return self._aside(wordless(request))
        if heard is not None and heard.intent == GO_ON and (session.deferred or state.question is None):
            told = await self._telling.go_on(person, heard, around, session)
            if told is not None:
                return told
        course = await aside_the_loop(begin, state, heard or _NOTHING, around)
        if not course.said and course.run is None:
            return await self._out_of_scope(heard, state, around, person, stages, progress)
        course = await self._unless_not_set_up(course, around)
        return await self._through(course, heard or _NOTHING, person, around, session, stages)

    async def _unless_not_set_up(self, course: Course, around: Around) -> Course:
        """The course without questions of skills that could do nothing with the answer, because they are not set up."""
        while course.run is None and course.state.top is not None:
            reply = await self._handlers.not_set_up(course.state.top.intent, around.request)
            if reply is None:
                break
            course = instead(course, reply, around)
        return course

    def _around(self, request: Request, session: Session) -> Around:
        """What is around a dialogue, in the language that the person wrote in last."""
        now, last = self._clock.now(), session.last_reply
        spoken = as_before(request, session)
        return Around(self._skills, self._values, spoken, now, self._timezone, last, own_locale=request.locale)

    async def _through(
        self,
        course: Course,
        heard: Understanding,
        person: Person,
        around: Around,
        session: Session,
        stages: Stages,
    ) -> Decided:
        """The dialogue's course to its end, with the handlers that it runs."""
        states: dict[str, dict[str, Any]] = {}
        steps: tuple[HandoffStep, ...] = ()
        calls: list[NewCall] = []
        name, understanding = None, None
        while course.run is not None:
            name, understanding = self._name(course.run), course.run.understanding
            told = _with(session, states)
            reply = await self._handlers.answer(course.run, person, around.request, told, course.said, stages)
            calls += self._calls(course.run, reply, around)
            if reply.state is not None:
                states[name] = reply.state
            loaded = self._skills.of(course.run.frame.intent)
            steps += handoff.steps_of(reply, loaded, around.request, session, self._ids, self._clock.now())
            course = await self._unless_not_set_up(go_on(course, reply, around), around)
        decided = await self._said(
            name or self._topic(course.state),
            course.reply,
            around.request,
            states,
            understanding=_recorded(understanding, heard, course.state),
            dialogue=stored(course.state),
            calls=tuple(calls),
        )
        handed = handoff.calls_of(steps, around.request)
        return replace(decided, handoff=steps, calls=(*decided.calls, *handed)) if steps else decided

    def _calls(self, run: Run, reply: Reply, around: Around) -> tuple[NewCall, ...]:
        """What the handler of `run` has done outside, in time counted from when the message came."""
        loaded = self._skills.of(run.frame.intent)
        return calls_of(loaded, reply, around.request.received_at) if loaded else ()

    def _name(self, run: Run) -> str:
        loaded = self._skills.of(run.frame.intent)
        return loaded.manifest.name if loaded else ""

    def _topic(self, state: State) -> str | None:
        """The skill that is being talked about."""
        loaded = self._skills.of(state.top.intent) if state.top else None
        return loaded.manifest.name if loaded else None

    async def _ask_door(
        self, door: Door, person: Person, around: Around, session: Session, stages: Stages
    ) -> Decided | None:
        """The door's own answer, or None where it has none."""
        request = around.request
        name = f"door:{request.channel}"
        try:
            reply = await door.answer(request, PersonDocuments(person, self._turns))
        except OUTAGES:
            raise
        except Exception as error:
            raise failed(name, error) from error
        stages.mark("door's answer")
        if reply is None:
            return None
        if any(isinstance(effect, Call | HandOver | HandBack) for effect in reply.effects):
            raise SkillFailed(name, "a door cannot make calls, nor hand over")
        state = asked_elsewhere(read(session.dialogue), reply, around)
        states = {} if reply.state is None else {name: reply.state}
        return await self._said(name, reply, request, states, dialogue=stored(state))

    async def _said(
        self,
        name: str | None,
        reply: Reply,
        request: Request,
        states: dict[str, dict[str, Any]],
        *,
        understanding: Understanding | None = None,
        dialogue: dict[str, Any] | None = None,
        calls: tuple[NewCall, ...] = (),
    ) -> Decided:
        """The reply of the skill (or door) called `name`, with its effects as rows."""
        try:
            keep = kept(reply)
        except (TypeError, ValueError) as error:
            raise failed(name or "", error) from error
        return Decided(
            Outcome.ANSWERED,
            replace(reply, language=language_of(request.locale)),
            self._model.state(),
            understanding,
            name,
            dialogue=dialogue,
            states=states,
            language=language_of(request.locale),
            remember=await self._new_memories(reply, request),
            forget=tuple(effect.memory_id for effect in reply.effects if isinstance(effect, Forget)),
            keep=keep,
            calls=calls,
        )

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

    async def _out_of_scope(
        self,
        understanding: Understanding | None,
        state: State,
        around: Around,
        person: Person,
        stages: Stages,
        progress: Progress,
    ) -> Decided:
        answered = await self._answered_freely(around, person, stages, progress)
        return Decided(
            Outcome.ANSWERED,
            answered.reply if answered else ask_again("out_of_scope", around.request),
            self._model.state(),
            understanding,
            dialogue=stored(state),
            language=around.language,
            generated=answered.trace if answered else "",
        )

    async def _answered_freely(
        self, around: Around, person: Person, stages: Stages, progress: Progress
    ) -> Answered | None:
        request = around.request
        if self._answering is None or not request.text:
            return None
        now = self._clock.now()
        by = now + _SHARE_FOR_GENERATING * (request.deadline - now)
        answered = await self._answering.answer(request, self._handlers.memories(person, request), by, progress.say)
        stages.mark("generate")
        if answered is None:
            stages.degraded("generation")
        return answered

    def _aside(self, reply: Reply) -> Decided:
        return Decided(Outcome.ANSWERED, reply, self._model.state(), aside=True)

    def _failed(self, key: str, request: Request, reason: str, skill: str | None = None) -> Decided:
        return Decided(Outcome.FAILED, ask_again(key, request), self._model.state(), skill=skill, reason=reason)


_NOTHING = Understanding(None, 0.0, 1.0)


def _with(session: Session, states: dict[str, dict[str, Any]]) -> Session:
    """The session as the next handler of the same turn sees it."""
    return replace(session, skills={**session.skills, **states}) if states else session


def _recorded(run: Understanding | None, heard: Understanding, state: State) -> Understanding:
    """What is recorded as understood: what was handled, else what is being talked about, with the model's scores."""
    if run is None and state.top is not None:
        run = Run(state.top).understanding
    if run is None:
        return heard
    return replace(run, oos_score=heard.oos_score, ranking=heard.ranking)
