"""Days in people's words, seen from today: what each rule of the section `date` of the language files means."""

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from core.understanding.values.durations import Length, of_unit
from core.understanding.values.feasts import feast
from core.understanding.values.language import Language, value_of
from core.understanding.values.patterns import start_of

PARTS = ("morning", "afternoon", "evening", "night")  # of the day
_YEARS_AHEAD = 8  # a leap day comes again within so many years


class Day(Struct, frozen=True):
    """A day and where it stands in plain text; `feast` is its name in `feasts.py`, `other` the day that may be meant as well."""

    start: int
    end: int
    at: date
    part: str = ""  # of the day, where one word says both ("tonight")
    weekday: bool = False  # only a day of the week was said, which another day beside it makes precise
    feast: str = ""
    other: date | None = None  # "next Friday" is this week's to some


class Asked(Struct, frozen=True):
    """A pattern that was found, and what its words are read against."""

    said: dict[str, str]
    argument: str
    today: date
    tongue: Language
    past: bool

    @property
    def sign(self) -> int:
        """Where a day lies that is not said in full."""
        return -1 if self.past else 1

    def weekday(self) -> int:
        """0 is Monday."""
        return int(value_of(self.said["weekday"], self.tongue.weekdays))

    def month(self) -> int:
        """1 to 12."""
        name = self.said.get("fullmonth") or self.said["month"]
        return int(value_of(name, self.tongue.months))

    def day(self) -> int:
        """Of the month; the last is -1."""
        return _count(self.said.get("day") or self.said.get("ordinal") or self.said["ord"], self.tongue)

    def year(self) -> int | None:
        """In four figures; None where it is not said."""
        said = self.said.get("year") or self.said.get("year4") or ""
        digits = "".join(filter(str.isdigit, said))
        return int(digits) + (2000 if len(digits) == 2 else 0) if digits else None


def days(text: str, marks: frozenset[str], today: date, tongue: Language, past: bool) -> Iterator[Day]:
    """Every reading of a day in plain text; they may overlap."""
    for pattern in tongue.section("date"):
        name, argument = pattern.rule.partition(" ")[0], pattern.rule.rpartition(" ")[2]
        for match in pattern.matches(text, marks):
            said = {slot: words for slot, words in match.groupdict().items() if words}
            start = start_of(match)
            asked = Asked(said, argument, today, tongue, past or tongue.looks_back(text, start, match.end()))
            at = _safely(_RULES.get(pattern.rule) or _RULES[name], asked)
            if at is not None:
                part = next((name for name in PARTS if name in said), "")
                feast_ = str(value_of(said["feast"], tongue.feasts)) if name == "feast" else ""
                other = _weekday(asked) if pattern.rule == "weekday next" else None
                yield Day(start, match.end(), at, part, name == "weekday", feast_, other if other != at else None)


def _safely(rule: Callable[[Asked], date | None], asked: Asked) -> date | None:
    """What the rule says; None for a day that does not exist (30 February) or lies beyond the calendar's years."""
    try:
        return rule(asked)
    except (ValueError, OverflowError):
        return None


def _count(said: str, tongue: Language) -> int:
    digits = re.match(r"[0-9]+", said)
    return int(digits[0]) if digits else tongue.numerals.ordinals[said]


def moved(day: date, length: Length, sign: int = 1) -> date:
    """`day` moved by months, then days; the last of the month where it has no such day. Raises ValueError, OverflowError."""
    months = day.year * 12 + day.month - 1 + sign * length.months
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(sign * length.days)


def _weekday(asked: Asked) -> date:
    """The coming one, a week away where it is today; or the last one."""
    ahead = (asked.sign * (asked.weekday() - asked.today.weekday())) % 7
    return asked.today + timedelta(asked.sign * (ahead or 7))


def _this_weekday(asked: Asked) -> date:
    return asked.today + timedelta((asked.weekday() - asked.today.weekday()) % 7)


def _next_weekday(asked: Asked) -> date:
    """The one of next week, weeks beginning on Monday."""
    return asked.today + timedelta(7 - asked.today.weekday() + asked.weekday())


def _last_weekday(asked: Asked) -> date:
    return asked.today - timedelta((asked.today.weekday() - asked.weekday()) % 7 or 7)


def _weekday_of_month(asked: Asked) -> date:
    year, month, count = asked.year() or asked.today.year, asked.month(), asked.day()
    found = _nth(year, month, asked.weekday(), count)
    if asked.year() is None and found < asked.today:
        return _nth(year + 1, month, asked.weekday(), count)
    return found


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    weeks = [week[weekday] for week in calendar.monthcalendar(year, month) if week[weekday]]
    return date(year, month, weeks[count if count < 0 else count - 1]) if abs(count) <= len(weeks) else date(0, 1, 1)


def _day_of_year(asked: Asked) -> date | None:
    return nearest(asked.month(), asked.day(), asked.year(), asked.today, asked.past)


def nearest(month: int, day: int, year: int | None, today: date, past: bool) -> date | None:
    """That day of that year; without one the coming one (today counts), or the last one if `past`. None if there is none."""
    if year is not None:
        return date(year, month, day)
    sign = -1 if past else 1
    for step in range(_YEARS_AHEAD + 1):
        at = today.year + sign * step
        if 1 <= day <= calendar.monthrange(at, month)[1] and sign * (date(at, month, day) - today).days >= 0:
            return date(at, month, day)
    return None


