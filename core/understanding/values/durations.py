"""How long: "two and a half hours", "90 min", "1h30", "anderthalb Stunden", "une demi-heure"."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct

from core.understanding.values import patterns, words
from core.understanding.values.context import Context, Span
from core.understanding.values.language import Language, language, value_of
from core.understanding.values.numerals import plain_number

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "year": 12}
_DAY, _MONTH, _YEAR = 86_400, 30, 365  # in seconds, days, days
_BIGGEST = Decimal(10) ** 11  # seconds


class Length(Struct, frozen=True):
    """A length of time. Months and days have no fixed length, so that they are kept apart from seconds."""

    months: int = 0
    days: int = 0
    seconds: Decimal = Decimal(0)

    def __add__(self, other: "Length") -> "Length":
        return Length(self.months + other.months, self.days + other.days, self.seconds + other.seconds)

    @property
    def total(self) -> Decimal:
        """In seconds, with 365 days to a year and 30 to a month."""
        years, months = divmod(self.months, 12)
        return (years * _YEAR + months * _MONTH + self.days) * _DAY + self.seconds

    def json(self) -> dict[str, Any]:
        """`{"seconds": 5400, "iso": "PT1H30M"}`."""
        return {"seconds": plain_number(self.total), "iso": self._iso()}

    def _iso(self) -> str:
        years, months = divmod(self.months, 12)
        hours, rest = divmod(self.seconds, 3_600)
        minutes, seconds = divmod(rest, 60)
        dated = _joined(((Decimal(years), "Y"), (Decimal(months), "M"), (Decimal(self.days), "D")))
        timed = _joined(((hours, "H"), (minutes, "M"), (seconds, "S")))
        return f"P{dated}T{timed}" if timed else f"P{dated}" if dated else "PT0S"


class Found(Struct, frozen=True):
    """A length and where it stands in plain text; `finest` is the smallest unit said."""

    start: int
    end: int
    length: Length
    finest: str


def _joined(parts: tuple[tuple[Decimal, str], ...]) -> str:
    return "".join(f"{plain_number(count)}{unit}" for count, unit in parts if count)


def of_unit(count: Decimal, unit: str) -> Length | None:
    """So many of a unit; None where that is beyond all bounds. What is broken goes down to days and seconds."""
    if unit in _MONTHS:
        months, rest = divmod(count * _MONTHS[unit], 1)
        return Length(int(months), int(rest * _MONTH)) if abs(months) < 120_000 else None
    if unit in _DAYS:
        days, rest = divmod(count * _DAYS[unit], 1)
        return Length(0, int(days), rest * _DAY) if abs(days) < 3_650_000 else None
    seconds = count * _SECONDS[unit]
    return Length(seconds=seconds) if abs(seconds) < _BIGGEST else None


def find_durations(text: str, context: Context) -> list[Span]:
    """`{"seconds": number, "iso": ISO 8601}`. A month counts 30 days in `seconds`, a year 365."""
    tongue = language(context.locale)
    said = tongue.plain(text)
    return [Span(*said.place(found.start, found.end), found.length.json()) for found in durations(said.text, tongue)]


def durations(text: str, tongue: Language) -> list[Found]:
    """The lengths of time in plain text, in order."""
    merged: list[Found] = []
    for part in _parts(text, tongue):
        before = merged[-1] if merged else None
        if before and _continues(text[before.end : part.start], before, part, tongue):
            merged[-1] = Found(before.start, part.end, before.length + part.length, part.finest)
        else:
            merged.append(part)
    return [found for found in merged if found.length.total >= 0]


def _continues(gap: str, before: Found, part: Found, tongue: Language) -> bool:
    joined = re.fullmatch(rf" ?(?:{words.spelled(tongue.data['duration']['and'])})? ?", gap)
    return joined is not None and part.length.total < before.length.total and before.finest != part.finest


def _parts(text: str, tongue: Language) -> Iterator[Found]:
    """Each count with its unit, and what has a name of its own ("half an hour")."""
    for match in _expression(tongue).finditer(text):
        found = _fixed(match, tongue) if match["fixed"] else _counted(match, tongue)
        if found:
            yield found


def _fixed(match: re.Match[str], tongue: Language) -> Found | None:
    seconds = value_of(match["fixed"].replace("-", " "), _fixed_names(tongue))
    return Found(*match.span(), Length(seconds=Decimal(seconds)), "minute") if seconds else None


def _counted(match: re.Match[str], tongue: Language) -> Found | None:
    unit = value_of(match["unit"], tongue.units)
    decade = match["unit"] == "s" and match["n"].endswith("0") and match.string[: match.start()].endswith("the ")
    if unit is None or decade or (len(match["unit"]) == 1 and not match["n"][-1].isdigit()):
        return None
    count = tongue.numerals.value(match["n"])
    count += Decimal("0.5") if match["half"] else Decimal("0.25") if match["quarter"] else 0
    length = of_unit(count, unit)
    if length is None:
        return None
    if match["minutes"] and unit == "hour":
        return Found(*match.span(), length + Length(seconds=Decimal(match["minutes"]) * 60), "minute")
    return Found(match.start(), match.start("minutes") if match["minutes"] else match.end(), length, unit)


@lru_cache(maxsize=64)
def _fixed_names(tongue: Language) -> dict[str, int]:
    fixed: dict[str, int] = tongue.data["duration"]["fixed"]
    return {words.spelled(said).replace("-?", " ?").replace("-", " "): seconds for said, seconds in fixed.items()}


@lru_cache(maxsize=64)
def _expression(tongue: Language) -> re.Pattern[str]:
    data = {name: words.spelled(tongue.data["duration"][name]) for name in ("half", "quarter")}
    fixed = patterns.alternatives(said.replace(" ", "[ -]") for said in _fixed_names(tongue))
    counted = (
        rf"(?P<n>{tongue.numerals.amount})[ -]?(?P<unit>{tongue.slots['unit']})(?![^\W\d])(?P<minutes>(?<=h)[0-5][0-9])?"
        rf"(?!\w)(?: (?:(?P<half>{data['half']})|(?P<quarter>{data['quarter']}))(?!\w))?"
    )
    return re.compile(rf"{patterns.START}(?:(?P<fixed>{fixed})(?!\w)|{counted})")
