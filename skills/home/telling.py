"""How devices are, in words: names, states, and what sensors measure with its unit, as the person's locale writes it."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from shared.skill import TurnContext
from skills.home.hass import UNAVAILABLE, UNKNOWN, Device

MOST_NAMED = 5  # in one sentence
FULL = 255.0
_UNITS = {
    "°C": "temperature-celsius",
    "°F": "temperature-fahrenheit",
    "W": "power-watt",
    "kW": "power-kilowatt",
    "kWh": "energy-kilowatt-hour",
    "km/h": "speed-kilometer-per-hour",
    "m/s": "speed-meter-per-second",
    "mph": "speed-mile-per-hour",
    "hPa": "pressure-hectopascal",
    "mm": "length-millimeter",
    "m": "length-meter",
    "km": "length-kilometer",
    "lx": "light-lux",
    "V": "electric-volt",
    "A": "electric-ampere",
    "h": "duration-hour",
    "min": "duration-minute",
    "s": "duration-second",
    "d": "duration-day",
}
_OPENS = frozenset(("door", "window", "garage_door", "garage", "opening", "gate"))
_SAID = frozenset(
    ("on", "off", "open", "closed", "opening", "closing", "locked", "unlocked", "locking", "unlocking", "jammed",
     "playing", "paused", "idle", "standby", "home", "not_home", "heat", "cool", "auto", "heat_cool", "dry", "fan_only",
     "cleaning", "docked", "returning", "error", "detected", "clear", "wet", "low", "normal")
)  # fmt: skip
_ACTIVE = frozenset(("on", "open", "unlocked", "playing", "opening", "closing", "detected", "wet", "low", "home"))
_MEASURED = frozenset(("sensor", "climate", "weather"))
_BINARY = {
    "motion": ("detected", "clear"),
    "occupancy": ("detected", "clear"),
    "presence": ("home", "not_home"),
    "smoke": ("detected", "clear"),
    "gas": ("detected", "clear"),
    "moisture": ("wet", "dry"),
    "battery": ("low", "normal"),
    "lock": ("unlocked", "locked"),
}


@lru_cache(maxsize=64)
def locale_of(name: str) -> Locale:
    """The locale, or its language where babel does not know the region."""
    for one in (name, name.partition("-")[0], "en"):
        try:
            return Locale.parse(one, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


def name(turn: TurnContext, device: Device | str) -> str:
    """A device's own name, in a sentence."""
    called = device if isinstance(device, str) else device.name
    return turn.say("own_name" if any(mark in called for mark in "'’") else "name", name=called)


def names(turn: TurnContext, devices: Sequence[Device | str], *, either: bool = False, title: bool = False) -> str:
    """Several names, a few of them where there are many. `title`: what they name is no thing."""
    shown = len(devices) if len(devices) == MOST_NAMED + 1 else MOST_NAMED  # "and one more" would be no shorter
    found = [_title(turn, one) if title else name(turn, one) for one in devices[:shown]]
    if len(devices) > shown:
        found.append(turn.say("more", count=str(len(devices) - shown)))
        either = False
    return format_list(found, "or" if either else "standard", locale=locale_of(turn.locale))


def _title(turn: TurnContext, called: Device | str) -> str:
    return turn.say("title", name=called if isinstance(called, str) else called.name)


def percent(turn: TurnContext, level: float) -> str:
    """40 %"""
    return format_percent(round(level) / 100, locale=locale_of(turn.locale))


def number(turn: TurnContext, value: float) -> str:
    """21,5"""
    return format_decimal(round(value, 2), locale=locale_of(turn.locale))


def measured(turn: TurnContext, device: Device) -> str:
    """What a sensor says, with its unit."""
    unit = str(device.attributes.get("unit_of_measurement") or "")
    try:
        value = float(device.state)
    except ValueError:
        return _moment(turn, device.state) if device.device_class in ("timestamp", "date") else device.state
    if value != value or value in (float("inf"), float("-inf")):
        return device.state
    return with_unit(turn, value, unit)


