"""What a wish comes to: an absolute command for a device, which does no harm when it is carried out twice.

"Dimmer" becomes a number, nothing is toggled, and each command says how the device is once it was carried out.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from skills.home.hass import UNAVAILABLE, Device

STEP = 20.0  # per cent, for "brighter"
WARMER = 1.0  # degrees, for "warmer"
LEAST, MOST = 7.0, 35.0  # degrees, where a thermostat does not say its own
_SURELY_FAHRENHEIT, _SURELY_CELSIUS = 55.0, 35.0
FULL = 255.0
HALF_OPEN = 50.0
ONCE = frozenset(("script",))  # what does harm twice, perhaps

_CLOSE = {"brightness": 8.0, "temperature": 0.6}  # devices round

Want = dict[str, Any]


class Command(Struct, frozen=True):
    """One service for one device. `key` and `values` word it; `want` is how the device is afterwards; `already`: it is so now."""

    device: Device
    domain: str
    service: str
    key: str
    want: Want
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    already: bool = False


class Trouble(Struct, frozen=True):
    """Why there is no command: `key` words it. `slot` is what has to be asked for."""

    key: str
    values: dict[str, object] = field(default_factory=dict)
    slot: str = ""


Plan = Command | Trouble


def plan(intent: str, device: Device, slots: Mapping[str, Any]) -> Plan:
    """The command of an intent for a device."""
    if device.state == UNAVAILABLE:
        return Trouble("unavailable", {"device": device})
    return _PLANS[intent](device, slots)


def _on(device: Device, slots: Mapping[str, Any]) -> Plan:
    running = device.state not in ("off", "standby", "idle", "unknown")
    return _switched(device, "on", {"not": ["off"]}, running and device.domain != "group")


def _off(device: Device, slots: Mapping[str, Any]) -> Plan:
    return _switched(device, "off", {"is": ["off", "standby", "idle"]}, device.state in ("off", "standby"))


def _switched(device: Device, to: str, want: Want, already: bool) -> Command:
    domain = "homeassistant" if device.domain == "group" else device.domain
    return Command(device, domain, f"turn_{to}", to, want, already=already)


def _dim(device: Device, slots: Mapping[str, Any]) -> Plan:
    modes = device.attributes.get("supported_color_modes")
    if isinstance(modes, list) and not set(modes) - {"onoff", "unknown"}:
        return Trouble("not_dimmable", {"device": device})
    lit = device.number("brightness") if device.state == "on" else 0.0
    now = 100.0 * (FULL if lit is None else lit) / FULL
    level = _level(slots.get("level"), slots.get("change"), now)
    if level is None:
        return Trouble("ask_level", {"device": device}, "level")
    if not 0 <= level <= 100:
        return Trouble("beyond_level")
    level = round(level)
    if level == 0:
        return _off(device, slots)
    want = {"is": ["on"], "brightness": round(level * FULL / 100)}
    same = device.state == "on" and abs(now - level) < 1
    return Command(device, "light", "turn_on", "dim", want, {"brightness_pct": level}, {"level": level}, same)


def _level(said: Any, change: Any, now: float) -> float | None:
    if isinstance(said, int | float):
        return float(said)
    steps = {"up": min(100.0, now + STEP), "down": max(1.0, now - STEP), "most": 100.0, "least": 1.0, "half": HALF_OPEN}
    return steps.get(str(change))


def _warm(device: Device, slots: Mapping[str, Any]) -> Plan:
    least, most = device.number("min_temp") or LEAST, device.number("max_temp") or MOST
    wanted = _degrees(slots.get("temperature"), slots.get("change"), device.number("temperature"), least, most)
    if wanted is None:
        return Trouble("ask_temperature", {"device": device}, "temperature")
    if not least <= wanted <= most:
        return Trouble("beyond_temperature", {"least": least, "most": most})
    same = device.number("temperature") == wanted and device.state != "off"
    want = {"temperature": wanted}
    return Command(
        device, "climate", "set_temperature", "warm", want, {"temperature": wanted}, {"degrees": wanted}, same
    )


def _degrees(said: Any, change: Any, now: float | None, least: float, most: float) -> float | None:
    if isinstance(said, int | float):
        return _in_range(float(said), least, most)
    target = now if now is not None else (least + most) / 2
    steps = {"up": min(most, target + WARMER), "down": max(least, target - WARMER), "most": most, "least": least}
    return steps.get(str(change))


def _in_range(said: float, least: float, most: float) -> float:
    """What was said in the other unit than the thermostat's, if only that makes sense."""
    celsius, fahrenheit = round((said - 32) / 1.8 * 2) / 2, float(round(said * 1.8 + 32))
    if said > most and said >= _SURELY_FAHRENHEIT and least <= celsius <= most:
        return celsius
    return fahrenheit if said < least and said <= _SURELY_CELSIUS and least <= fahrenheit <= most else said


