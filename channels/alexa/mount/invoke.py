"""Runs a mounted skill over one envelope: as its lambda_handler does, save that it may decline a request that is not its own."""

import json
from copy import copy
from typing import Any, NoReturn

import msgspec
from ask_sdk_core.exceptions import SerializationException
from ask_sdk_core.skill import CustomSkill
from ask_sdk_model.request_envelope import RequestEnvelope
from ask_sdk_runtime.dispatch_components.request_components import GenericRequestMapper

from channels.alexa.mount.attributes import TurnAttributes
from shared.jsontext import decode

_JSON: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()


class _NotMine(BaseException):
    """No handler of the skill takes this request.

    No Exception: ask-sdk hands every Exception to the skill's exception handlers, whose apology would pass for an answer.
    """


class _Nobody(GenericRequestMapper):
    """The last request mapper: it is asked only after every handler's `can_handle` said no."""

    def get_request_handler_chain(self, handler_input: Any) -> NoReturn:
        """As GenericRequestMapper.get_request_handler_chain. Raises _NotMine."""
        raise _NotMine


def declining(skill: CustomSkill) -> CustomSkill:
    """The same skill, for `invoke` to see which requests it does not take. Handlers and interceptors are shared with `skill`."""
    dispatcher = copy(skill.request_dispatcher)
    dispatcher.request_mappers = [*dispatcher.request_mappers, _Nobody([])]
    twin = copy(skill)
    twin.request_dispatcher = dispatcher
    return twin


def invoke(skill: CustomSkill, body: bytes, attributes: TurnAttributes | None, declines: bool) -> dict[str, Any] | None:
    """The response envelope that `skill` makes for the request envelope `body`, as JSON values.

    `declines` (for a skill from `declining`): None where the request is not the skill's, be it that no handler takes it or
    that ask-sdk cannot read its type. Raises whatever the skill raises; a response that is no JSON is its error too.
    """
    try:
        envelope = _envelope(skill, body)
    except SerializationException:
        if declines:
            return None
        raise
    if attributes is not None:
        skill = copy(skill)
        skill.persistence_adapter = attributes
    try:
        answer = skill.invoke(request_envelope=envelope, context=None)
    except _NotMine:
        return None
    made: dict[str, Any] = _JSON.decode(msgspec.json.encode(skill.serializer.serialize(answer)))
    made.setdefault("response", {})  # a handler that returns None has nothing to say; Amazon wants the field
    return made


def _envelope(skill: CustomSkill, body: bytes) -> RequestEnvelope:
    # Once through our own decoder, which drops lone surrogates: what came in with them could not go out again.
    text = json.dumps(decode(_JSON, body))
    envelope: RequestEnvelope = skill.serializer.deserialize(payload=text, obj_type=RequestEnvelope)
    return envelope
