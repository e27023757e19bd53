"""From Alexa's envelope to the common request."""

import re
from typing import Any

import msgspec

from channels.alexa.envelope import INTENT_DECODER, DeviceInfo, Envelope, Intent, ManyValues, Resolutions, Session, Slot
from channels.alexa.kinds import CAN_FULFILL, INTENT, kind_of
from shared.errors import Malformed
from shared.jsontext import decode
from shared.text import clean
from shared.turn import Device, Kind, PlatformIntent, Request, SlotValue

CATCH_ALL = "CatchAllIntent"
UTTERANCE = "utterance"
DEFAULT_LOCALE = "en-US"
MAX_ID = 512  # characters; Amazon's are up to about 250
MAX_TYPE = 128

_CARRIER = re.compile("CatchAll([A-Za-z]*)Intent")
_CAPITAL, _SPACED = re.compile("([A-Z])"), r" \1"
_MATCH = "ER_SUCCESS_MATCH"
_CONFIRMED = {"CONFIRMED": True, "DENIED": False}
_SCREENS = ("Alexa.Presentation.APL", "Alexa.Presentation.HTML", "Display")
_TEXT_DECODER: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()


def request_of(envelope: Envelope, app: str, received_at: float, budget_s: float, mounted: bool = False) -> Request:
    """The request in `envelope`. Raises Malformed where an id or the intent is missing or cannot be used.

    `mounted`: a skill shares the sessions with us, so an answer of ours in the middle of one leaves it open.
    """
    asked = envelope.request
    kind = kind_of(asked.type)
    message_id = _identifier(asked.id, "request.requestId")
    type_ = _identifier(asked.type, "request.type", MAX_TYPE)
    user = _user(envelope, message_id)
    session = envelope.session
    intent: PlatformIntent | None = None
    text = ""
    native: dict[str, Any] = {}
    if type_ in (INTENT, CAN_FULFILL):
        intent, text, native = _understood(decode(INTENT_DECODER, bytes(asked.intent)), asked.dialog)
    elif kind is Kind.ACTION:
        text = _touched(envelope)
    if session is not None and (attributes := _attributes(session)):
        native = {**native, "attributes": attributes}
    if mounted and session is not None and session.new is False:
        native = {**native, "open": True}
    return Request(
        app=app,
        channel="alexa",
        message_id=message_id,
        conversation=_identifier(session.id, "session.sessionId") if session and session.id else f"{type_}:{user}",
        user=user,
        kind=kind,
        received_at=received_at,
        deadline=received_at + budget_s,
        text=text,
        locale=_locale(asked.locale),
        device=_device(envelope),
        spoken=True,
        intent=intent,
        event=type_,
        native=native,
    )


def _identifier(value: str, path: str, limit: int = MAX_ID) -> str:
    """`value`, if it can be stored and compared as it is. Cutting or cleaning it could make two ids one."""
    if value and len(value) <= limit and value.isprintable():
        return value
    raise Malformed(f"alexa: {path} must be 1 to {limit} printable characters", (path,))


def _user(envelope: Envelope, message_id: str) -> str:
    """The person whose voice was recognised, else the account. An event that names nobody gets a name of its own."""
    system = envelope.context.system if envelope.context else None
    if system is not None and system.person is not None and system.person.id:
        return _identifier(system.person.id, "context.System.person.personId")
    for account in (system.user if system else None, envelope.session.user if envelope.session else None):
        if account is not None and account.id:
            return _identifier(account.id, "context.System.user.userId")
    return f"nobody:{message_id}"


def _attributes(session: Session) -> dict[str, Any]:
    """The session's attributes, which the answer gives back: what is left out of it is forgotten."""
    raw = bytes(session.attributes)
    value = decode(_TEXT_DECODER, raw) if len(raw) > len(b"{}") else None
    return value if isinstance(value, dict) else {}


def _understood(intent: Intent, dialog: str | None) -> tuple[PlatformIntent | None, str, dict[str, Any]]:
    """The platform's intent or, from the catch-all, the words; and what `render` needs to ask for a slot of this intent."""
    name = _identifier(intent.name, "request.intent.name", MAX_TYPE)
    slots = intent.slots or {}
    native = {"intent": name, "slots": list(slots), "dialog": dialog}
    carrier = _CARRIER.fullmatch(name)
    if carrier is not None:
        return None, _free_speech(carrier[1], slots.get(UTTERANCE)), native
    said = {slot: value for slot, found in slots.items() if (value := _slot_value(found)) is not None}
    agreed = {slot: _CONFIRMED[found.confirmation] for slot, found in slots.items() if found.confirmation in _CONFIRMED}
    return PlatformIntent(name, said, _CONFIRMED.get(intent.confirmation), agreed), "", native


def _free_speech(carrier: str, slot: Slot | None) -> str:
    """The words of a catch-all intent. `CatchAllWhereIsIntent` has the carrier phrase "where is", which Alexa cuts off."""
    words = (slot.value or "") if slot is not None else ""
    return clean(f"{_CAPITAL.sub(_SPACED, carrier).lower()} {words}" if carrier else words)


def _slot_value(slot: Slot) -> SlotValue | None:
    if slot.many is not None and slot.many.values:
        said = [(clean(one.value), _canonical(one.resolutions)) for one in _flat(slot.many) if one.value]
        return SlotValue(", ".join(text for text, _ in said), [value or text for text, value in said]) if said else None
    if slot.value is None:
        return None
    text = clean(slot.value)
    return SlotValue(text, _canonical(slot.resolutions) or text)


def _flat(value: ManyValues) -> list[ManyValues]:
    """The values of a list; Amazon's lists hold no lists, so deeper ones are left out."""
    return [one for one in value.values if not one.values]


def _canonical(resolutions: Resolutions | None) -> str | None:
    """The id, or else the name, of the first value that a catalogue is sure of."""
    if resolutions is None:
        return None
    for authority in resolutions.authorities:
        if authority.status.code == _MATCH and authority.values:
            entity = authority.values[0].value
            return clean(entity.id or entity.name) or None
    return None


def _touched(envelope: Envelope) -> str:
    """The words behind what was touched: the first argument of a touch wrapper, or the token of a list item."""
    for raw in (envelope.request.arguments, envelope.request.token):
        value = decode(_TEXT_DECODER, bytes(raw)) if len(bytes(raw)) else None
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str):
            return clean(first)
    return ""


def _locale(locale: str | None) -> str:
    usable = locale and len(locale) <= 35 and locale.isascii() and locale.replace("-", "").isalnum()
    return locale if locale and usable else DEFAULT_LOCALE


def _device(envelope: Envelope) -> Device:
    system = envelope.context.system if envelope.context else None
    info = system.device if system else None
    return _capabilities(info) if info is not None and info.interfaces else _SPEAKER


_SPEAKER = Device(speech=True)


def _capabilities(info: DeviceInfo) -> Device:
    names = tuple(sorted(clean(name) for name in info.interfaces or ()))
    return Device(
        screen=any(name in names for name in _SCREENS),
        audio_player="AudioPlayer" in names,
        video="VideoApp" in names,
        speech=True,
        capabilities=names,
    )
