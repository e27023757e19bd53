"""Telling what was not ready in time: the holding line, "go on", and the answer before that to the next question."""

from collections.abc import Sequence

from msgspec.structs import replace

from core.decided import Decided
from core.dialogue.around import Around
from core.dialogue.joining import joined
from core.dialogue.state import read
from core.records import is_silent
from shared.deferring import OFFERED_S, Deferred
from shared.locales import in_language
from shared.ports import Clock, ModelService, Person, TurnStore
from shared.turn import Kind, Outcome, Reply, Request, Session, Understanding
from shared.wording import wording

GO_ON = "assistant.go_on"
"""The intent of who wants to hear what was not ready, or what it was."""

_TELLS = frozenset({Kind.OPEN, Kind.UTTERANCE, Kind.ACTION})
_READY = frozenset({"done", "failed"})


def holding(locale: str, message_id: str, said: str, *, writes: bool) -> Reply:
    """What is said in place of an answer, or after its beginning, which is `said`. `writes`: what comes later needs no asking."""
    key = f"{'rest' if said else 'answer'}_{'written' if writes else 'asked_for'}"
    words = wording(key, locale, message_id=message_id)
    reprompt = None if writes else wording("go_on_reprompt", locale)
    return Reply(text=f"{said} {words}".strip(), expects_answer=not writes, reprompt=reprompt)


def rest_of(reply: Reply, told: str) -> Reply:
    """The reply without the beginning that was told already; a reply that begins otherwise is told as a whole."""
    if not told or reply.speech is not None or not reply.text.startswith(told):
        return reply
    return replace(reply, text=reply.text.removeprefix(told).strip())


def never_empty(reply: Reply, locale: str) -> Reply:
    """The rest of an answer; where all of it was told already, that it was all."""
    shown = reply.text or reply.cards or reply.media or reply.human
    return reply if shown else replace(reply, text=wording("that_was_all", reply.language or locale))


class Telling:
    """Finds deferred answers and tells them, one at a time."""

    def __init__(self, turns: TurnStore, model: ModelService, clock: Clock) -> None:
        self._turns = turns
        self._model = model
        self._clock = clock

    async def untold(self, person: Person, session: Session) -> Sequence[Deferred]:
        """What became of the answers that the session waits for."""
        return await self._turns.deferred(person, session.deferred)

    async def go_on(self, person: Person, heard: Understanding, around: Around, session: Session) -> Decided | None:
        """The answer to who asks for the deferred one; None where there is none, nor was lately."""
        waiting = self._still(await self.untold(person, session)) if session.deferred else []
        ready = [one for one in waiting if one.state in _READY]
        last = None if waiting else await self._turns.last_deferred(person, self._clock.now() - OFFERED_S)
        one = next(iter(ready or waiting), last)
        if one is None:
            return None
        locale = around.request.locale
        decided = Decided(
            Outcome.ANSWERED,
            Reply(text=""),
            self._model.state(),
            heard,
            dialogue=session.dialogue,
            language=around.language,
            gone=_but(session, waiting),
        )
        if one.turn is None:
            words = wording("still_at_it", locale, message_id=around.request.message_id)
            return _saying(decided, Reply(text=words, expects_answer=True), around)
        more = (Reply(text=wording("another_ready", locale), expects_answer=True),) if len(ready) > 1 else ()
        decided = replace(decided, told=() if one.state == "told" else (one.id,))
        opened = _opening(decided, one, around.request)
        answer = never_empty(_answer(one, asks=opened is not decided), locale)
        return _saying(opened, joined((answer, *more)) if more else answer, around)

    def before(self, decided: Decided, untold: Sequence[Deferred], request: Request, session: Session) -> Decided:
        """What was decided on something else, after an answer that is ready now; another time, where that does not fit."""
        waiting = self._still(untold)
        decided = replace(decided, gone=(*decided.gone, *self.gone(session, untold)))
        one = next((one for one in waiting if one.state in _READY and one.id not in decided.told), None)
        if one is None or decided.told or not _fits(decided, request):
            return decided
        language = decided.reply.language or decided.language or session.language
        locale = in_language(request.locale, language) if language else request.locale
        decided = replace(decided, told=(one.id,))
        opened = _opening(decided, one, request)
        parts = (
            Reply(text=wording("about_before", locale)),
            replace(_answer(one, asks=False), expects_answer=False, reprompt=None),
            Reply(text=wording("and_now", locale)),
            decided.reply,
        )
        return replace(opened, reply=replace(joined(parts), language=decided.reply.language))

    def gone(self, session: Session, untold: Sequence[Deferred]) -> tuple[str, ...]:
        """What of that the session need not wait for any more: it was told elsewhere, or is too old."""
        return _but(session, self._still(untold))

    def _still(self, found: Sequence[Deferred]) -> list[Deferred]:
        """Those that have to be told, or will be."""
        return [one for one in found if one.state != "told" and one.offered(self._clock.now())]


def _but(session: Session, waiting: Sequence[Deferred]) -> tuple[str, ...]:
    """What the session need not wait for any more."""
    still = {one.id for one in waiting}
    return tuple(one for one in session.deferred if one not in still)


def _fits(decided: Decided, request: Request) -> bool:
    """Whether something else may be told before what was decided."""
    reply = decided.reply
    if decided.outcome is not Outcome.ANSWERED or request.kind not in _TELLS:
        return False
    return not (reply.native or reply.end_session or is_silent(reply))


def _answer(one: Deferred, *, asks: bool) -> Reply:
    """The deferred answer to be said. What it does was done when it came. `asks`: it may ask something."""
    assert one.turn is not None and one.turn.reply is not None, "not ready"  # noqa: S101, PT018 (a caller's mistake)
    reply = replace(one.turn.reply, effects=(), state=None)
    return reply if asks else replace(reply, elicit=None, confirm=None)


def _opening(decided: Decided, one: Deferred, request: Request) -> Decided:
    """`decided` with the question that the deferred answer ends with.

    Only where it is told for the first time, in its own conversation, and nothing else is being asked.
    """
    turn, now = one.turn, decided.dialogue
    here = turn is not None and (turn.channel, turn.conversation) == (request.channel, request.conversation)
    if one.state == "told" or one.dialogue is None or not here or read(now).question is not None or decided.aside:
        return decided
    return replace(decided, dialogue=one.dialogue)


def _saying(decided: Decided, reply: Reply, around: Around) -> Decided:
    return replace(decided, reply=replace(reply, language=around.language))
