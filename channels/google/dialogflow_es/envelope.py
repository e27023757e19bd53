"""What Dialogflow ES sends, as far as NEXUS reads it. Fields that are not named here are skipped while decoding.

https://cloud.google.com/dialogflow/es/docs/reference/rpc/google.cloud.dialogflow.v2#webhookrequest
"""

from typing import Any

import msgspec
from msgspec import Struct, field


class Intent(Struct, frozen=True):
    """The intent that was matched."""

    name: str | None = field(name="displayName", default=None)
    fallback: bool | None = field(name="isFallback", default=None)


class Context(Struct, frozen=True):
    """An active context: its whole name, how many turns it lives on, and what it holds."""

    name: str = ""
    lifespan: int | float | None = field(name="lifespanCount", default=None)
    parameters: dict[str, Any] | None = None


class QueryResult(Struct, frozen=True):
    """What was said, and what Dialogflow took it for. After an event, `text` is the event's name."""

    text: str | None = field(name="queryText", default=None)
    action: str | None = None
    language: str | None = field(name="languageCode", default=None)
    intent: Intent | None = None
    parameters: dict[str, Any] | None = None
    contexts: tuple[Context, ...] | None = field(name="outputContexts", default=None)


class Original(Struct, frozen=True):
    """What the integration (`source`, set by Dialogflow's servers) or the client of the API sent along."""

    source: str | None = None
    payload: dict[str, Any] | None = None


class Envelope(Struct, frozen=True):
    """The whole body."""

    id: str = field(name="responseId")
    session: str
    result: QueryResult = field(name="queryResult")
    original: Original | None = field(name="originalDetectIntentRequest", default=None)


DECODER = msgspec.json.Decoder(Envelope)
