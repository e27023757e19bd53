"""The engine runs a turn: claim, lane, session, understanding, skill, record.

    Request → person → lane → [claim, session] → decide → record (one commit) → Turn

It holds no state of its own that matters: Postgres' unique rows decide which of two workers answered a message, and in
which order a conversation went. Valkey's claims and lanes only save work; without them everything still holds.
"""

import asyncio
import logging
from contextlib import suppress

import msgspec

from core.decide import Decider
from core.decided import Decided
from core.keywords import SILENCE
from core.lanes import Lanes
from core.stages import Stages
from shared.errors import Conflict, StoreUnavailable
from shared.ports import (
    Claim,
    Clock,
    Door,
    Ids,
    Opened,
    Person,
    Recorded,
    Recording,
    SessionStore,
    TurnRecord,
    TurnStore,
)
from shared.turn import Outcome, Reply, Request, Session, Trace, Turn

log = logging.getLogger("nexus.engine")

_MOST_ATTEMPTS = 8
_POLL_S = 0.004  # first wait for a claim or lane held by another worker; doubles up to _POLL_MOST_S
_POLL_MOST_S = 0.05
_WAIT_SHARE = 0.4  # of the budget: then we compute what another worker seems to have died over


class Engine:
    """Answers requests, each exactly once."""

    def __init__(self, turns: TurnStore, sessions: SessionStore, decider: Decider, clock: Clock, ids: Ids) -> None:
        self._turns = turns
        self._sessions = sessions
        self._decider = decider
        self._clock = clock
        self._ids = ids
        self._lanes = Lanes()

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

    async def find(self, app: str, channel: str, message_id: str) -> Turn | None:
        """The turn of a message: recorded, running (`Outcome.RUNNING`, no reply), or None if it was never seen."""
        turn = await self._turns.turn(app, channel, message_id)
        if turn is not None:
            return turn
        with suppress(StoreUnavailable):
            if await self._sessions.running(app, channel, message_id):
                # It may have been recorded between the two looks.
                return await self._turns.turn(app, channel, message_id) or _running(app, channel, message_id)
        return None

    async def _in_lane(self, person: Person, request: Request, stages: Stages, door: Door | None) -> Turn:
        token = self._ids.new()
        opened = await self._open(person, request, token, stages)
        stages.mark("session")
        if opened.claim is Claim.DONE:
            known = await self._turns.find(request)
            if known is not None:
                return _settled(known)
        try:
            recorded, session = await self._compute(person, request, opened.session, stages, door)
        except BaseException:
            await self._abandon(person, request, token)
            raise
        await self._close(person, request, token, session if recorded.outcome is Recording.STORED else None)
        return _settled(recorded)

    async def _open(self, person: Person, request: Request, token: str, stages: Stages) -> Opened:
        """Claim and lane, waiting for others a while. Hints only: whoever waited long enough goes ahead."""
        give_up = self._clock.now() + _WAIT_SHARE * (request.deadline - self._clock.now())
        pause = _POLL_S
        while True:
            try:
                opened = await self._sessions.open(person, request, token)
            except StoreUnavailable:
                stages.degraded("valkey")
                return Opened(Claim.MINE, True, None)
            if opened.claim is Claim.DONE or (opened.claim is Claim.MINE and opened.lane):
                return opened
            if self._clock.now() >= give_up:
                return Opened(Claim.MINE, False, None)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _POLL_MOST_S)

    async def _compute(
        self, person: Person, request: Request, session: Session | None, stages: Stages, door: Door | None
    ) -> tuple[Recorded, Session]:
        """Decide and record; decide anew if another turn of this conversation was recorded in between."""
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            if session is None:
                session = await self._turns.last_session(person, request.channel, request.conversation)
                stages.mark("session")
            decided = await self._decider.decide(person, request, session, stages, door)
            record = _with_outgoing(self._record(person, request, session, decided, stages, attempt), door)
            recorded = await self._turns.record(record)
            if recorded.outcome is not Recording.STALE:
                return recorded, record.session
            session = None
        raise StoreUnavailable("this conversation is too busy: too many messages at once", retry_after=1)

    def _record(
        self, person: Person, request: Request, session: Session, decided: Decided, stages: Stages, attempt: int
    ) -> TurnRecord:
        trace_id = self._ids.new()
        seq = session.seq + 1
        turn = Turn(
            app=request.app,
            channel=request.channel,
            message_id=request.message_id,
            conversation=request.conversation,
            outcome=decided.outcome,
            at=request.received_at,
            seq=seq,
            reply=decided.reply,
            understanding=decided.understanding,
            timings_ms=stages.milliseconds(),
            trace_id=trace_id,
            reason=decided.reason,
            degraded=stages.missing,
        )
        trace = Trace(
            id=trace_id,
            stages_ms=turn.timings_ms,
            skill=decided.skill,
            model=decided.model.version,
            providers=decided.model.providers,
            attempts=attempt,
            error=decided.reason,
            degraded=stages.missing,
            generated=decided.generated,
        )
        return TurnRecord(
            person=person,
            request=request,
            turn=turn,
            trace=trace,
            session=decided.next_session(session, seq, request.received_at),
            remember=decided.remember,
            forget=decided.forget,
            keep=decided.keep,
            handoff=decided.handoff,
            calls=decided.calls,
            consent=decided.consent,
            owed=decided.owed,
            model=decided.model.version,
        )

    async def _close(self, person: Person, request: Request, token: str, session: Session | None) -> None:
        try:
            await self._sessions.close(person, request, token, session)
        except StoreUnavailable:
            log.warning("session not cached", extra={"channel": request.channel})

    async def _abandon(self, person: Person, request: Request, token: str) -> None:
        try:
            await self._sessions.abandon(person, request, token)
        except StoreUnavailable:
            log.warning("claim not given back", extra={"channel": request.channel})


def _with_outgoing(record: TurnRecord, door: Door | None) -> TurnRecord:
    """The record with what the door sends of it through its platform's API. A door that breaks over it fails the turn."""
    turn = record.turn
    if door is None or turn.outcome is Outcome.REFUSED or _is_silent(turn.reply):
        return record
    try:
        outgoing = door.outgoing(record.request, turn)
        msgspec.msgpack.encode(outgoing)  # what cannot be stored is found here, not in the midst of the commit
    except Exception as error:  # noqa: BLE001 (foreign code: its failure is an outcome of the turn, not ours)
        log.error("nothing goes out", extra={"channel": turn.channel, "error": type(error).__name__})
        reason = f"channel {turn.channel} failed: {type(error).__name__}"
        return msgspec.structs.replace(
            record,
            turn=msgspec.structs.replace(turn, outcome=Outcome.FAILED, reason=reason),
            trace=msgspec.structs.replace(record.trace, error=reason),
        )
    return msgspec.structs.replace(record, outgoing=outgoing) if outgoing else record


def _is_silent(reply: Reply | None) -> bool:
    """Whether nothing at all is said: a keyword is left to the carrier, or the conversation to a human."""
    return reply is not None and (reply == SILENCE or reply.human is not None)


def _settled(recorded: Recorded) -> Turn:
    if recorded.outcome is Recording.CONFLICT:
        raise Conflict("this message id was used before, for another text or by another user")
    return recorded.turn


def _running(app: str, channel: str, message_id: str) -> Turn:
    return Turn(app=app, channel=channel, message_id=message_id, conversation="", outcome=Outcome.RUNNING, at=0.0)
