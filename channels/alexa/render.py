"""From a turn to Alexa's answer: what the request's type allows, within Amazon's limits, the same bytes each time."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from channels.alexa.answer import (
    MAX_BYTES,
    MAX_CARD,
    MAX_ENVELOPE,
    MAX_SPEECH,
    Answer,
    PlainText,
    Reprompt,
    Response,
    encode,
)
from channels.alexa.cards import card_of
from channels.alexa.kinds import INTENT, answer_of
from channels.alexa.kinds import Answer as Allowed
from channels.alexa.parse import CATCH_ALL, UTTERANCE
from channels.alexa.speech import cut, spoken, words
from shared.errors import DeadlineExceeded, LimitExceeded, NexusError, PluginInvalid
from shared.holding import held_open
from shared.turn import Confirm, Elicit, Outcome, Reply, Request, SlotValue, Turn
from shared.wording import wording

_DELEGATE = "Dialog.Delegate"
_LEADS = ("STARTED", "IN_PROGRESS")  # the states of a dialogue that Alexa's model has something to ask in
EMPTY = b'{"version":"1.0","response":{}}'


class Native(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`Reply.native["alexa"]`: what only Alexa has. It is sent as it is; a card here replaces the one NEXUS would make."""

    directives: list[dict[str, Any]] = []
    card: dict[str, Any] | UnsetType = UNSET
    should_end_session: bool | UnsetType | None = UNSET  # None: leave it out
    can_fulfill_intent: dict[str, Any] | UnsetType = UNSET
    api_response: Any = UNSET
    session_attributes: dict[str, Any] | UnsetType = UNSET
    envelope: dict[str, Any] | UnsetType = UNSET  # a whole answer, in place of all else


class Room(Struct, frozen=True):
    """How many characters speech and card may have, and whether there is room for directives and what else is native.

    `attributes`: whether there is room for the session's attributes, which go last: they are somebody's memory.
    """

    speech: int
    card: int
    native: bool = True
    attributes: bool = True


_ROOMS = (
    Room(MAX_SPEECH, MAX_CARD),
    Room(4_000, 2_000),
    Room(1_500, 500),
    Room(1_500, 500, native=False),
    Room(300, 0, native=False),
    Room(1_500, 500, native=False, attributes=False),
)
_NO_NATIVE = Native()

_WITHOUT_REPLY = {Outcome.RUNNING: "still_working", Outcome.DEFERRED: "still_working", Outcome.REFUSED: "refused"}


def render_turn(request: Request, turn: Turn) -> bytes:
    """The body of the answer. Raises PluginInvalid where a skill put something into `native` that is not in Native."""
    allowed = answer_of(request.event)
    if allowed is Allowed.NOTHING:
        return EMPTY
    reply = (
        held_open(turn, request.locale) or _apology(_WITHOUT_REPLY.get(turn.outcome, "failed"), request.locale)
    ).aloud
    native = _native(reply) if reply.native else _NO_NATIVE
    if native.envelope is not UNSET:
        return _whole(request, native.envelope)
    if allowed is Allowed.SPEECH:
        return _fitting(request, reply, native)
    if allowed is Allowed.CAN_FULFILL:
        return encode(Answer(response=Response(can_fulfill_intent=native.can_fulfill_intent or _cannot(request))))
    return _bounded(encode(Answer(response=Response(directives=_for_players(request, native.directives) or UNSET))))


def render_apology(request: Request, error: NexusError) -> bytes:
    """The spoken answer where there is no turn: nothing was done, and the session stays open as it was."""
    key = "slow" if isinstance(error, DeadlineExceeded) else "busy" if isinstance(error, LimitExceeded) else "failed"
    return _fitting(request, _apology(key, request.locale), _NO_NATIVE)


def _apology(key: str, locale: str) -> Reply:
    return Reply(text=wording(key, locale), reprompt=wording("ask_again", locale), expects_answer=True)


def _native(reply: Reply) -> Native:
    try:
        return msgspec.convert(reply.native.get("alexa", {}), Native)
    except msgspec.ValidationError as error:
        raise PluginInvalid(f"alexa: a skill's native answer is not usable: {error}") from None


def _fitting(request: Request, reply: Reply, native: Native) -> bytes:
    """The fullest answer that Amazon takes. The last room is so small that it always fits."""
    body = b""
    for room in _ROOMS:
        body = encode(_answer(request, reply, native if room.native else _NO_NATIVE, room))
        if len(body) <= MAX_BYTES:
            break
    return body


def _whole(request: Request, envelope: dict[str, Any]) -> bytes:
    """The envelope as it is, unless Amazon would refuse it for its size."""
    body = encode(envelope)
    return body if len(body) <= MAX_ENVELOPE else _fitting(request, _apology("failed", request.locale), _NO_NATIVE)


