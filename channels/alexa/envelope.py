"""What Alexa sends, as far as NEXUS reads it. Fields that are not named here are skipped while decoding.

https://developer.amazon.com/docs/custom-skills/request-and-response-json-reference.html
"""

import msgspec
from msgspec import Raw, Struct, field


class Application(Struct, frozen=True, gc=False):
    """The skill that the request is for."""

    id: str = field(name="applicationId", default="")


class User(Struct, frozen=True, gc=False):
    """The Amazon account behind the device."""

    id: str = field(name="userId", default="")


class Person(Struct, frozen=True, gc=False):
    """The person whose voice was recognised."""

    id: str = field(name="personId", default="")


class DeviceInfo(Struct, frozen=True):
    """What the device can do: interface names with their versions."""

    interfaces: dict[str, Raw] | None = field(name="supportedInterfaces", default=None)


class System(Struct, frozen=True):
    """Whom the request concerns."""

    application: Application | None = None
    user: User | None = None
    person: Person | None = None
    device: DeviceInfo | None = None


class Context(Struct, frozen=True):
    """The state of the world when the request was sent."""

    system: System | None = field(name="System", default=None)


class Session(Struct, frozen=True):
    """The conversation. Requests outside of one have none."""

    id: str = field(name="sessionId", default="")
    application: Application | None = None
    user: User | None = None
    attributes: Raw = Raw()
    new: bool | None = None


class Status(Struct, frozen=True, gc=False):
    """The result of an entity resolution: ER_SUCCESS_MATCH where there is one."""

    code: str = ""


class Entity(Struct, frozen=True, gc=False):
    """A value of a slot type: its canonical name, and its id where the developer gave one."""

    name: str = ""
    id: str | None = None


class Resolved(Struct, frozen=True, gc=False):
    """One candidate of a resolution."""

    value: Entity = Entity()


class Authority(Struct, frozen=True):
    """What one catalogue makes of a slot's words."""

    status: Status = Status()
    values: tuple[Resolved, ...] = ()


class Resolutions(Struct, frozen=True):
    """What all catalogues make of a slot's words."""

    authorities: tuple[Authority, ...] = field(name="resolutionsPerAuthority", default=())


class ManyValues(Struct, frozen=True):
    """The values of a slot that takes several: Simple ones have `value`, a List has `values`."""

    value: str | None = None
    values: tuple["ManyValues", ...] = ()
    resolutions: Resolutions | None = None


class Slot(Struct, frozen=True):
    """A slot: what was said, and what it resolves to. `value` is absent while nothing was said for it."""

    value: str | None = None
    resolutions: Resolutions | None = None
    many: ManyValues | None = field(name="slotValue", default=None)
    confirmation: str = field(name="confirmationStatus", default="NONE")


class Intent(Struct, frozen=True):
    """What Alexa took the words to mean."""

    name: str
    confirmation: str = field(name="confirmationStatus", default="NONE")
    slots: dict[str, Slot] | None = None


class AlexaRequest(Struct, frozen=True):
    """The request itself. What belongs to one type only stays raw until that type asks for it."""

    type: str
    id: str = field(name="requestId")
    timestamp: str | int | float
    locale: str | None = None
    dialog: str | None = field(name="dialogState", default=None)
    intent: Raw = Raw()
    token: Raw = Raw()
    arguments: Raw = Raw()


class Envelope(Struct, frozen=True):
    """The whole body."""

    request: AlexaRequest
    session: Session | None = None
    context: Context | None = None


DECODER = msgspec.json.Decoder(Envelope)
INTENT_DECODER = msgspec.json.Decoder(Intent)