def _month(asked: Asked) -> date:
    """The first of a month; this month's counts."""
    month, year, today = asked.month(), asked.year(), asked.today
    if year is None:
        is_over = month > today.month if asked.past else month < today.month
        year = today.year + asked.sign * is_over
    return date(year, month, 1)


def _last_month(asked: Asked) -> date:
    return date(asked.today.year - (asked.month() >= asked.today.month), asked.month(), 1)


def _of_month(asked: Asked) -> date | None:
    """A day of this month or so many later; said of no month in particular the coming one (today counts)."""
    wanted, first = asked.day(), asked.today.replace(day=1)
    free = asked.argument == "0"
    for step in (0, 1, 2) if free else (int(asked.argument),):
        month = moved(first, Length(asked.sign * step))
        if not 1 <= wanted <= calendar.monthrange(month.year, month.month)[1]:
            continue
        if not free or asked.sign * (month.replace(day=wanted) - asked.today).days >= 0:
            return month.replace(day=wanted)
    return None


def _first_of(asked: Asked, unit: str, ahead: int) -> date | None:
    """The first day of this week, month or year, or of one so many ahead."""
    today = asked.today
    if unit in ("month", "year"):
        first = today.replace(day=1) if unit == "month" else today.replace(month=1, day=1)
        return moved(first, of_unit(Decimal(ahead), unit) or Length())
    if unit == "week":
        into_week = (today.weekday() - asked.tongue.locale.first_week_day) % 7
        return today + timedelta(7 * ahead - into_week)
    return today + timedelta(ahead) if unit == "day" else None


def _period(asked: Asked) -> date | None:
    """Its first day; today for the one that runs."""
    ahead, unit = int(asked.argument), _unit(asked)
    return asked.today if ahead == 0 and unit in ("day", "week", "month", "year") else _first_of(asked, unit, ahead)


def _unit(asked: Asked) -> str:
    return str(value_of(asked.said["unit"], asked.tongue.units))


def _start(asked: Asked) -> date | None:
    first = _first_of(asked, _unit(asked), int(asked.argument))
    over = first is not None and first < asked.today and not asked.past
    return _first_of(asked, _unit(asked), int(asked.argument) + 1) if over else first


def _end(asked: Asked) -> date | None:
    following = _first_of(asked, _unit(asked), int(asked.argument) + 1)
    return following - timedelta(1) if following else None


def _weekend(asked: Asked) -> date:
    """Its Saturday; today where this weekend has begun."""
    ahead = 7 * int(asked.argument)
    if ahead == 0 and asked.today.weekday() == 6 and not asked.past:
        return asked.today
    return asked.today - timedelta(asked.today.weekday()) + timedelta(5 + ahead)


def _in_month(day: int) -> Callable[[Asked], date]:
    def rule(asked: Asked) -> date:
        first = _month(asked)
        return first.replace(day=min(day, calendar.monthrange(first.year, first.month)[1]))

    return rule


def _feast(asked: Asked, past: bool | None = None) -> date | None:
    name = str(value_of(asked.said["feast"], asked.tongue.feasts))
    return _nearest_feast(asked, name, asked.past if past is None else past)


def _nearest_feast(asked: Asked, name: str, past: bool) -> date | None:
    region, today, sign = asked.tongue.region, asked.today, -1 if past else 1
    year = today.year + int(asked.argument) if asked.argument in ("-1", "0", "1") else asked.year()
    if year:
        return feast(name, year, region)
    near = (feast(name, today.year + sign * step, region) for step in (0, 1))
    return next((day for day in near if day and sign * (day - today).days >= (1 if past else 0)), None)


def _beside(sign: int) -> Callable[[Asked], date | None]:
    def rule(asked: Asked) -> date | None:
        length = of_unit(asked.tongue.numerals.value(asked.said["n"]), _unit(asked))
        name = value_of(asked.said["base"], asked.tongue.feasts)
        base = _nearest_feast(asked, str(name), asked.past) if name else _weekday(_about_weekday(asked))
        return moved(base, length, sign) if base and length else None

    return rule


def _about_weekday(asked: Asked) -> Asked:
    return Asked({"weekday": asked.said["base"]}, "", asked.today, asked.tongue, asked.past)


def _ahead(asked: Asked) -> date | None:
    length = of_unit(asked.tongue.numerals.value(asked.said["n"]), _unit(asked))
    return moved(asked.today, length) if length else None


_RULES: dict[str, Callable[[Asked], date | None]] = {
    "day": lambda asked: asked.today + timedelta(int(asked.argument)),
    "day month": _day_of_year,
    "weekday": _weekday,
    "weekday this": _this_weekday,
    "weekday next": _next_weekday,
    "weekday last": _last_weekday,
    "weekday skip": lambda asked: _next_weekday(asked) + timedelta(7),
    "weekday week": lambda asked: _weekday(asked) + timedelta(7),
    "weekday of": _weekday_of_month,
    "month": _month,
    "month last": _last_month,
    "of": _of_month,
    "period": _period,
    "weekend": _weekend,
    "start": _start,
    "end": _end,
    "start of": _month,
    "middle of": _in_month(15),
    "end of": _in_month(31),
    "feast": _feast,
    "feast last": lambda asked: _feast(asked, past=True),
    "ahead": _ahead,
    "before": _beside(-1),
    "after": _beside(1),
}