def _for_players(request: Request, directives: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The directives that may answer what `request` reports: about playback, those of the audio player only."""
    if not request.event.startswith(("AudioPlayer.", "PlaybackController.")):
        return directives
    return [directive for directive in directives if str(directive.get("type")).startswith("AudioPlayer.")]


def _bounded(body: bytes) -> bytes:
    return body if len(body) <= MAX_BYTES else EMPTY


def _answer(request: Request, reply: Reply, native: Native, room: Room) -> Answer:
    speech, rest = spoken(reply, room.speech, play=not request.device.screen)
    question = reply.elicit or reply.confirm
    asks = (reply.expects_answer or question is not None or bool(reply.reprompt)) and not reply.end_session
    reprompt: Reprompt | UnsetType = UNSET
    if reply.reprompt and asks:
        again, over = cut(words(reply.reprompt), room.speech)
        reprompt = Reprompt(PlainText(again)) if again else UNSET
        rest = "\n".join(part for part in (rest, over) if part)
    directives = _directives(request, question if asks and room.native else None, native)
    if any(directive.get("type") == _DELEGATE for directive in directives if directive not in native.directives):
        speech, reprompt = None, UNSET  # Alexa asks, in the words that her model has for the same question
    response = Response(
        output_speech=speech or UNSET,
        card=native.card or card_of(reply, rest, room.card) or UNSET,
        reprompt=reprompt,
        directives=directives or UNSET,
        api_response=native.api_response,
        should_end_session=_ends(not (asks or _goes_on(request, reply)), native, directives),
    )
    return Answer(response=response, session_attributes=_attributes(request, native) if room.attributes else UNSET)


def _attributes(request: Request, native: Native) -> dict[str, Any] | UnsetType:
    """The session's attributes: those of the reply, else those that came in. A skill that did not answer keeps its own."""
    if native.session_attributes is not UNSET:
        return native.session_attributes
    came_in: dict[str, Any] | UnsetType = request.native.get("attributes", UNSET)
    return came_in


def _goes_on(request: Request, reply: Reply) -> bool:
    """Whether the session is a mounted skill's, who has not finished with it because we answered something in between."""
    return "open" in request.native and not reply.end_session


def _ends(end: bool, native: Native, directives: list[dict[str, Any]]) -> bool | UnsetType:
    """Whether the session ends. Amazon wants nothing said about it where a film starts."""
    if native.should_end_session is not UNSET:
        return UNSET if native.should_end_session is None else native.should_end_session
    if any(str(directive.get("type")).startswith("VideoApp.") for directive in directives):
        return UNSET
    return end


def _directives(request: Request, question: Elicit | Confirm | None, native: Native) -> list[dict[str, Any]]:
    """The native directives and, unless they hold a dialogue of their own, the one that goes on with ours."""
    own = any(str(directive.get("type")).startswith("Dialog.") for directive in native.directives)
    if question is None or own or request.event != INTENT:
        return native.directives
    return [*native.directives, _dialog(request, question)]


def _dialog(request: Request, question: Elicit | Confirm) -> dict[str, Any]:
    """The next step of the dialogue about the intent at hand: left to Alexa where she has the same question, else asked by us.

    About another intent, or a slot that hers has not, free speech is asked for, without a carrier phrase.
    """
    intent, names = request.native["intent"], request.native["slots"]
    known = question.slots or (request.intent.slots if request.intent is not None else {})
    askable = names if isinstance(question, Elicit) else ("", *known)
    if request.intent is None or question.foreign or question.slot not in askable:
        return _elicit(CATCH_ALL, UTTERANCE, [UTTERANCE], {})
    if question.plain and request.native["dialog"] in _LEADS:
        return {"type": _DELEGATE, "updatedIntent": _updated(intent, names, known)}
    if isinstance(question, Elicit):
        return _elicit(intent, question.slot, names, known)
    if not question.slot:
        return {"type": "Dialog.ConfirmIntent", "updatedIntent": _updated(intent, names, known)}
    updated = _updated(intent, names, known)
    return {"type": "Dialog.ConfirmSlot", "slotToConfirm": question.slot, "updatedIntent": updated}


def _elicit(intent: str, slot: str, names: list[str], known: Mapping[str, SlotValue]) -> dict[str, Any]:
    return {"type": "Dialog.ElicitSlot", "slotToElicit": slot, "updatedIntent": _updated(intent, names, known)}


def _updated(intent: str, names: list[str], known: Mapping[str, SlotValue]) -> dict[str, Any]:
    """The intent with what is known of it; nothing of it is confirmed yet."""
    slots = {name: {"name": name, "confirmationStatus": "NONE"} for name in names}
    for name in names:
        if name in known:
            slots[name]["value"] = known[name].text
    return {"name": intent, "confirmationStatus": "NONE", "slots": slots}


def _cannot(request: Request) -> dict[str, Any]:
    """NEXUS answers to its own name: it makes no offer to speak where the person did not ask for it."""
    answer: dict[str, Any] = {"canFulfill": "NO"}
    if slots := request.native.get("slots"):
        answer["slots"] = {name: {"canUnderstand": "NO", "canFulfill": "NO"} for name in slots}
    return answer
