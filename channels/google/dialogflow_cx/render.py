"""From a turn to Dialogflow CX' answer.

https://cloud.google.com/dialogflow/cx/docs/reference/rpc/google.cloud.dialogflow.cx.v3#webhookresponse
"""

from collections.abc import Iterator
from typing import Any

from channels.google.apologies import asks
from channels.google.messenger import rich_content
from channels.google.native import Native, Slot
from channels.google.rooms import fitting
from channels.google.words import (
    SPEAK,
    Line,
    card_lines,
    hint,
    joined,
    linkable,
    media_line,
    speakable,
    speech_of,
    table_lines,
    unsaid,
)
from shared.turn import Reply, Request

MAX_SPEECH = 5_000  # bytes that are made into sound
END = "END_SESSION"
_PAGES = "/pages/"

Message = dict[str, Any]


def render(request: Request, reply: Reply, messenger: bool) -> bytes:
    """The body of the answer; `messenger`: rich content as Dialogflow Messenger shows it, else words. Raises PluginInvalid."""
    return fitting(reply, lambda shortened, native: _answer(request, shortened, native, messenger))


def _answer(request: Request, reply: Reply, native: Native, messenger: bool) -> dict[str, Any]:
    messages = [*_messages(request, reply, native, messenger and request.device.screen), *native.messages]
    answer: dict[str, Any] = {}
    if messages or native.replace:
        answer["fulfillmentResponse"] = {
            "messages": messages,
            **({"mergeBehavior": "REPLACE"} if native.replace else {}),
        }
    if parameters := _parameters(request, reply, native):
        answer["sessionInfo"] = {"parameters": parameters}
    if form := _form(request, reply, native):
        answer["pageInfo"] = {"formInfo": {"parameterInfo": form}}
    if native.payload:
        answer["payload"] = native.payload
    return {**answer, **_transition(request, reply, native)}


def _messages(request: Request, reply: Reply, native: Native, rich: bool) -> Iterator[Message]:
    """What is read, what is heard, what is shown, and what becomes of a call.

    Where anything is made to be heard, nothing else is: so it has all that can be said.
    """
    lines = [*(table_lines(native.table) if native.table else ()), *([] if rich else _lines(reply))]
    choices = "" if rich else hint(unsaid(reply), reply.language)
    text = joined("\n", (reply.text, *(line.shown for line in lines), choices))
    if text:
        yield {"text": {"text": [text]}}
    if request.device.speech or speech_of(reply):
        yield from _spoken(reply, native)
    if request.device.speech:
        yield from _played(reply)
    if rich and (payload := rich_content(reply, "cx")):
        yield {"payload": payload}
    if native.handoff is not None:
        yield {"liveAgentHandoff": {"metadata": native.handoff}}
    if native.transfer:
        yield {"telephonyTransferCall": {"phoneNumber": native.transfer}}


def _lines(reply: Reply) -> Iterator[Line]:
    for card in reply.cards:
        yield from card_lines(card)
    yield from map(media_line, reply.media)


def _spoken(reply: Reply, native: Native) -> Iterator[Message]:
    lines = [*(table_lines(native.table) if native.table else ()), *_lines(reply)]
    speech = speakable(reply, [*(line.said for line in lines), hint(unsaid(reply), reply.language)], MAX_SPEECH)
    if speech:
        yield {"outputAudioText": {"ssml": SPEAK.format(speech)}}


def _played(reply: Reply) -> Iterator[Message]:
    for medium in reply.media:
        if medium.media_type.startswith("audio/") and linkable(medium.url):
            yield {"playAudio": {"audioUri": medium.url}}


def _parameters(request: Request, reply: Reply, native: Native) -> dict[str, Any]:
    """What is kept for the agent's own prompts: the reprompt and what is asked for; null where it holds no longer."""
    ours: dict[str, Any] = dict.fromkeys(request.native["ours"])
    if asks(reply) and reply.reprompt:
        ours["nexus_reprompt"] = reply.reprompt
    if asks(reply) and reply.elicit is not None:
        ours |= {"nexus_intent": reply.elicit.intent, "nexus_slot": reply.elicit.slot}
    return ours | native.session_params


def _form(request: Request, reply: Reply, native: Native) -> list[dict[str, Any]]:
    """What becomes of the form's parameters; the one that is asked for is asked for again by the page."""
    slots = {name: _slot(slot) for name, slot in native.slots.items() if name in request.native["slots"]}
    asked = reply.elicit.slot if reply.elicit is not None and asks(reply) else ""
    if request.native["slots"].get(asked) == "FILLED" and asked not in slots:
        slots[asked] = _slot(Slot(invalid=True))
    return [{"displayName": name, **slot} for name, slot in slots.items()]


def _slot(slot: Slot) -> dict[str, Any]:
    state = "INVALID" if slot.invalid else "EMPTY" if slot.value is None else "FILLED"
    return {"required": slot.required, "state": state, "value": slot.value}


def _transition(request: Request, reply: Reply, native: Native) -> dict[str, str]:
    """Where the conversation goes. It ends on the flow's END_SESSION, which makes Dialogflow hang up a call."""
    if native.target_page:
        return {"targetPage": native.target_page}
    if native.target_flow:
        return {"targetFlow": native.target_flow}
    flow, found, _ = request.native["page"].rpartition(_PAGES)
    return {"targetPage": f"{flow}{_PAGES}{END}"} if reply.end_session and found else {}
