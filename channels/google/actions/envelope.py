"""What Actions Builder sends, as far as NEXUS reads it. Fields that are not named here are skipped while decoding.

https://developers.google.com/assistant/conversational/webhooks, `HandlerRequest`
"""

from typing import Any

import msgspec
from msgspec import Struct, field


class Parameter(Struct, frozen=True):
    """A parameter of an intent: what was said, and what it stands for."""

    original: str | None = None
    resolved: Any = None


class Intent(Struct, frozen=True):
    """The intent that was matched last, with the words that matched it. Both may be missing while a slot is being filled."""

    name: str | None = None
    params: dict[str, Parameter] | None = None
    query: str | None = None


class Slot(Struct, frozen=True):
    """A slot of the scene. `status` is EMPTY, INVALID or FILLED; `updated`: it was filled in this turn."""

    status: str | None = None
    value: Any = None
    updated: bool | None = None


class Scene(Struct, frozen=True):
    """The scene the person is in."""

    name: str | None = None
    slots: dict[str, Slot] | None = None


class Session(Struct, frozen=True):
    """The conversation, with what was stored in it."""

    id: str
    language: str | None = field(name="languageCode", default=None)
    params: dict[str, Any] | None = None


class User(Struct, frozen=True):
    """The person: Google gives no id, only what was stored for them (for good, if they are VERIFIED)."""

    locale: str | None = None
    params: dict[str, Any] | None = None


class DeviceInfo(Struct, frozen=True):
    """What the device can do: RICH_RESPONSE, SPEECH, LONG_FORM_AUDIO, WEB_LINK, INTERACTIVE_CANVAS."""

    capabilities: tuple[str, ...] | None = None


class Handler(Struct, frozen=True):
    """The name under which the project calls this webhook."""

    name: str | None = None


class Envelope(Struct, frozen=True):
    """The whole body."""

    session: Session
    intent: Intent | None = None
    scene: Scene | None = None
    user: User | None = None
    device: DeviceInfo | None = None
    handler: Handler | None = None


DECODER = msgspec.json.Decoder(Envelope)
