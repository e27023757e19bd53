"""What the door is configured with, read once when it opens."""

import re
from collections.abc import Mapping

from msgspec import Struct

from shared.advice import how_to_set
from shared.errors import DoorShut

CX_SECONDS = 5.0  # Dialogflow CX's own default
CX_LONGEST = 30.0
TRUSTED = frozenset({"caller", "payload", "parameters"})

_AGENT = "service-{}@gcp-sa-dialogflow.iam.gserviceaccount.com"
_NUMBER = re.compile("[0-9]{1,20}")
_VARIABLES = (
    "NEXUS_GOOGLE_PROJECT_ID (Actions), NEXUS_DIALOGFLOW_TOKEN, NEXUS_DIALOGFLOW_BASIC or "
    "NEXUS_DIALOGFLOW_PROJECT_NUMBER (Dialogflow)"
)


class Config(Struct, frozen=True):
    """The door's settings. An empty text: that scheme is not open.

    `service_agent` is the address whose ID tokens are Dialogflow CX's. `trust` says which parts of a Dialogflow request that
    a client may write may name the person. `messenger`: rich content is sent as Dialogflow Messenger shows it.
    """

    app: str
    project_id: str
    token: str
    basic: str
    service_agent: str
    public_url: str
    cx_seconds: float
    trust: frozenset[str]
    messenger: bool

    def __repr__(self) -> str:
        return "Config(hidden)"


def config_of(app: str, values: Mapping[str, str]) -> Config:
    """The settings in `values`. Raises DoorShut where nothing opens the door, or a value cannot be read."""
    config = Config(
        app=app,
        project_id=values.get("project_id", ""),
        token=values.get("token", ""),
        basic=_basic(values.get("basic", "")),
        service_agent=_service_agent(values.get("project_number", ""), values.get("public_url", "")),
        public_url=values.get("public_url", "").rstrip("/"),
        cx_seconds=_seconds(values.get("cx_timeout", "")),
        trust=_trust(values.get("trust", "")),
        messenger=_rich(values.get("rich", "")),
    )
    if not (config.project_id or config.token or config.basic or config.service_agent):
        how = how_to_set(app, "google", "project_id=… token=…", _VARIABLES)
        raise DoorShut(f"google: there are no credentials; {how}")
    return config


def _basic(value: str) -> str:
    if value and ":" not in value:
        raise DoorShut("google: basic must be user:password")
    return value


def _service_agent(number: str, public_url: str) -> str:
    if not number:
        return ""
    if not _NUMBER.fullmatch(number):
        raise DoorShut("google: project_number must be the number of the project, digits only")
    if not public_url:
        raise DoorShut("google: ID tokens name the address they were made for: set NEXUS_PUBLIC_URL as well")
    return _AGENT.format(number)


def _seconds(value: str) -> float:
    try:
        seconds = float(value) if value else CX_SECONDS
    except ValueError:
        seconds = 0.0
    if not 1.0 <= seconds <= CX_LONGEST:
        raise DoorShut(f"google: cx_timeout must be 1 to {CX_LONGEST:.0f} seconds, as in the webhook's own settings")
    return seconds


def _trust(value: str) -> frozenset[str]:
    words = frozenset(value.replace(",", " ").split())
    if words - TRUSTED:
        raise DoorShut(f"google: trust may hold {', '.join(sorted(TRUSTED))}, and nothing else")
    return words


def _rich(value: str) -> bool:
    if value not in ("", "messenger", "text"):
        raise DoorShut("google: rich must be messenger or text")
    return value != "text"
