"""Kinds of devices, as people have words for them: `heard.KIND` in the locales' answers lists the words."""

from collections.abc import Callable, Mapping

from skills.home.hass import Device

Is = Callable[[Device], bool]


def _domain(*domains: str) -> Is:
    return lambda device: device.domain in domains


def _sensor(*classes: str) -> Is:
    return lambda device: device.domain in ("sensor", "binary_sensor") and device.device_class in classes


def _temperature(device: Device) -> bool:
    return _sensor("temperature")(device) or (
        device.domain in ("climate", "weather") and device.number(_current(device)) is not None
    )


def _current(device: Device) -> str:
    return "temperature" if device.domain == "weather" else "current_temperature"


def _door(device: Device) -> bool:
    doors = ("door", "garage", "garage_door", "gate")
    return device.domain == "lock" or (device.domain in ("cover", "binary_sensor") and device.device_class in doors)


def _window(device: Device) -> bool:
    return device.domain in ("cover", "binary_sensor") and device.device_class in ("window", "opening")


KINDS: Mapping[str, Is] = {
    "light": _domain("light"),
    "plug": _domain("switch", "input_boolean"),
    "fan": _domain("fan"),
    "heating": _domain("climate"),
    "cover": _domain("cover"),
    "door": _door,
    "window": _window,
    "lock": _domain("lock"),
    "tv": _domain("media_player"),
    "scene": _domain("scene", "script"),
    "temperature": _temperature,
    "humidity": _sensor("humidity"),
    "power": _sensor("power"),
    "energy": _sensor("energy"),
    "battery": _sensor("battery"),
    "motion": _sensor("motion", "occupancy", "presence"),
    "brightness": _sensor("illuminance"),
    "air": _sensor("carbon_dioxide", "aqi", "pm25", "volatile_organic_compounds"),
}
"""What belongs to each kind."""

SWITCHED = frozenset(
    (
        "light",
        "switch",
        "input_boolean",
        "fan",
        "climate",
        "media_player",
        "humidifier",
        "siren",
        "group",
        "water_heater",
    )
)
ALLOWED: Mapping[str, frozenset[str]] = {
    "home.on": SWITCHED,
    "home.off": SWITCHED,
    "home.dim": frozenset(("light",)),
    "home.warm": frozenset(("climate",)),
    "home.cover": frozenset(("cover",)),
    "home.lock": frozenset(("lock",)),
    "home.scene": frozenset(("scene", "script")),
    "home.state": SWITCHED
    | frozenset(
        (
            "cover",
            "lock",
            "sensor",
            "binary_sensor",
            "weather",
            "vacuum",
            "person",
            "device_tracker",
            "alarm_control_panel",
        )
    ),
}
"""The domains that an intent is about."""
