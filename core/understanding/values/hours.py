"""Times of day in people's words: what each rule of the section `time` of the language files means, and which half of the day.

Somebody who says "at three" says neither a.m. nor p.m. It is read so: in figures as the region writes 24 hours ("15:30", and
"3:30" in Germany) it is what it says. With a part of the day ("three in the afternoon") it is that. On another day than today
1:00 to 6:59 is the afternoon and 7:00 to 12:59 the morning and noon. Else it is the next of both from now on (the last, looking
back), save that 1:00 to 4:59 at night is meant only by somebody who speaks within the six hours before it.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from msgspec import Struct

from core.understanding.values import words
from core.understanding.values.language import Language
from core.understanding.values.patterns import END, START, compiled, start_of

_USUAL = {"morning": 9, "afternoon": 15, "evening": 19, "night": 21}  # the hour where only the part of the day is said
_NIGHT = (60, 300)  # minutes after midnight between which nobody means an hour by chance
_WAKE = timedelta(hours=6)


class Hour(Struct, frozen=True):
    """A time of day and where it stands in plain text; not `sure` where it may be twelve hours later as well."""

    start: int
    end: int
    minutes: int  # after midnight
    sure: bool


class Part(Struct, frozen=True):
    """A part of the day ("morning") and where it stands."""

    start: int
    end: int
    name: str


def hours(text: str, marks: frozenset[str], tongue: Language) -> Iterator[Hour]:
    """Every reading of a time of day in plain text; they may overlap."""
    for pattern in tongue.section("time"):
        for match in pattern.matches(text, marks):
            found = _read(pattern.rule, match, tongue)
            if found:
                yield found
    for match in _figures(tongue).finditer(text) if "digit" in marks else ():
        yield _with_half(match, tongue)


def parts(text: str, tongue: Language) -> Iterator[Part]:
    """The parts of the day in plain text."""
    for name, pattern in _part_patterns(tongue):
        for match in pattern.finditer(text):
            if not _greets(tongue).search(text, 0, match.start()):
                yield Part(*match.span(), name)


def _read(rule: str, match: re.Match[str], tongue: Language) -> Hour | None:
    name, _, argument = rule.partition(" ")
    start, groups = start_of(match), match.groupdict()
    if name == "at":
        hour, minute = argument.split(":")
        return Hour(start, match.end(), int(hour) * 60 + int(minute), True)
    said = groups.get("hour") or groups.get("hour24") or ""
    base, sure = _hour(said)
    more = int(groups.get("minute") or groups.get("minute2") or groups.get("five") or 0)
    shift = {"clock": more, "bare": 0, "shift": 0, "plus": more, "minus": -more}[name]
    shift += -int(argument) if name == "minus" and argument else int(argument or 0)
    minutes = (base * 60 + shift) % (24 * 60)
    if name == "clock" and re.search(r"[0-9][:.h][0-9]", match[0]):
        sure = sure or _writes_24_hours(tongue)
    return Hour(start, match.end(), minutes if sure else minutes % (12 * 60), sure)


def _hour(said: str) -> tuple[int, bool]:
    """The hour, and whether it can only be that one."""
    if not said.isdigit():
        named = {"midi": (12, True), "minuit": (0, True)}
        return named.get(said, (1, False))
    hour = int(said)
    return hour % 24, hour > 12 or hour == 0 or said.startswith("0")


def _with_half(match: re.Match[str], tongue: Language) -> Hour:
    """ "5 pm", "7:30 p.m.", "15:30"."""
    hour, sure = _hour(match["hour"])
    minutes, half = hour * 60 + int(match["minute"] or match["late"] or 0), match["half"]
    if half and hour <= 12:
        minutes, sure = minutes % (12 * 60) + (12 * 60 if half.startswith("p") else 0), True
    sure = sure or _writes_24_hours(tongue)
    return Hour(*match.span(), minutes if sure else minutes % (12 * 60), sure)


@lru_cache(maxsize=64)
def _writes_24_hours(tongue: Language) -> bool:
    return "H" in tongue.locale.time_formats["short"].pattern


@lru_cache(maxsize=64)
def _figures(tongue: Language) -> re.Pattern[str]:
    hour, minute = tongue.slots["hour"], tongue.slots["minute2"]
    half = r"(?P<half>[ap]\.? ?m\b\.?)"
    return re.compile(
        rf"{START}(?=(?:[0-9]|{hour} ?[ap]))(?P<hour>{hour})(?:(?:[:. ](?P<minute>{minute}))?(?::[0-5][0-9])? ?{half}"
        rf"|(?<=[0-9]):(?P<late>{minute})(?::[0-5][0-9])?){END}"
    )


@lru_cache(maxsize=64)
def _part_patterns(tongue: Language) -> list[tuple[str, re.Pattern[str]]]:
    return [(name, compiled(said, {})) for name, said in tongue.data["parts"].items()]


@lru_cache(maxsize=64)
def _greets(tongue: Language) -> re.Pattern[str]:
    """ "Good" before "morning"."""
    return re.compile(rf"(?<!\w)(?:{words.spelled(tongue.data['joins']['greetings'])}) $")


def usual(part: Part) -> int:
    """The minute of the day where only the part is said."""
    return _USUAL[part.name] * 60


def in_part(hour: Hour, part: Part) -> int:
    """The minutes from the day's midnight that an hour in a part of the day is; the small hours of a night are the next day's."""
    if hour.sure and hour.minutes >= 60:
        return hour.minutes
    minutes = hour.minutes % (12 * 60)
    if part.name == "morning":
        return minutes
    if part.name == "night":
        return minutes + (12 * 60 if minutes >= 6 * 60 else 24 * 60)
    return minutes + (24 * 60 if part.name == "evening" and minutes < 4 * 60 else 12 * 60)


def on_other_day(hour: Hour) -> int:
    """The minute of the day on another day than today."""
    return hour.minutes + 12 * 60 if not hour.sure and hour.minutes < 7 * 60 else hour.minutes


def nearest(hour: Hour, here: datetime, past: bool, day: date | None = None) -> datetime:
    """The next time from now on (the last, if `past`) that an hour may mean, without a zone; of `day` alone if given."""
    now = here.replace(tzinfo=None, second=0, microsecond=0)
    readings = (hour.minutes,) if hour.sure else (hour.minutes, hour.minutes + 12 * 60)
    days = [day] if day else [now.date() + timedelta(step) for step in (-1, 0, 1)]
    near = [datetime.combine(each, time()) + timedelta(minutes=reading) for each in days for reading in readings]
    if past:
        return max((at for at in near if at <= now), default=near[0])
    fit = [at for at in near if at > now and (hour.sure or _is_meant(at, now))]
    return min(fit, default=near[-1])


def _is_meant(at: datetime, now: datetime) -> bool:
    minutes = at.hour * 60 + at.minute
    return not _NIGHT[0] <= minutes < _NIGHT[1] or at - now <= _WAKE
