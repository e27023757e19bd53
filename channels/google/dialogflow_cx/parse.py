"""From Dialogflow CX' envelope to the common request."""

import hashlib

import msgspec

from channels.google.dialogflow_cx.envelope import Envelope, IntentInfo, PageInfo
from channels.google.people import is_phone, person_of
from channels.google.values import MAX_ID, MAX_NAME, MAX_SESSION, given, identifier, locale_of, said, stored, usable
from shared.text import clean
from shared.turn import Device, Kind, PlatformIntent, Request, SlotValue

MARGIN_S = 0.5  # of the time that Dialogflow waits, left for the way
OURS = ("nexus_reprompt", "nexus_intent", "nexus_slot")  # session parameters
WORDS_ONLY = "nexus.words"  # the tag that says: the intent at hand was matched earlier, take the words

# Of every agent, whatever its language calls them: https://cloud.google.com/dialogflow/cx/docs/concept/intent#intents-default
_WELCOME = "/intents/00000000-0000-0000-0000-000000000000"
_NEGATIVE = "/intents/00000000-0000-0000-0000-000000000001"
_DIGITS = "dtmf"
_CALL = 16  # hexadecimal digits that name a call among those of one turn


def request_of(envelope: Envelope, app: str, received_at: float, seconds: float, trust: frozenset[str]) -> Request:
    """The request in `envelope`; Dialogflow waits `seconds`. Raises Malformed where an id or the intent cannot be used."""
    session = identifier(envelope.session.session, "sessionInfo.session", MAX_SESSION)
    parameters = envelope.session.parameters or {}
    intent = _intent(envelope)
    device = _device(envelope)
    return Request(
        app=app,
        channel="google",
        message_id=_message_id(envelope),
        conversation=session,
        user=person_of("", envelope.payload or {}, parameters, trust) or f"session:{session}",
        kind=_kind(envelope),
        received_at=received_at,
        deadline=received_at + seconds - MARGIN_S,
        text=clean(envelope.text or envelope.transcript or envelope.dtmf or ""),
        locale=locale_of(envelope.language),
        device=device,
        spoken=device.speech,
        intent=intent,
        event=_event(envelope, intent),
        native={
            "form": "cx",
            "page": usable(envelope.page.current, MAX_SESSION) if envelope.page else "",
            "slots": _form(envelope.page),
            "ours": [name for name in OURS if parameters.get(name) is not None],
        },
    )


def _message_id(envelope: Envelope) -> str:
    """The id of the DetectIntent, and which of its calls this is.

    A route's fulfillment and then the entry of the page it leads to call the webhook with one id; tag and page tell them apart,
    and are the same when a call is sent again.
    """
    tag = envelope.fulfillment.tag if envelope.fulfillment else None
    call = msgspec.json.encode((tag, envelope.page.current if envelope.page else None))
    own = hashlib.sha256(call).hexdigest()[:_CALL]
    return f"{identifier(envelope.id, 'detectIntentResponseId', MAX_ID - len('.') - _CALL)}.{own}"


def _kind(envelope: Envelope) -> Kind:
    if envelope.text or envelope.transcript:
        return Kind.OPEN if _is(envelope.intent, _WELCOME) else Kind.UTTERANCE
    if envelope.dtmf:
        return Kind.ACTION
    if _is(envelope.intent, _WELCOME) or (envelope.trigger_event or "").upper() == "WELCOME":
        return Kind.OPEN
    return Kind.EVENT if envelope.trigger_event and not _usable_intent(envelope) else Kind.UTTERANCE


def _is(intent: IntentInfo | None, resource: str) -> bool:
    return intent is not None and (intent.resource or "").endswith(resource)


def _usable_intent(envelope: Envelope) -> bool:
    """Whether the intent belongs to this turn, and says more than hello or that nothing was understood."""
    tag = envelope.fulfillment.tag if envelope.fulfillment else None
    info = envelope.intent
    return bool(info and info.name) and tag != WORDS_ONLY and not (_is(info, _WELCOME) or _is(info, _NEGATIVE))


def _intent(envelope: Envelope) -> PlatformIntent | None:
    info = envelope.intent
    if info is None or not info.name or not _usable_intent(envelope):
        return None
    name = identifier(info.name, "intentInfo.displayName", MAX_NAME)
    found: dict[str, SlotValue] = {}
    for key, parameter in (info.parameters or {}).items():
        value = stored(parameter.resolved_value)
        text = clean(parameter.original_value or "") or said(value)
        if given(value) or text:
            found[clean(key)] = SlotValue(text, value if given(value) else text)
    return PlatformIntent(name, found)


def _event(envelope: Envelope, intent: PlatformIntent | None) -> str:
    if envelope.trigger_event:
        return identifier(envelope.trigger_event, "triggerEvent", MAX_NAME)
    return _DIGITS if envelope.dtmf else intent.name if intent else ""


def _form(page: PageInfo | None) -> dict[str, str]:
    """The parameters of the page's form, with their states."""
    parameters = (page.form.parameters if page and page.form else None) or ()
    return {usable(one.name): one.state or "EMPTY" for one in parameters[:100] if usable(one.name)}


def _device(envelope: Envelope) -> Device:
    """A telephone has nothing to see; who speaks elsewhere hears and sees; who types sees."""
    if is_phone("", envelope.payload or {}) or envelope.dtmf:
        return Device(speech=True)
    return Device(screen=True, speech=bool(envelope.transcript))
