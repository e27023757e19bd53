"""From a turn to Dialogflow ES' answer.

https://cloud.google.com/dialogflow/es/docs/reference/rpc/google.cloud.dialogflow.v2#webhookresponse
"""

from collections.abc import Iterator
from typing import Any

from channels.google.apologies import asks
from channels.google.dialogflow_es import assistant
from channels.google.dialogflow_es.messages import PLATFORMS, in_words, on_the_phone, told, typed
from channels.google.native import Context, Native
from channels.google.rooms import fitting
from shared.turn import Reply, Request

SOURCE = "nexus"
KEPT = "nexus-session"  # the context that holds a skill's session parameters
KEPT_FOR = 50  # turns
_GOOGLE = "google"


def render(request: Request, reply: Reply, messenger: bool) -> bytes:
    """The body of the answer; `messenger`: with rich content for Dialogflow Messenger too. Raises PluginInvalid."""
    return fitting(reply, lambda shortened, native: _answer(request, shortened, native, messenger))


def _answer(request: Request, reply: Reply, native: Native, messenger: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"fulfillmentText": told(reply, native.table), "source": SOURCE}
    messages = [*_messages(request, reply, native, messenger), *native.messages]
    if messages:
        answer["fulfillmentMessages"] = messages
    payload = dict(native.payload)
    if request.native["source"] == _GOOGLE:
        payload = {_GOOGLE: assistant.payload(reply, native.table, request.device), **payload}
    if payload:
        answer["payload"] = payload
    if contexts := [_context(request, one) for one in _contexts(request, reply, native)]:
        answer["outputContexts"] = contexts
    if (event := native.followup_event) is not None:
        answer["followupEventInput"] = {
            "name": event.name,
            "parameters": event.parameters,
            "languageCode": event.language_code,
        }
    if native.session_entity_types:
        answer["sessionEntityTypes"] = list(native.session_entity_types)
    return answer


def _messages(request: Request, reply: Reply, native: Native, messenger: bool) -> list[dict[str, Any]]:
    source = request.native["source"]
    if not request.device.screen and source != _GOOGLE:
        return on_the_phone(reply, native.table)
    if source == _GOOGLE or not (messenger or source in PLATFORMS):
        return in_words(reply, native.table)
    return typed(reply, native.table, source, messenger)


def _contexts(request: Request, reply: Reply, native: Native) -> Iterator[Context]:
    """The contexts to set: what is asked for, for one turn; the reprompt, for as long; and what a skill wants."""
    wanted: dict[str, dict[str, Any]] = {}
    if asks(reply) and reply.reprompt:
        wanted["nexus"] = {"reprompt": reply.reprompt}
    if asks(reply) and reply.elicit is not None:
        wanted["nexus-asks"] = {"intent": reply.elicit.intent, "slot": reply.elicit.slot}
    for name, parameters in wanted.items():
        yield Context(name, 1, parameters)
    for name in request.native["ours"]:
        if name not in wanted:
            yield Context(name, 0)
    if native.session_params:
        yield Context(KEPT, KEPT_FOR, native.session_params)
    yield from native.contexts


def _context(request: Request, context: Context) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": f"{request.native['session']}/contexts/{context.name}",
        "lifespanCount": context.lifespan_count,
    }
    return {**out, "parameters": context.parameters} if context.parameters else out
