"""What Dialogflow CX sends, as far as NEXUS reads it. Fields that are not named here are skipped while decoding.

https://cloud.google.com/dialogflow/cx/docs/reference/rpc/google.cloud.dialogflow.cx.v3#webhookrequest
"""

from typing import Any

import msgspec
from msgspec import Struct, field


class Parameter(Struct, frozen=True, rename="camel"):
    """A parameter of an intent: what was said, and what it stands for."""

    original_value: str | None = None
    resolved_value: Any = None


class IntentInfo(Struct, frozen=True):
    """The intent that was matched last."""

    resource: str | None = field(name="lastMatchedIntent", default=None)
    name: str | None = field(name="displayName", default=None)
    parameters: dict[str, Parameter] | None = None


class FormParameter(Struct, frozen=True):
    """A parameter of the page's form. `state` is EMPTY, INVALID or FILLED."""

    name: str | None = field(name="displayName", default=None)
    state: str | None = None


class FormInfo(Struct, frozen=True):
    """The page's form."""

    parameters: tuple[FormParameter, ...] | None = field(name="parameterInfo", default=None)


class PageInfo(Struct, frozen=True):
    """The page the conversation is on."""

    current: str | None = field(name="currentPage", default=None)
    form: FormInfo | None = field(name="formInfo", default=None)


class SessionInfo(Struct, frozen=True):
    """The conversation, with what was collected in it."""

    session: str
    parameters: dict[str, Any] | None = None


class FulfillmentInfo(Struct, frozen=True):
    """The tag that the agent's author gave to this call."""

    tag: str | None = None


class Envelope(Struct, frozen=True):
    """The whole body. One of `text`, `transcript`, `dtmf`, `trigger_event` and `trigger_intent` says what the person did."""

    id: str = field(name="detectIntentResponseId")
    session: SessionInfo = field(name="sessionInfo")
    text: str | None = None
    transcript: str | None = None
    dtmf: str | None = field(name="dtmfDigits", default=None)
    trigger_event: str | None = field(name="triggerEvent", default=None)
    trigger_intent: str | None = field(name="triggerIntent", default=None)
    language: str | None = field(name="languageCode", default=None)
    intent: IntentInfo | None = field(name="intentInfo", default=None)
    page: PageInfo | None = field(name="pageInfo", default=None)
    fulfillment: FulfillmentInfo | None = field(name="fulfillmentInfo", default=None)
    payload: dict[str, Any] | None = None


DECODER = msgspec.json.Decoder(Envelope)
