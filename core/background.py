"""Answers that are finished after their messages were answered with a holding line: here, or by whoever takes them over.

    work → [lane: session → record the answer as a turn of its own, with the end of the deferral] → told later

The turn has a message id of its own, made of the deferral's, so Postgres' unique row decides which of two that finish it counts,
as for any message. What is computed by whom, and under which lease, only saves work.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from core.claims import Claims
from core.deadline import WORK_S, Progress
from core.decide import TOO_SLOW, Decider
from core.decided import Decided
from core.dialogue.state import read
from core.lanes import Lanes
from core.records import is_silent, record_of, sent_later
from core.stages import Stages
from core.telling import rest_of
from shared.deferring import Deferral, Settled, answer_id
from shared.errors import NexusError
from shared.ports import Claim, Clock, Door, Ids, Person, Recorded, Recording, TurnRecord, TurnStore
from shared.turn import Outcome, Reply, Request, Session

log = logging.getLogger("nexus.background")

MOST = 256  # answers that one worker works on in the background
MOST_ATTEMPTS = 3  # of workers that die over it
MOST_AGE_S = 600.0
LEASE_S = 6.0
_MOST_ANEW = 3  # because the conversation went on
_MOST_RECORDINGS = 8
_LANE_S = 2.0  # of which a part is waited for a lane that another worker holds
_PAUSE_S = 0.5  # while a store is away


class Owed(Struct, frozen=True):
    """An answer to be finished: whose, to which request (as it came), and what was promised."""

    person: Person
    request: Request
    deferral: Deferral
    door: Door | None = None


class Work:
    """An answer that is being worked on, while its message waits and after."""

    __slots__ = ("progress", "stages", "task")

    def __init__(self, answer: Coroutine[Any, Any, Decided], stages: Stages, progress: Progress) -> None:
        self.stages = stages
        self.progress = progress
        self.task = asyncio.create_task(answer)

    def give_up(self) -> None:
        """Nobody wants it any more."""
        if self.task.done():
            _looked_at(self.task)
        else:
            self.task.add_done_callback(_looked_at)
            self.task.cancel()


def _looked_at(task: "asyncio.Task[Decided]") -> None:
    """Its failure, if it failed, is nobody's any more: it is not logged as one that nobody looked at."""
    if not task.cancelled():
        task.exception()


def in_time(request: Request, received_at: float) -> Request:
    """`request` with the deadline until which it is worked on."""
    return replace(request, deadline=max(request.deadline, received_at + WORK_S))


