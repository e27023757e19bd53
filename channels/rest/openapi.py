"""The OpenAPI 3.1 document of the REST API, made from the very types that decode and encode it."""

from typing import Any

import msgspec
from msgspec import Struct

from channels.rest.adapter import MESSAGE_ID, MessageIn
from channels.rest.handoffs import HANDOFF_ID, HandoffOut, HandoffsOut
from shared.message import MessageOut, ReplyOut, UnderstandingOut
from shared.turn import Outcome

_REF = "#/components/schemas/{name}"


class Problem(Struct):
    """What went wrong, as RFC 9457 has it. `code` is stable; `fields` names what is wrong in a body."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    fields: list[str] = []


def document(version: str) -> bytes:
    """The document as JSON."""
    _, schemas = msgspec.json.schema_components(
        (MessageIn, MessageOut, HandoffOut, HandoffsOut, Problem), ref_template=_REF
    )
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "NEXUS",
                "version": version,
                "summary": "Talk to NEXUS from any program.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "security": [{"apiKey": []}],
            "paths": {
                "/v1/messages": {"post": _post()},
                "/v1/messages/{message_id}": {"get": _get()},
                "/v1/handoffs": {"get": _handoffs()},
                "/v1/handoffs/{handoff_id}/return": {"post": _give_back()},
            },
            "components": {
                "securitySchemes": {
                    "apiKey": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "Made by `nexus keys create --app default --name NAME`.",
                    }
                },
                "schemas": schemas,
            },
        }
    )


def _post() -> dict[str, Any]:
    return {
        "operationId": "sendMessage",
        "summary": "Say something and get the answer.",
        "description": (
            "Sent again with the same `message_id`, user and text, a message gives the stored answer, byte for byte, "
            "and has no second effect."
        ),
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("MessageIn")}}},
        "responses": {
            "200": _answer("The answer."),
            "202": _not_yet(),
            "400": _problem("The body does not parse or breaks the schema; `fields` names what is wrong."),
            "401": _problem("No API key, or one that is unknown or revoked."),
            "408": _problem("The body did not arrive in time."),
            "409": _problem("The `message_id` was used before, for another text or user."),
            "413": _problem("The body is over 256 kB."),
            "415": _problem("The body is compressed."),
            "429": _problem("Too many requests; Retry-After says when to come back."),
            "503": {
                "description": "Not available now, or NEXUS failed to answer (then the body is an answer).",
                "content": {
                    "application/problem+json": {"schema": _ref("Problem")},
                    "application/json": {"schema": _ref("MessageOut")},
                },
            },
        },
    }


def _get() -> dict[str, Any]:
    return {
        "operationId": "findMessage",
        "summary": "What became of a message.",
        "parameters": [
            {
                "name": "message_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": MESSAGE_ID},
            }
        ],
        "responses": {
            "200": _answer("The answer; of a message that was deferred, the one that followed."),
            "202": _not_yet(),
            "401": _problem("No API key, or one that is unknown or revoked."),
            "404": _problem("No such message of this app."),
            "429": _problem("Too many requests; Retry-After says when to come back."),
            "503": {
                "description": "Not available now, or the recorded outcome is a failure.",
                "content": {
                    "application/problem+json": {"schema": _ref("Problem")},
                    "application/json": {"schema": _ref("MessageOut")},
                },
            },
        },
    }


def _handoffs() -> dict[str, Any]:
    return {
        "operationId": "listHandoffs",
        "summary": "The conversations of this app that a human has now.",
        "responses": {
            "200": _answer("The conversations, the longest first.", "HandoffsOut"),
            "401": _problem("No API key, or one that is unknown or revoked."),
            "429": _problem("Too many requests; Retry-After says when to come back."),
            "503": _problem("Not available now."),
        },
    }


def _give_back() -> dict[str, Any]:
    return {
        "operationId": "returnHandoff",
        "summary": "Give a conversation back to the assistant, which answers from the next message on.",
        "description": "May be repeated: a handoff that is over stays so.",
        "parameters": [
            {
                "name": "handoff_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": HANDOFF_ID},
            }
        ],
        "responses": {
            "200": _answer("The handoff, which is over.", "HandoffOut"),
            "401": _problem("No API key, or one that is unknown or revoked."),
            "404": _problem("No such handoff of this app."),
            "429": _problem("Too many requests; Retry-After says when to come back."),
            "503": _problem("Not available now."),
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _answer(description: str, name: str = "MessageOut") -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _not_yet() -> dict[str, Any]:
    """The answer while there is none, with an example: what took too long is deferred, and its reply asks for patience."""
    answer = _answer(
        "Not answered yet: `deferred`, with a reply that may be shown meanwhile, where the answer takes long and is still "
        "made, or `running`. Ask with GET, after ever longer pauses, until it is 200 or 503."
    )
    reply = ReplyOut("One moment, I am still working on that.", None, (), (), expects_answer=True)
    nothing = UnderstandingOut(None, 0.0, {})
    example = MessageOut("order-4711:1", "main", Outcome.DEFERRED, reply, nothing, {"understand": 3.2})
    answer["content"]["application/json"]["example"] = msgspec.to_builtins(example)
    return answer


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}