def with_unit(turn: TurnContext, value: float, unit: str) -> str:
    """A number with its unit, as the locale writes both."""
    locale = locale_of(turn.locale)
    if unit == "%":
        return format_percent(value / 100, locale=locale, decimal_quantization=False)
    if unit in _UNITS:
        return format_unit(round(value, 2), _UNITS[unit], "short", locale=locale)
    return " ".join(part for part in (number(turn, value), unit) if part)


def state(turn: TurnContext, device: Device) -> str:
    """One sentence about one device."""
    called = name(turn, device)
    if device.state == UNAVAILABLE:
        return turn.say("unavailable", names=called)
    if device.state == UNKNOWN:
        return turn.say("unknown", name=called)
    match device.domain:
        case "light" if device.state == "on" and (lit := device.number("brightness")) is not None:
            return turn.say("is_lit", name=called, level=percent(turn, 100 * lit / FULL))
        case "climate":
            return _climate(turn, device)
        case "cover" if (position := device.number("current_position")) not in (None, 0.0, 100.0):
            return turn.say("is_partly", name=called, level=percent(turn, position or 0.0))
        case "weather" if (degrees := device.number("temperature")) is not None:
            unit = str(device.attributes.get("temperature_unit") or "°C")
            return turn.say("is_value", name=called, value=with_unit(turn, degrees, unit))
        case "sensor":
            return turn.say("is_value", name=called, value=measured(turn, device))
    word = word_of(device)
    return turn.say("is_state", name=called, state=turn.say(f"state.{word}") if word in _SAID else device.state)


def word_of(device: Device) -> str:
    """The word for a state: a window that is "on" is open."""
    if device.domain == "binary_sensor" and device.state in ("on", "off"):
        on, off = (
            ("open", "closed") if device.device_class in _OPENS else _BINARY.get(device.device_class, ("on", "off"))
        )
        return on if device.state == "on" else off
    if device.domain in ("siren", "humidifier", "scene", "script") or device.state in _SAID:
        return device.state
    return device.state


def summary(turn: TurnContext, devices: Sequence[Device]) -> str:
    """Several devices: one by one where they are measured, else by how they are: "On: A and B. Off: C."."""
    if len(devices) == 1:
        return state(turn, devices[0])
    measures = [one for one in devices if one.domain in _MEASURED]
    groups: dict[str, list[Device]] = {}
    for device in devices:
        if device not in measures:
            groups.setdefault(UNAVAILABLE if device.state == UNAVAILABLE else word_of(device), []).append(device)
    order = sorted(groups, key=lambda word: (word == UNAVAILABLE, word not in _ACTIVE, len(groups[word])))
    said = [state(turn, one) for one in measures[:MOST_NAMED]]
    for word in order[:MOST_NAMED]:
        known = word in _SAID or word == UNAVAILABLE
        label = turn.say(f"state.{word}") if known else word
        said.append(turn.say("group", state=label, names=names(turn, groups[word])))
    return " ".join(one[:1].upper() + one[1:] for one in said)


def _climate(turn: TurnContext, device: Device) -> str:
    current, target = device.number("current_temperature"), device.number("temperature")
    called = name(turn, device)
    values = {"name": called, "current": _degrees(turn, current), "target": _degrees(turn, target)}
    if device.state == "off":
        return (
            turn.say("heating_off", **values)
            if current is not None
            else turn.say("is_state", name=called, state=turn.say("state.off"))
        )
    if current is None or target is None:
        return turn.say("heating_target" if current is None else "heating_current", **values)
    return turn.say("heating", **values)


def _degrees(turn: TurnContext, value: float | None) -> str:
    return "" if value is None else number(turn, value)


def _moment(turn: TurnContext, at: str) -> str:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(turn.timezone))
    return format_datetime(moment, "short", locale=locale_of(turn.locale), tzinfo=ZoneInfo(turn.timezone))
