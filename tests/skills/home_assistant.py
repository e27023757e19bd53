"""A Home Assistant for tests: the documented endpoints over real HTTP on loopback, with devices that do as they are told.

https://developers.home-assistant.io/docs/api/rest/ and homeassistant/components/api: GET /api/, /api/states, /api/states/<id>,
POST /api/services/<domain>/<service>, which answers with the states that changed.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import skills
from tests.standin import Answer, Came, Standin, serving

TOKEN = "eyJ.the-token-of-the-test.sig"
STATES = Path(skills.__path__[0]) / "home" / "samples" / "states.json"
_JSON = {"content-type": "application/json"}
_TEXT = {"content-type": "text/plain; charset=utf-8"}
_STATES = {
    "turn_on": "on",
    "turn_off": "off",
    "open_cover": "open",
    "close_cover": "closed",
    "lock": "locked",
    "unlock": "unlocked",
}
_SERVICES = {
    "light": {"turn_on", "turn_off"},
    "switch": {"turn_on", "turn_off"},
    "fan": {"turn_on", "turn_off"},
    "media_player": {"turn_on", "turn_off"},
    "climate": {"turn_on", "turn_off", "set_temperature"},
    "cover": {"open_cover", "close_cover", "stop_cover", "set_cover_position"},
    "lock": {"lock", "unlock"},
    "scene": {"turn_on"},
    "script": {"turn_on"},
}


class HomeAssistant:
    """What it knows, and the services that were called: (domain/service, data). `dead` devices take commands and do nothing."""

    def __init__(self) -> None:
        self.states: dict[str, dict[str, Any]] = {one["entity_id"]: one for one in json.loads(STATES.read_text())}
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.dead: set[str] = set()
        self.token = TOKEN
        self.standin: Standin | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        assert self.standin is not None
        return self.standin.url

    @property
    def config(self) -> dict[str, str]:
        """The settings of the skill."""
        return {"url": self.url, "token": TOKEN}

    def state(self, entity_id: str) -> str:
        """How a device is."""
        return str(self.states[entity_id]["state"])

    def answer(self, came: Came) -> Answer:
        """As the real one."""
        if came.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(b"401: Unauthorized", 401, _TEXT)
        match came.method, came.path.strip("/").split("/"):
            case "GET", ["api"]:
                return _json({"message": "API running."})
            case "GET", ["api", "states"]:
                return _json(list(self.states.values()))
            case "GET", ["api", "states", entity_id]:
                found = self.states.get(entity_id)
                return _json({"message": "Entity not found."}, 404) if found is None else _json(found)
            case "POST", ["api", "services", domain, service]:
                return self._service(domain, service, came.body)
        return Answer(b"404: Not Found", 404, _TEXT)

    def _service(self, domain: str, service: str, body: bytes) -> Answer:
        try:
            data = json.loads(body) if body else {}
        except ValueError:
            return _json({"message": "Data should be valid JSON."}, 400)
        if service not in _SERVICES.get(domain, ()) or not isinstance(data, dict):
            return Answer(b"400: Bad Request", 400, _TEXT)
        self.called.append((f"{domain}/{service}", data))
        wanted = data.get("entity_id", [])
        ids = wanted if isinstance(wanted, list) else [wanted]
        changed = [self._change(one, service, data) for one in ids if one in self.states and one not in self.dead]
        return _json([one for one in changed if one is not None])

    def _change(self, entity_id: str, service: str, data: dict[str, Any]) -> dict[str, Any] | None:
        state = self.states[entity_id]
        before, attributes = copy.deepcopy(state), state["attributes"]
        if state["state"] == "unavailable" or entity_id.startswith(("scene.", "script.")):
            return None
        state["state"] = _STATES.get(service, state["state"])
        if entity_id.startswith("climate.") and service == "turn_on":
            state["state"] = "heat"
        if "brightness_pct" in data:
            attributes["brightness"] = round(data["brightness_pct"] * 2.55)
        if "temperature" in data:
            attributes["temperature"] = data["temperature"]
        if "position" in data:
            attributes["current_position"] = data["position"]
        return None if state == before else state


@contextmanager
def home_assistant() -> Iterator[HomeAssistant]:
    """One that runs."""
    home = HomeAssistant()
    with serving(home.answer) as home.standin:
        yield home


def _json(value: object, status: int = 200) -> Answer:
    return Answer(json.dumps(value).encode(), status, _JSON)
