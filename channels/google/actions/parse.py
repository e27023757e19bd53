"""From Actions' envelope to the common request."""

import hmac
from typing import Any

import msgspec
from msgspec import Struct

from channels.google.actions.envelope import DeviceInfo, Envelope, Intent, Scene
from channels.google.values import MAX_NAME, given, identifier, locale_of, said, stored, usable
from shared.text import clean
from shared.turn import Device, Kind, PlatformIntent, Request, SlotValue

BUDGET_S = 9.5  # the Assistant waits ten seconds; half of one is left for the way
USER = "nexus_user"  # the name under which a person's id is kept in user storage
OURS = ("nexus_reprompt", "nexus_intent", "nexus_slot")  # in session storage

MAIN = "actions.intent.MAIN"
MAX_STORAGE = 10_000  # bytes of a person's storage, which the answer gives back with the id
_SILENCE = "actions.intent.NO_INPUT"
_NO_MATCH = "actions.intent.NO_MATCH"
MEDIA_STATUS = "actions.intent.MEDIA_STATUS"

_encode = msgspec.json.Encoder().encode


class _Meant(Struct, frozen=True):
    """What the person did."""

    kind: Kind
    text: str = ""
    intent: PlatformIntent | None = None


def request_of(envelope: Envelope, app: str, message_id: str, received_at: float, secret: bytes) -> Request:
    """The request in `envelope`. Raises Malformed where the session or the intent cannot be used.

    `secret` makes ids of people that nobody can guess.
    """
    session = identifier(envelope.session.id, "session.id")
    event = _event(envelope)
    meant = _meant(envelope, event)
    user, native = _user(envelope, session, secret)
    stored_here = envelope.session.params or {}
    scene = envelope.scene or Scene()
    native |= {
        "form": "actions",
        "session": session,
        "scene": usable(scene.name, MAX_NAME),
        "slots": {usable(name): slot.status == "FILLED" for name, slot in (scene.slots or {}).items() if usable(name)},
        "ours": [name for name in OURS if stored_here.get(name) is not None],
    }
    return Request(
        app=app,
        channel="google",
        message_id=message_id,
        conversation=session,
        user=user,
        kind=meant.kind,
        received_at=received_at,
        deadline=received_at + BUDGET_S,
        text=meant.text,
        locale=locale_of(envelope.session.language, envelope.user.locale if envelope.user else None),
        device=_device(envelope.device),
        spoken=True,
        intent=meant.intent,
        event=event,
        native=native,
    )


def _event(envelope: Envelope) -> str:
    """The intent's name or, where there is none, the handler's."""
    intent = envelope.intent.name if envelope.intent else None
    if intent:
        return identifier(intent, "intent.name", MAX_NAME)
    handler = usable(envelope.handler.name, MAX_NAME) if envelope.handler else ""
    return f"handler:{handler}"


def _meant(envelope: Envelope, event: str) -> _Meant:
    intent = envelope.intent or Intent()
    text = clean(intent.query or "")
    if event == MAIN:
        return _Meant(Kind.OPEN)
    if event.startswith(MEDIA_STATUS):
        return _Meant(Kind.EVENT)
    if event.startswith(_NO_MATCH):
        return _Meant(Kind.UTTERANCE, text)
    if event.startswith(_SILENCE):
        return _Meant(Kind.UTTERANCE, "", PlatformIntent(event))
    if intent.name:
        return _Meant(Kind.UTTERANCE, text, PlatformIntent(event, _slots(intent, envelope.scene)))
    text = text or _just_filled(envelope.scene)
    return _Meant(Kind.UTTERANCE, text) if text else _Meant(Kind.EVENT)


def _slots(intent: Intent, scene: Scene | None) -> dict[str, SlotValue]:
    """The filled slots of the scene, and over them the intent's parameters, which are newer."""
    found: dict[str, SlotValue] = {}
    for name, slot in ((scene.slots if scene else None) or {}).items():
        if slot.status == "FILLED":
            value = stored(slot.value)
            found[clean(name)] = SlotValue(said(value), value)
    for name, parameter in (intent.params or {}).items():
        value = stored(parameter.resolved)
        text = clean(parameter.original or "") or said(value)
        if given(value) or text:
            found[clean(name)] = SlotValue(text, value if given(value) else text)
    return found


def _just_filled(scene: Scene | None) -> str:
    """What was filled in this turn, where the platform does not say by which words."""
    slots = (scene.slots if scene else None) or {}
    return next((said(stored(slot.value)) for slot in slots.values() if slot.updated and given(slot.value)), "")


def _user(envelope: Envelope, session: str, secret: bytes) -> tuple[str, dict[str, Any]]:
    """The id that was kept for the person or, at first sight, one made from the session: the answer then asks to keep it."""
    params = (envelope.user.params if envelope.user else None) or {}
    kept = usable(params.get(USER), 64)
    if kept:
        return kept, {}
    made = "actions:" + hmac.new(secret, session.encode(), "sha256").hexdigest()[:32]
    return made, {"user": made, "user_params": _kept(params) if params else {}}


def _kept(params: dict[str, Any]) -> dict[str, Any]:
    """What was stored for the person, which the answer gives back; nothing where that is too much."""
    kept: dict[str, Any] = stored(params)
    return kept if len(_encode(kept)) <= MAX_STORAGE else {}


def _device(info: DeviceInfo | None) -> Device:
    if info is None or not info.capabilities:
        return Device(speech=True)
    names = tuple(sorted({clean(name) for name in info.capabilities[:32]}))
    return Device(
        screen="RICH_RESPONSE" in names,
        audio_player="LONG_FORM_AUDIO" in names,
        speech="SPEECH" in names,
        capabilities=names,
    )
