"""The engine runs a turn: claim, lane, session, understanding, skill, record.

    Request → person → lane → [claim, session] → decide → record (one commit) → Turn

What is not decided when the deadline broker says so is answered with a holding line, committed together with the promise of the
answer, and goes on in the background.

It holds no state of its own that matters: Postgres' unique rows decide which of two workers answered a message, and in
which order a conversation went. Valkey's claims and lanes only save work; without them everything still holds.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from core.background import LEASE_S, Background, Owed, Work, in_time
from core.claims import Claims
from core.deadline import Broker, Moments, Progress
from core.decide import TOO_SLOW, Decider
from core.decided import Decided
from core.lanes import Lanes
from core.records import record_of, sent_later, with_outgoing
from core.stages import Stages
from core.telling import never_empty
from shared.deferring import Deferral
from shared.errors import Conflict, StoreUnavailable
from shared.ports import Claim, Clock, Door, Ids, Person, Recorded, Recording, SessionStore, TurnRecord, TurnStore
from shared.turn import Kind, Outcome, Reply, Request, Session, Turn
from shared.wording import wording

_MOST_ATTEMPTS = 8
MOST_DEFERRED = 8
"""Answers that one conversation may wait for."""


class Engine:
    """Answers requests, each exactly once."""

    def __init__(self, turns: TurnStore, sessions: SessionStore, decider: Decider, clock: Clock, ids: Ids) -> None:
        self._turns = turns
        self._sessions = sessions
        self._decider = decider
        self._clock = clock
        self._ids = ids
        self._lanes = Lanes()
        self._claims = Claims(sessions, clock)
        self._broker = Broker(clock)
        self.background = Background(turns, self._claims, self._lanes, decider, clock, ids)

    async def run(self, request: Request, door: Door | None = None) -> Turn:
        """The recorded turn that answers `request`; the same one if the request was seen before.

        `door` is the door it came through: what it answers itself, and what of the answer goes out through its platform's API,
        is recorded in the same commit. Raises Conflict when the message id was used for something else, StoreUnavailable when
        nothing could be recorded.
        """
        stages = Stages(self._clock)
        person = await self._turns.person(request.app, request.channel, request.user)
        stages.mark("identity")
        async with self._lanes.hold((person, request.channel, request.conversation)):
            stages.mark("lane")
            return await self._in_lane(person, request, stages, door)

    def handed(self, request: Request) -> float | None:
        """The server has the answer to `request` now: how long after the decision on it, in seconds; None for a repetition."""
        return self._broker.handed(request)

    async def find(
        self, app: str, channel: str, message_id: str, *, tells: Callable[[Turn], bool] = lambda _: False
    ) -> Turn | None:
        """The turn of a message: recorded, running (`Outcome.RUNNING`, no reply), or None if it was never seen.

        For a deferred one it is the answer, once that is there. `tells`: whether the person is told of that answer now.
        """
        turn = await self._turns.turn(app, channel, message_id)
        if turn is not None:
            return turn if turn.outcome is not Outcome.DEFERRED else await self._finally(turn, tells)
        with suppress(StoreUnavailable):
            if await self._sessions.running(app, channel, message_id):
                # It may have been recorded between the two looks.
                return await self._turns.turn(app, channel, message_id) or _running(app, channel, message_id)
        return None

    async def _finally(self, holding: Turn, tells: Callable[[Turn], bool]) -> Turn:
        """The answer to a deferred message under that message's own id; until it is there, the holding line."""
        found = await self._turns.deferred_of(holding.app, holding.channel, holding.message_id)
        if found is None or found.turn is None:
            return holding
        if found.state != "told" and tells(found.turn):
            await self._turns.tell(holding.app, found.id)
        reply, spoken = found.turn.reply, holding.reply.language if holding.reply else ""
        whole = found.turn if reply is None else replace(found.turn, reply=never_empty(reply, spoken))
        return replace(whole, message_id=holding.message_id)

    async def _in_lane(self, person: Person, request: Request, stages: Stages, door: Door | None) -> Turn:
        token = self._ids.new()
        opened = await self._claims.open(person, request, token, stages)
        stages.mark("session")
        if opened.claim is Claim.DONE:
            known = await self._turns.find(request)
            if known is not None:
                return _settled(known)
        try:
            recorded, session = await self._compute(person, request, opened.session, stages, door)
        except BaseException:
            await self._claims.abandon(person, request, token)
            raise
        stored = recorded.outcome is Recording.STORED
        await self._claims.close(person, request, token, session if stored else None)
        return _settled(recorded)

    async def _compute(
        self, person: Person, request: Request, session: Session | None, stages: Stages, door: Door | None
    ) -> tuple[Recorded, Session]:
        """Decide and record; decide anew if another turn of this conversation was recorded in between."""
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            if session is None:
                session = await self._turns.last_session(person, request.channel, request.conversation)
                stages.mark("session")
            work = self._begin(person, request, session, stages, door)
            try:
                decided = await self._decided(request, session, work, door)
                record = self._record(person, request, session, decided, work, attempt, door)
                recorded = await self._committed(record, work, door)
            except BaseException:
                work.give_up()
                raise
            if recorded.outcome is not Recording.STALE:
                return recorded, record.session
            session = None
        raise StoreUnavailable("this conversation is too busy: too many messages at once", retry_after=1)

    async def _committed(self, record: TurnRecord, work: Work, door: Door | None) -> Recorded:
        """Record; what was promised goes on, what was not wanted is given up."""
        if record.defers is None:
            work.give_up()
            return await self._turns.record(record)
        with self.background.promising():
            recorded = await self._turns.record(record)
        if recorded.outcome is Recording.STORED:
            self.background.adopt(Owed(record.person, record.request, record.defers, door), work)
        else:
            work.give_up()
        return recorded

    def _begin(self, person: Person, request: Request, session: Session, stages: Stages, door: Door | None) -> Work:
        progress, later = Progress(answer_by=request.deadline), request.kind is not Kind.EVENT and not session.handoff
        worked_on = in_time(request, request.received_at) if later else request
        return Work(self._decider.decide(person, worked_on, session, stages, door, progress), stages, progress)

    async def _decided(self, request: Request, session: Session, work: Work, door: Door | None) -> Decided:
        """The answer, or what is said in its place when the time has come to say something."""
        moments, progress = self._broker.moments(request), work.progress
        if not await self._within(request, work, moments, door):
            self._broker.decided(request, moments.decision)
            if not progress.may_wait or session.handoff:
                return self._decider.failed("too_slow", request, session, TOO_SLOW)
            waited_for = len(session.deferred) - len(progress.gone)
            if not self.background.room or waited_for >= MOST_DEFERRED:
                return self._decider.failed("too_busy", request, session, "too many answers are being worked on")
            return self._decider.deferred(request, session, progress, writes=self._writes(request, door))
        self._broker.decided(request)
        return work.task.result()

    async def _within(self, request: Request, work: Work, moments: Moments, door: Door | None) -> bool:
        """Whether the answer is there by the decision. Somebody who waits long before it is asked for patience."""
        if moments.patience is not None and not await self._done(work, moments.patience) and door is not None:
            asking = self._ask_for_patience(request, work.progress, door)
            try:
                return await self._done(work, moments.decision)
            finally:
                asking.cancel()
        return await self._done(work, moments.decision)

    async def _done(self, work: Work, until: float) -> bool:
        """Whether the work has ended before that time."""
        if not work.task.done():
            await asyncio.wait((work.task,), timeout=max(0.0, until - self._clock.now()))
        return work.task.done()

    def _ask_for_patience(self, request: Request, progress: Progress, door: Door) -> "asyncio.Task[None]":
        words = wording("one_moment", progress.locale or request.locale, message_id=request.message_id)
        return asyncio.create_task(_hold(door, request, words, progress))

    def _writes(self, request: Request, door: Door | None) -> bool:
        """Whether what comes later reaches the person without a word of theirs."""
        if door is not None and door.fetches_later:
            return True
        tried = Turn(
            app=request.app,
            channel=request.channel,
            message_id=request.message_id,
            conversation=request.conversation,
            outcome=Outcome.ANSWERED,
            at=request.received_at,
            reply=Reply(text="…"),
        )
        return bool(sent_later(door, request, tried))

    def _record(
        self,
        person: Person,
        request: Request,
        session: Session,
        decided: Decided,
        work: Work,
        attempt: int,
        door: Door | None,
    ) -> TurnRecord:
        if decided.outcome is not Outcome.DEFERRED:
            return with_outgoing(record_of(person, request, session, decided, work.stages, self._ids, attempt), door)
        stages, deferral = work.stages.so_far("waited"), self._deferral(session, work, door)
        record = record_of(person, request, session, decided, stages, self._ids, attempt)
        promised = replace(
            record,
            trace=replace(record.trace, deferred=deferral.id),
            session=replace(record.session, deferred=(*record.session.deferred, deferral.id)),
            defers=deferral,
        )
        return with_outgoing(promised, door)

    def _deferral(self, session: Session, work: Work, door: Door | None) -> Deferral:
        return Deferral(
            self._ids.new(),
            session.seq + 1,
            self.background.lease,
            self._clock.now() + LEASE_S,
            work.progress.said,
            session.dialogue,
            door.place if door else "",
        )


async def _hold(door: Door, request: Request, words: str, progress: Progress) -> None:
    if progress.may_wait and not progress.said:
        await door.hold(request, words)


def _settled(recorded: Recorded) -> Turn:
    if recorded.outcome is Recording.CONFLICT:
        raise Conflict("this message id was used before, for another text or by another user")
    return recorded.turn


def _running(app: str, channel: str, message_id: str) -> Turn:
    return Turn(app=app, channel=channel, message_id=message_id, conversation="", outcome=Outcome.RUNNING, at=0.0)
