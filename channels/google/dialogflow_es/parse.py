"""From Dialogflow ES' envelope to the common request."""

import re
from collections.abc import Iterable

from channels.google.dialogflow_es.envelope import Context, Envelope, Intent, QueryResult
from channels.google.people import is_phone, person_of
from channels.google.values import MAX_NAME, MAX_SESSION, given, identifier, locale_of, said, stored, usable
from shared.text import clean
from shared.turn import Device, Kind, PlatformIntent, Request, SlotValue

BUDGET_S = 4.5  # Dialogflow waits five seconds; half of one is left for the way
OURS = ("nexus", "nexus-asks")  # contexts

_WELCOME = "Default Welcome Intent"
_WELCOME_ACTION = "input.welcome"
_FALLBACK_ACTION = "input.unknown"
_EVENT = re.compile("[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_EVENTS = frozenset({"WELCOME", "GOOGLE_ASSISTANT_WELCOME", "FACEBOOK_WELCOME", "TELEPHONY_WELCOME"})
_CAPABILITY = "actions.capability."


def request_of(envelope: Envelope, app: str, received_at: float, trust: frozenset[str]) -> Request:
    """The request in `envelope`. Raises Malformed where an id or the intent cannot be used."""
    message_id = identifier(envelope.id, "responseId")
    session = identifier(envelope.session, "session", MAX_SESSION)
    result = envelope.result
    source = usable(envelope.original.source, 64) if envelope.original else ""
    payload = (envelope.original.payload if envelope.original else None) or {}
    kind, text, intent = _meant(result)
    device = _device(source, payload)
    return Request(
        app=app,
        channel="google",
        message_id=message_id,
        conversation=session,
        user=person_of(source, payload, {}, trust) or f"session:{session}",
        kind=kind,
        received_at=received_at,
        deadline=received_at + BUDGET_S,
        text=text,
        locale=locale_of(result.language),
        device=device,
        spoken=device.speech,
        intent=intent,
        event=intent.name if intent is not None else _name(result.intent),
        native={"form": "es", "session": session, "source": source.lower(), "ours": _ours(result.contexts)},
    )


def _name(intent: Intent | None) -> str:
    """The intent's name. Raises Malformed where it cannot be used."""
    return identifier(intent.name, "queryResult.intent.displayName", MAX_NAME) if intent and intent.name else ""


def _meant(result: QueryResult) -> tuple[Kind, str, PlatformIntent | None]:
    """What sort of thing it is, the words, and the intent where Dialogflow was sure of one."""
    name, text = _name(result.intent), clean(result.text or "")
    by_event = text in _EVENTS or (_EVENT.fullmatch(text) is not None and _came_as_event(text, result.contexts))
    if name == _WELCOME or result.action == _WELCOME_ACTION or text in _EVENTS:
        return Kind.OPEN, "" if by_event else text, None
    fallback = (result.intent is not None and result.intent.fallback) or result.action == _FALLBACK_ACTION
    intent = PlatformIntent(name, _slots(result)) if name and not fallback else None
    if by_event:
        return (Kind.UTTERANCE if intent else Kind.EVENT), "", intent
    return Kind.UTTERANCE, text, intent


def _came_as_event(text: str, contexts: Iterable[Context] | None) -> bool:
    """Whether `text` is an event's name: Dialogflow then makes a context of that name."""
    return any(_short(context.name) == text.lower() for context in contexts or ())


def _short(name: str) -> str:
    return name.rpartition("/")[2]


def _slots(result: QueryResult) -> dict[str, SlotValue]:
    """The filled parameters, with the words they were said in where a context has kept those (`name.original`)."""
    originals = {
        key: value
        for context in result.contexts or ()
        for key, value in (context.parameters or {}).items()
        if key.endswith(".original") and isinstance(value, str) and value
    }
    found: dict[str, SlotValue] = {}
    for name, value in (result.parameters or {}).items():
        if given(value):
            kept = stored(value)
            found[clean(name)] = SlotValue(clean(originals.get(f"{name}.original", "")) or said(kept), kept)
    return found


def _ours(contexts: Iterable[Context] | None) -> list[str]:
    """Which contexts of NEXUS' own are active."""
    active = {_short(context.name) for context in contexts or () if context.lifespan != 0}
    return [name for name in OURS if name in active]


def _device(source: str, payload: dict[str, object]) -> Device:
    if is_phone(source, payload):
        return Device(speech=True)
    if source.lower() != "google":
        return Device(screen=True)
    names = _capabilities(payload)
    return Device(
        screen="SCREEN_OUTPUT" in names,
        audio_player="MEDIA_RESPONSE_AUDIO" in names,
        speech="AUDIO_OUTPUT" in names,
        capabilities=names,
    )


def _capabilities(payload: dict[str, object]) -> tuple[str, ...]:
    """The Assistant's capabilities, without their common prefix; none are as good as a speaker's."""
    surface = payload.get("surface")
    listed = surface.get("capabilities") if isinstance(surface, dict) else None
    names = [one.get("name") for one in listed[:32] if isinstance(one, dict)] if isinstance(listed, list) else []
    found = {clean(name).removeprefix(_CAPABILITY) for name in names if isinstance(name, str)}
    return tuple(sorted(found)) or ("AUDIO_OUTPUT",)
