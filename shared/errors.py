"""Every error NEXUS raises on purpose.

    NexusError
    ├── Refused                what arrived is not acceptable; the sender can mend it
    │   ├── NotFound           404
    │   ├── MethodNotAllowed   405
    │   ├── BodyTimeout        408
    │   ├── Conflict           409  same message id, other content or sender
    │   ├── BodyTooLarge       413
    │   ├── UnsupportedEncoding 415
    │   ├── NotAuthentic       401  (a platform may ask for 400 or 403: see ChannelAdapter.unauthenticated)
    │   │   └── SignatureInvalid
    │   ├── Malformed          400  does not parse, or breaks the schema
    │   └── LimitExceeded      429
    ├── Unavailable            503  try again later; nothing was recorded
    │   ├── DoorShut           the door has no credentials
    │   ├── StoreUnavailable   Postgres or Valkey cannot be reached
    │   ├── ModelUnavailable   no model is loaded, or its queue is full
    │   ├── KeySourceUnavailable a signing key could not be fetched
    │   ├── DeliveryFailed     a platform's API did not take a message
    │   └── WebFailed          a service that a skill asked did not answer, or not well
    ├── DeadlineExceeded       503  the answer was not ready in time
    ├── SettingsInvalid        a setting cannot be read or contradicts another
    ├── HomeHeld               another NEXUS owns this NEXUS_HOME
    ├── MigrationFailed        the database and this version of NEXUS do not fit
    ├── EmbeddedServerFailed   an embedded Postgres or Valkey cannot run here
    ├── StartFailed            a process of NEXUS did not get ready, or its port is taken
    ├── NotDurable             the database may forget what it acknowledged
    ├── PluginInvalid          a channel or skill does not load, or does what it may not
    │   └── Withheld           a skill reached for what its manifest leaves it without
    ├── ModelInvalid           a model folder is incomplete, of another version, or altered
    ├── DataInvalid            training or test data cannot be read or contradict themselves
    └── DecryptionFailed       ciphertext does not belong to this key and row

`code` is stable and machine-readable; `status` is the HTTP status where the error reaches a wire. The text is for people:
it says what is wrong and what to do, and never holds secrets, message texts or phone numbers.
"""

from typing import ClassVar


class NexusError(Exception):
    """Base of all errors raised on purpose."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"


class Refused(NexusError):
    """What arrived is not acceptable. Asking the same again gives the same."""

    status = 400
    code = "refused"


class NotFound(Refused):
    """Nothing lives at this path, or no such message exists."""

    status = 404
    code = "not_found"


class MethodNotAllowed(Refused):
    """The path exists, the method does not. `allow` lists the methods for the Allow header."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, text: str, allow: tuple[str, ...]) -> None:
        super().__init__(text)
        self.allow = allow


class BodyTimeout(Refused):
    """The body did not arrive within the time allowed."""

    status = 408
    code = "body_timeout"


class Conflict(Refused):
    """The message id was used before with other content or by somebody else."""

    status = 409
    code = "message_id_reused"


class BodyTooLarge(Refused):
    """The body is over the door's limit, as declared or as counted."""

    status = 413
    code = "body_too_large"


class UnsupportedEncoding(Refused):
    """The body is compressed or otherwise encoded."""

    status = 415
    code = "unsupported_encoding"


class NotAuthentic(Refused):
    """The sender could not be authenticated. `wanted` is the HTTP status the platform wants, where a door serves several."""

    status = 401
    code = "not_authentic"

    def __init__(self, text: str, wanted: int | None = None) -> None:
        super().__init__(text)
        self.wanted = wanted


class SignatureInvalid(NotAuthentic):
    """A signature, certificate, token or time stamp does not hold."""

    code = "signature_invalid"


class Malformed(Refused):
    """The body does not parse or breaks the schema. `fields` names what is wrong, path by path."""

    status = 400
    code = "malformed"

    def __init__(self, text: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.fields = fields


class LimitExceeded(Refused):
    """Too many requests. `retry_after` is in seconds."""

    status = 429
    code = "rate_limited"

    def __init__(self, text: str, retry_after: float) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Unavailable(NexusError):
    """NEXUS cannot do this now. `retry_after` (seconds) is a suggestion; nothing was recorded."""

    status = 503
    code = "unavailable"

    def __init__(self, text: str, retry_after: float = 2.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class DoorShut(Unavailable):
    """The door has no credentials. The text says how to open it."""

    code = "door_shut"


class StoreUnavailable(Unavailable):
    """Postgres or Valkey cannot be reached."""

    code = "store_unavailable"


class ModelUnavailable(Unavailable):
    """No model is loaded, or too much waits for it."""

    code = "model_unavailable"


class KeySourceUnavailable(Unavailable):
    """A certificate or key could not be fetched in time."""

    code = "key_source_unavailable"


class DeliveryFailed(Unavailable):
    """A platform's API did not take a message. `final`: it never will; otherwise it may be tried again under the same reference.

    `opted_out`: the person does not want messages (Twilio's error 21610). `in_doubt`: the request left, and no answer came:
    the platform may have taken the message, so its receipt is waited for before another attempt. The text holds the
    platform's error code, no number.
    """

    code = "delivery_failed"

    def __init__(
        self,
        text: str,
        *,
        final: bool = False,
        opted_out: bool = False,
        in_doubt: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text)
        self.final, self.opted_out, self.in_doubt = final, opted_out, in_doubt
        if retry_after is not None:
            self.retry_after = retry_after


class WebFailed(Unavailable):
    """A service on the web did not answer in time, not well, or not at all. `answered` is its HTTP status, 0 where nothing came.

    `in_doubt`: the request left, and nobody knows whether the service did what it asked for. The text names the host at most.
    """

    code = "web_failed"

    def __init__(
        self, text: str, *, answered: int = 0, in_doubt: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.answered, self.in_doubt = answered, in_doubt
        if retry_after is not None:
            self.retry_after = retry_after


class DeadlineExceeded(NexusError):
    """The answer was not ready before the platform's deadline."""

    status = 503
    code = "deadline_exceeded"


class SettingsInvalid(NexusError):
    """A setting cannot be read, or contradicts another. The text names it and its source."""

    code = "settings_invalid"


class HomeHeld(NexusError):
    """Another NEXUS owns this NEXUS_HOME. The text says which process."""

    code = "home_held"


class MigrationFailed(NexusError):
    """The database and this version of NEXUS do not fit together."""

    code = "migration_failed"


class EmbeddedServerFailed(NexusError):
    """An embedded Postgres or Valkey cannot run here. The text says why and the way out."""

    code = "embedded_server_failed"


class StartFailed(NexusError):
    """A process of NEXUS did not become ready, or its port is taken. The text says which, why, and its last words."""

    code = "start_failed"


class NotDurable(NexusError):
    """The database may forget what it acknowledged. The text names the setting."""

    code = "not_durable"


class PluginInvalid(NexusError):
    """A channel or skill does not load. The text names the plug-in and the reason."""

    code = "plugin_invalid"


class Withheld(PluginInvalid):
    """A skill reached for what its manifest leaves it without. The text says what, and holds nothing that was said."""


class ModelInvalid(NexusError):
    """A model folder is incomplete, of another version, or altered."""

    code = "model_invalid"


class DataInvalid(NexusError):
    """Training or test data cannot be read, or contradict themselves. The text names file and line."""

    code = "data_invalid"


class DecryptionFailed(NexusError):
    """Ciphertext does not belong to this key, person and row."""

    code = "decryption_failed"