def _cover(device: Device, slots: Mapping[str, Any]) -> Plan:
    action, level = slots.get("action"), slots.get("level")
    position = device.number("current_position")
    if isinstance(level, int | float) and action != "stop":
        if not 0 <= level <= 100:
            return Trouble("beyond_level")
        if position is None:
            return Trouble("no_position", {"device": device})
        level = round(level)
        return Command(
            device,
            "cover",
            "set_cover_position",
            "position",
            {},
            {"position": level},
            {"level": level},
            already=position == level,
        )
    match action:
        case "open":
            full = position is None or position >= 100
            opened = {"is": ["open", "opening"]}
            return Command(device, "cover", "open_cover", "open", opened, already=device.state == "open" and full)
        case "close":
            closed = {"is": ["closed", "closing"]}
            return Command(device, "cover", "close_cover", "close", closed, already=device.state == "closed")
        case "stop":
            return Command(device, "cover", "stop_cover", "stop", {"not": ["opening", "closing"]})
    return Trouble("ask_movement", {"device": device}, "action")


def _lock(device: Device, slots: Mapping[str, Any]) -> Plan:
    action = slots.get("action")
    if action not in ("lock", "unlock"):
        return Trouble("ask_bolt", {"device": device}, "action")
    if device.attributes.get("code_format"):
        return Trouble("needs_code", {"device": device})
    ends = ["locked", "locking"] if action == "lock" else ["unlocked", "unlocking", "open", "opening"]
    return Command(device, "lock", action, action, {"is": ends}, already=device.state == ends[0])


def _scene(device: Device, slots: Mapping[str, Any]) -> Plan:
    return Command(device, device.domain, "turn_on", "scene" if device.domain == "scene" else "script", {})


_PLANS = {
    "home.on": _on,
    "home.off": _off,
    "home.dim": _dim,
    "home.warm": _warm,
    "home.cover": _cover,
    "home.lock": _lock,
    "home.scene": _scene,
}


def told(commands: list[Command]) -> dict[str, Any]:
    """What the call is told: services with the ids of their devices, and what to look at afterwards."""
    services: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in commands:
        known = services.setdefault((one.domain, one.service, repr(one.data)), {**one.data, "entity_id": []})
        known["entity_id"].append(one.device.id)
    return {
        "services": [{"domain": key[0], "service": key[1], "data": data} for key, data in services.items()],
        "want": {one.device.id: one.want for one in commands},
        "names": {one.device.id: one.device.name for one in commands},
        "key": commands[0].key,
        "values": commands[0].values,
    }


def is_so(device: Device, want: Mapping[str, Any]) -> bool:
    """Whether a device is as a command wanted it. What takes its time, or is not told, counts as done."""
    if device.state not in want.get("is", [device.state]) or device.state in want.get("not", []):
        return False
    for name, close in _CLOSE.items():
        found = device.number(name)
        if name in want and found is not None and abs(found - float(want[name])) > close:
            return False
    return True
