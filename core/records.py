"""What a turn leaves to be recorded: the turn itself, its trace, and what goes out through its platform's API."""

import logging

import msgspec
from msgspec.structs import replace

from core.decided import Decided
from core.keywords import SILENCE
from core.stages import Stages
from shared.ports import Door, Ids, Outgoing, Person, TurnRecord
from shared.turn import Outcome, Reply, Request, Session, Trace, Turn

log = logging.getLogger("nexus.engine")


def record_of(
    person: Person, request: Request, session: Session, decided: Decided, stages: Stages, ids: Ids, attempt: int
) -> TurnRecord:
    """The record of what was decided on `request` in a conversation that stood at `session`."""
    trace_id = ids.new()
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
        told=decided.told,
    )


def with_outgoing(record: TurnRecord, door: Door | None) -> TurnRecord:
    """The record with what the door sends of it through its platform's API. A door that breaks over it fails the turn."""
    turn = record.turn
    if door is None or turn.outcome is Outcome.REFUSED or is_silent(turn.reply):
        return record
    try:
        outgoing = door.outgoing(record.request, turn)
        msgspec.msgpack.encode(outgoing)  # what cannot be stored is found here, not in the midst of the commit
    except Exception as error:  # noqa: BLE001 (foreign code: its failure is an outcome of the turn, not ours)
        log.error("nothing goes out", extra={"channel": turn.channel, "error": type(error).__name__})
        reason = f"channel {turn.channel} failed: {type(error).__name__}"
        return replace(
            _untold(record),
            turn=replace(turn, outcome=Outcome.FAILED, reason=reason),
            trace=replace(record.trace, error=reason, deferred=""),
        )
    return replace(record, outgoing=outgoing) if outgoing else record


def sent_later(door: Door | None, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
    """What the door sends of an answer to `request` that comes later; nothing where it breaks over it."""
    if door is None or turn.outcome is Outcome.REFUSED or is_silent(turn.reply):
        return ()
    try:
        outgoing = door.later(request, turn)
        msgspec.msgpack.encode(outgoing)
    except Exception as error:  # noqa: BLE001 (foreign code: the answer then waits until the person speaks again)
        log.error("nothing goes out later", extra={"channel": turn.channel, "error": type(error).__name__})
        return ()
    return outgoing


def _untold(record: TurnRecord) -> TurnRecord:
    """The record of a turn that says nothing after all: it neither tells deferred answers nor promises one."""
    promised = record.defers.id if record.defers else None
    deferred = (*record.told, *(one for one in record.session.deferred if one != promised))
    return replace(record, told=(), defers=None, session=replace(record.session, deferred=deferred))


def is_silent(reply: Reply | None) -> bool:
    """Whether nothing at all is said: a keyword is left to the carrier, or the conversation to a human."""
    return reply is not None and (reply == SILENCE or reply.human is not None)
