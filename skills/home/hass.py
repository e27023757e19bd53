"""Home Assistant's REST API: which devices there are and how they are, and the services that change them.

https://developers.home-assistant.io/docs/api/rest/
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct, field

from shared.errors import DeliveryFailed, WebFailed
from shared.outside import Fetched, Web

CACHED_S = 5.0  # how old the list of states may be, unless something was changed since
UNAVAILABLE, UNKNOWN = "unavailable", "unknown"
_TURNED_AWAY = (401, 403)


class Device(Struct, frozen=True):
    """A state object: `light.kitchen`, `on`, and its attributes."""

    id: str = field(name="entity_id")
    state: str
    attributes: dict[str, Any] = {}

    @property
    def domain(self) -> str:
        """What sort of thing: `light`."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """What its people call it."""
        return " ".join(
            str(self.attributes.get("friendly_name") or self.id.partition(".")[2].replace("_", " ")).split()
        )

    @property
    def device_class(self) -> str:
        """What sort of sensor, cover or switch: `temperature`."""
        return str(self.attributes.get("device_class") or "")

    def number(self, attribute: str) -> float | None:
        """An attribute that is a number."""
        value = self.attributes.get(attribute)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class HomeFailed(Exception):
    """Home Assistant did not tell. `key` is what is said about it: `unreachable`, `unauthorised` or `strange`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


_decode = msgspec.json.Decoder(list[Device]).decode


async def devices(web: Web, config: Mapping[str, str], *, fresh: bool) -> list[Device]:
    """All that has a state. Raises HomeFailed."""
    try:
        answer = await web.get(_url(config, "states"), headers=_headers(config), ttl_s=0.0 if fresh else CACHED_S)
    except WebFailed as error:
        raise HomeFailed("strange" if error.answered else "unreachable") from error
    if answer.status in _TURNED_AWAY:
        raise HomeFailed("unauthorised")
    if answer.status != 200:
        raise HomeFailed("strange")
    try:
        return _decode(answer.body)
    except msgspec.DecodeError as error:  # some other server
        raise HomeFailed("strange") from error


async def call_service(web: Web, config: Mapping[str, str], domain: str, service: str, data: Mapping[str, Any]) -> None:
    """Do something. Raises DeliveryFailed, whose text begins with a key as HomeFailed has it, or WebFailed."""
    url = _url(config, f"services/{quote(domain, safe='')}/{quote(service, safe='')}")
    answer = await web.post(url, msgspec.json.encode(data), headers=_headers(config))
    if answer.status in _TURNED_AWAY:
        raise DeliveryFailed("unauthorised", final=True)
    if not _is_done(answer):
        raise DeliveryFailed(f"refused: Home Assistant answered {answer.status}", final=True)


def _is_done(answer: Fetched) -> bool:
    """Whether it was Home Assistant who said that it is done: it answers with the list of states that changed."""
    if answer.status not in (200, 201):
        return False
    try:
        msgspec.json.decode(answer.body, type=list[Any])
    except msgspec.DecodeError:
        return False
    return True


def _url(config: Mapping[str, str], path: str) -> str:
    base = config["url"].strip().rstrip("/").removesuffix("/api")
    return f"{base}/api/{path}"


def _headers(config: Mapping[str, str]) -> dict[str, str]:
    return {"authorization": f"Bearer {config['token'].strip()}"}
