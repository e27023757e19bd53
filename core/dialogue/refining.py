"""A value said later beside the one it corrects: "no, at six" keeps the day, "no, on Friday" keeps the hour."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from shared.moments import likely, wall
from shared.turn import SlotValue


def refined(known: Mapping[str, SlotValue], said: Mapping[str, SlotValue], zone: tzinfo) -> dict[str, SlotValue]:
    """`said`, with moments that tell only a day or only an hour completed from those that are known."""
    return {name: _completed(known.get(name), value, zone) for name, value in said.items()}


def _completed(earlier: SlotValue | None, later: SlotValue, zone: tzinfo) -> SlotValue:
    old, new = _moment(earlier), _moment(later)
    if old is None or new is None or new["said"] == "datetime" or old["said"] == new["said"]:
        return later
    day, hour = (old, new) if new["said"] == "time" else (new, old)
    time = datetime.fromisoformat(hour["at"]).time()
    if hour is new and new.get("open"):
        time = likely(time, datetime.fromisoformat(old["at"]).time() if old["said"] == "datetime" else None)
    at = wall(datetime.fromisoformat(day["at"]).date(), time, zone)
    return SlotValue(later.text, {"at": at.isoformat(timespec="seconds"), "said": "datetime"})


def _moment(value: SlotValue | None) -> dict[str, Any] | None:
    """The value of a `datetime`, or None."""
    found = value.value if value is not None else None
    return found if isinstance(found, dict) and isinstance(found.get("at"), str) and "said" in found else None
