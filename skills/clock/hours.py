"""Hours in people's words: "half past six", "5 pm", "17:30", "noon"."""

import re
from datetime import time

from msgspec import Struct

_NAMED = {
    "noon": (12, 0),
    "midday": (12, 0),
    "midnight": (0, 0),
    "12 noon": (12, 0),
    "12 midnight": (0, 0),
    "lunchtime": (12, 0),
}
_HALF_DAY = r"(?: ?(a\.?m\.?|p\.?m\.?|(?:in|this) (?:morning|afternoon|evening)|at night|tonight))?"
_CLOCK = re.compile(rf"^(\d{{1,2}})(?:[:.h](\d\d))?(?: ?o'?clock)?{_HALF_DAY}$")
_SPOKEN_CLOCK = re.compile(rf"^(\d{{1,2}}) (\d\d){_HALF_DAY}$")
_PAST = re.compile(
    r"^(half|quarter|\d{1,2})(?: minutes?)? (past|to|after|before|till|of) (\d{1,2}|noon|midnight)"
    rf"(?: ?o'?clock)?{_HALF_DAY}$"
)
_LONE = re.compile(r"^\d{1,2}$")


class Hour(Struct, frozen=True):
    """A time of day; `twice` says that it may be meant before or after noon ("half past six")."""

    at: time
    twice: bool = False

    def candidates(self) -> tuple[time, ...]:
        """The times of day it may be."""
        return (self.at, self.at.replace(hour=(self.at.hour + 12) % 24)) if self.twice else (self.at,)


def hour_in(text: str) -> Hour | None:
    """The hour that `text` is: small letters, numbers as digits, no article. None where it is none, or a bare number."""
    named = _NAMED.get(text)
    if named:
        return Hour(time(*named))
    match = _PAST.match(text)
    if match:
        return _past(match)
    match = _CLOCK.match(text) or _SPOKEN_CLOCK.match(text)
    if match is None or _LONE.match(text):
        return None
    return _hour(int(match[1]), int(match[2] or 0), match[3] or "", leading_zero=match[1].startswith("0"))


def _past(match: re.Match[str]) -> Hour | None:
    minutes = {"half": 30, "quarter": 15}.get(match[1]) or int(match[1] if match[1].isdigit() else 0)
    base = {"noon": 12, "midnight": 0}.get(match[3])
    hour = int(match[3]) if base is None else base
    if match[2] in ("to", "before", "till", "of"):
        hour, minutes = (hour - 1) % 24 if base is not None else (hour - 1 or 12), 60 - minutes
    if not 0 <= minutes < 60:
        return None
    if base is not None:
        return Hour(time(hour, minutes))
    return _hour(hour, minutes, match[4] or "", leading_zero=False)


def _hour(hour: int, minute: int, half: str, leading_zero: bool) -> Hour | None:
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    if (half.startswith("a") and "t" not in half) or "morning" in half:
        return Hour(time(hour % 12, minute))
    if half.endswith("night") and hour in (12, 1, 2, 3, 4):
        return Hour(time(hour % 12, minute))
    if half:
        return Hour(time(hour % 12 + 12, minute))
    return Hour(time(hour, minute), twice=1 <= hour <= 12 and not leading_zero)