class Background:
    """The answers that this worker finishes. `ended` is called with channel and outcome of each that it has recorded."""

    def __init__(
        self, turns: TurnStore, claims: Claims, lanes: Lanes, decider: Decider, clock: Clock, ids: Ids, most: int = MOST
    ) -> None:
        self._turns = turns
        self._claims = claims
        self._lanes = lanes
        self._decider = decider
        self._clock = clock
        self._ids = ids
        self._most = most
        self._promised = 0
        self._running: dict[asyncio.Task[None], Owed] = {}
        self.ended: Callable[[str, str], None] = lambda channel, outcome: None

    @cached_property
    def lease(self) -> str:
        """The name under which this worker holds what it works on."""
        return self._ids.new()

    @property
    def room(self) -> int:
        """How many more answers may be worked on."""
        return max(0, self._most - len(self._running) - self._promised)

    @contextmanager
    def promising(self) -> Iterator[None]:
        """Meanwhile a holding line is committed: there is room for what it promises."""
        self._promised += 1
        try:
            yield
        finally:
            self._promised -= 1

    @property
    def held(self) -> list[tuple[str, str]]:
        """What is being worked on: app and id of the deferral."""
        return [(owed.person.app, owed.deferral.id) for owed in self._running.values()]

    def adopt(self, owed: Owed, work: Work) -> None:
        """Finish what was begun while its message waited; the holding line is committed."""
        work.progress.deferred = True
        self._start(owed, work)

    def resume(self, owed: Owed, attempt: int) -> None:
        """Finish what somebody else left behind; the attempt of that number."""
        if (owed.person.app, owed.deferral.id) in self.held:
            return  # it is ours: the lease was renewed too late
        given_up = attempt > MOST_ATTEMPTS or self._clock.now() > owed.request.received_at + MOST_AGE_S
        self._start(owed, None, given_up=given_up)

    async def close(self, seconds: float) -> None:
        """Let what is nearly finished end; the rest is left to whoever finds it when its lease ends."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=1.0)

    async def settled(self) -> None:
        """Return when nothing is being worked on."""
        while self._running:
            await asyncio.wait(self._running)

    def _start(self, owed: Owed, work: Work | None, *, given_up: bool = False) -> None:
        task = asyncio.create_task(self._finish(owed, work, given_up=given_up))
        self._running[task] = owed
        task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        owed = self._running.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            extra = {"channel": owed.request.channel, "error": type(error).__name__}
            log.error("answer left to be taken over", exc_info=error, extra=extra)

    # -- one answer ------------------------------------------------------------------------------------------------

    async def _finish(self, owed: Owed, work: Work | None, *, given_up: bool) -> None:
        """Work, record, and again on the fresh session where the conversation went on meanwhile."""
        stages = work.stages if work else Stages(self._clock)
        seen, decided = owed.deferral.seq, None
        if given_up:
            decided = self._failed(owed, "nobody could finish it")
        elif work is not None:
            decided = await self._unless_away(work.task, work)
        for _ in range(_MOST_ANEW):
            if decided is None:
                decided, seen = await self._anew(owed, stages)
            if await self._recorded(owed, decided, seen, stages):
                return
            decided = None
        await self._recorded(owed, self._failed(owed, "the conversation went on and on"), seen, stages)

    async def _unless_away(self, task: asyncio.Task[Decided], work: Work) -> Decided | None:
        """What was decided, or None where a store was away."""
        try:
            return await task
        except NexusError:
            return None
        finally:
            if not task.done():
                work.give_up()

    def _failed(self, owed: Owed, reason: str) -> Decided:
        return self._decider.failed("too_slow", owed.request, Session(), reason)

    async def _anew(self, owed: Owed, stages: Stages) -> tuple[Decided, int]:
        """What is decided in the conversation as it is now, with the dialogue that the message came into."""
        while True:
            try:
                now = await self._last_session(owed)
                others = tuple(one for one in now.deferred if one != owed.deferral.id)
                session = replace(now, dialogue=owed.deferral.dialogue, handoff="", deferred=others)
                request = in_time(owed.request, self._clock.now())
                progress = Progress(deferred=True)
                return await self._decider.decide(owed.person, request, session, stages, None, progress), now.seq
            except NexusError:
                await self._pause(owed)

    async def _recorded(self, owed: Owed, decided: Decided, seen: int, stages: Stages) -> bool:
        """Record the answer; False where it has to be computed anew, because the conversation is not at `seen` any more."""
        while True:
            try:
                return await self._in_lane(owed, decided, seen, stages)
            except NexusError:  # a store is away, or the lane is full: putting the same again is safe
                await self._pause(owed)

    async def _pause(self, owed: Owed) -> None:
        if self._clock.now() > owed.request.received_at + MOST_AGE_S:
            raise TimeoutError(TOO_SLOW)  # whoever takes it over records that it failed
        await asyncio.sleep(_PAUSE_S)

    async def _in_lane(self, owed: Owed, decided: Decided, seen: int, stages: Stages) -> bool:
        person, channel, conversation = owed.person, owed.request.channel, owed.request.conversation
        request = replace(owed.request, message_id=answer_id(owed.deferral.id))
        patient, token = replace(request, deadline=self._clock.now() + _LANE_S), self._ids.new()
        async with self._lanes.hold((person, channel, conversation)):
            opened = await self._claims.open(person, patient, token, stages)
            if opened.claim is Claim.DONE:
                return True
            try:
                recorded = await self._record(owed, request, decided, seen, opened.session, stages)
            except BaseException:
                await self._claims.abandon(person, request, token)
                raise
            if recorded is None:
                await self._claims.abandon(person, request, token)
                return False
            result, record = recorded
            stored = result.outcome is Recording.STORED
            await self._claims.close(person, request, token, record.session if stored else None)
        if stored and record.settled is not None:
            self.ended(channel, record.turn.outcome.value)
        return True

    async def _record(
        self, owed: Owed, request: Request, decided: Decided, seen: int, session: Session | None, stages: Stages
    ) -> tuple[Recorded, TurnRecord] | None:
        """Record on the newest session; None where what was decided does not hold there."""
        out = owed.request.opt_out and await self._turns.opted_out(owed.person, owed.request.channel)
        for attempt in range(1, _MOST_RECORDINGS + 1):
            session = session or await self._last_session(owed)
            moved = session.seq != seen
            if moved and decided.changes:
                return None
            record = self._settling(owed, request, decided, session, stages, attempt, moved=moved, quiet=out)
            recorded = await self._turns.record(record)
            if recorded.outcome is not Recording.STALE:
                return recorded, record
            session = None
        return None

    async def _last_session(self, owed: Owed) -> Session:
        return await self._turns.last_session(owed.person, owed.request.channel, owed.request.conversation)

    def _settling(
        self,
        owed: Owed,
        request: Request,
        decided: Decided,
        session: Session,
        stages: Stages,
        attempt: int,
        *,
        moved: bool,
        quiet: bool,
    ) -> TurnRecord:
        """The record of the answer, with the end of the deferral and what goes out of it."""
        deferral = owed.deferral
        decided = replace(decided, reply=rest_of(decided.reply, deferral.told))
        record = record_of(owed.person, request, session, decided, stages, self._ids, attempt)
        outgoing = () if quiet or session.handoff else sent_later(owed.door, owed.request, record.turn)
        told = bool(outgoing) or is_silent(decided.reply) or _is_empty(decided.reply)
        asks = not moved and read(decided.dialogue).question is not None
        end: Literal["done", "failed", "told"] = (
            "told" if told else "failed" if decided.outcome is Outcome.FAILED else "done"
        )
        return replace(
            record,
            trace=replace(record.trace, deferred=deferral.id),
            session=_session_after(record.session, session, decided, deferral, moved=moved, told=told),
            outgoing=outgoing,
            settled=Settled(deferral.id, end, self._clock.now(), decided.dialogue if asks and not told else None),
        )


def _is_empty(reply: Reply) -> bool:
    """Whether nothing is left to tell."""
    return not (reply.text or reply.speech or reply.cards or reply.media or reply.choices)


def _session_after(
    after: Session, before: Session, decided: Decided, deferral: Deferral, *, moved: bool, told: bool
) -> Session:
    """The state of the conversation once the answer is there, which nobody has heard unless it is `told`.

    What skills keep counts at once. A question that was not heard is not open; in a conversation that went on the old topic is
    not taken up again, though the answer was made for where it is now, unless that asks something that was heard and nothing
    else does. `moved`: it went on after the answer was made.
    """
    went_on = before.seq != deferral.seq
    asks = read(decided.dialogue).question is not None
    asks_alone = asks and told and not moved and read(before.dialogue).question is None
    counts = asks_alone if went_on else told or not asks
    return replace(
        after,
        dialogue=after.dialogue if counts else before.dialogue,
        last_intent=before.last_intent if went_on else after.last_intent,
        last_reply=after.last_reply if told and not moved else before.last_reply,
        language=before.language if went_on else after.language,
        deferred=tuple(one for one in after.deferred if not (told and one == deferral.id)),
    )
