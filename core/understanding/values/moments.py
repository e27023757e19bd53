"""Dates, times and both together: "tomorrow evening at 8", "übermorgen um halb vier", "in an hour and a half".

A text is read for days, hours, parts of the day and lengths ahead or ago; what stands side by side belongs together.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from core.understanding.values import hours, written
from core.understanding.values.context import UTC, Context, Span
from core.understanding.values.days import Day, days, moved
from core.understanding.values.durations import Found, Length, durations
from core.understanding.values.figures import in_figures
from core.understanding.values.hours import Hour, Part
from core.understanding.values.language import Language, language
from core.understanding.values.patterns import START
from core.understanding.values.words import Plain, spelled

_FAR = 3  # words like "ago" stand at most so many characters away


class Ahead(Struct, frozen=True):
    """A moment so long from now ("in two hours") and where it stands."""

    start: int
    end: int
    at: datetime


Piece = Day | Hour | Part | Ahead


class Moment(Struct, frozen=True):
    """What belongs together: at most one day, one hour and some parts of the day, or a moment by itself."""

    pieces: tuple[Piece, ...]

    def one(self, kind: type[Any]) -> Any:
        """The piece of that kind, or None."""
        return next((piece for piece in self.pieces if isinstance(piece, kind)), None)


def find_dates(text: str, context: Context) -> list[Span]:
    """ "2026-12-24". A week is its first day, a month its first, a weekend its Saturday."""
    said, found = _moments(text, context)
    pieces = [piece for moment in found for piece in moment.pieces if isinstance(piece, Day)]
    return [Span(*said.place(day.start, day.end), day.at.isoformat()) for day in pieces]


def find_times(text: str, context: Context) -> list[Span]:
    """ "15:00". Which half of the day is meant stands in `hours.py`; the day said beside it counts."""
    said, found = _moments(text, context)
    spans = []
    for moment in found:
        pieces = _side_by_side([piece for piece in moment.pieces if isinstance(piece, Hour | Part)], moment)
        if pieces and (at := _settled(moment, context)):
            spans.append(Span(*said.place(pieces[0].start, pieces[-1].end), f"{at:%H:%M}"))
    return spans


def _side_by_side(pieces: list[Hour | Part], moment: Moment) -> list[Hour | Part]:
    """The hour with the parts of the day next to it, or a part of the day alone."""
    day = moment.one(Day)
    if day is None or not pieces or pieces[-1].end <= day.start or pieces[0].start >= day.end:
        return pieces
    return [piece for piece in pieces if isinstance(piece, Hour)] or pieces[-1:]


def find_datetimes(text: str, context: Context) -> list[Span]:
    """`{"at": ISO 8601 with offset, "said": "date" | "time" | "datetime"}`: what was not said was filled in.

    With `"open": True` where only an hour was said that may be twelve hours later or earlier as well (see shared/moments.py).
    A feast has its name as well (`"feast": "christmas"`), and a day that may be another one that (`"or": "2026-11-27"`).
    """
    said, found = _moments(text, context)
    spans = []
    for moment in found:
        at = _settled(moment, context)
        if at is not None:
            place = said.place(moment.pieces[0].start, moment.pieces[-1].end)
            value: dict[str, Any] = {"at": at.isoformat(timespec="seconds"), "said": _said(moment)}
            half = {"open": True} if _is_open(moment) else {}
            spans.append(Span(*place, value | _of_day(moment.one(Day)) | half))
    return spans


def _is_open(moment: Moment) -> bool:
    """Whether only an hour was said, and nothing of the half of the day that it is in."""
    hour, *others = moment.pieces
    return isinstance(hour, Hour) and not hour.sure and not others


def _of_day(day: Day | None) -> dict[str, str]:
    feast = {"feast": day.feast} if day and day.feast else {}
    return feast | ({"or": day.other.isoformat()} if day and day.other else {})


def _said(moment: Moment) -> str:
    day = moment.one(Day)
    if moment.one(Ahead) or (day and (day.part or moment.one(Hour) or moment.one(Part))):
        return "datetime"
    return "date" if day else "time"


def _moments(text: str, context: Context) -> tuple[Plain, list[Moment]]:
    tongue = language(context.locale)
    said = tongue.plain(text)
    pieces = _apart(list(_pieces(said.text, tongue, context)))
    return said, _together(pieces, said.text, tongue)


def _pieces(text: str, tongue: Language, context: Context) -> Iterator[Piece]:
    marks, here, past = tongue.marks(text), context.here, context.prefer == "past"
    if marks & {"digit", "unit"}:
        yield from _aheads(text, tongue, here)
    yield from days(text, marks, here.date(), tongue, past)
    yield from hours.hours(text, marks, tongue)
    yield from hours.parts(text, tongue)
    if "digit" in marks:
        yield from in_figures(text, here.date(), tongue, past)
    yield from written.days(text, marks, here, tongue, past)


def _aheads(text: str, tongue: Language, here: datetime) -> Iterator[Piece]:
    """Lengths with "in", "from now", "ago": days and more move the date, hours the moment."""
    for found in durations(text, tongue):
        for sign, before, after in _signs(tongue):
            start, end = _around(text, found, before, after)
            if (start, end) != (found.start, found.end):
                yield from _moved(start, end, found, sign, here)


def _around(text: str, found: Found, before: re.Pattern[str], after: re.Pattern[str]) -> tuple[int, int]:
    lead = before.search(text, 0, found.start) if before.pattern else None
    tail = after.match(text, found.end) if after.pattern else None
    return (lead.start() if lead else found.start), (tail.end() if tail else found.end)


def _moved(start: int, end: int, found: Found, sign: int, here: datetime) -> Iterator[Piece]:
    length = found.length
    try:
        if length.seconds:
            moment = here.astimezone(UTC) + timedelta(seconds=sign * float(length.seconds))
            local = moment.astimezone(here.tzinfo)
            day = moved(local.date(), Length(length.months, length.days), sign)
            yield Ahead(
                start, end, _in_zone(datetime.combine(day, local.time()), here) if day != local.date() else local
            )
        else:
            yield Day(start, end, moved(here.date(), length, sign))
    except (ValueError, OverflowError):
        return


@lru_cache(maxsize=64)
def _signs(tongue: Language) -> list[tuple[int, re.Pattern[str], re.Pattern[str]]]:
    """For ahead and ago: what stands before a length, and after it."""
    data = {name: spelled(said).replace(" ", "[ -]") for name, said in tongue.data["relative"].items()}
    made = []
    for sign, name in ((1, "ahead"), (-1, "ago")):
        before, after = data.get(f"{name}_before"), data.get(f"{name}_after")
        lead = rf"{START}(?:{before}) ?$" if before else ""
        made.append((sign, re.compile(lead), re.compile(rf" (?:{after})(?!\w)" if after else "")))
    return made


def _apart(pieces: list[Piece]) -> list[Piece]:
    """Those that stay when the longest win, in order."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.start - piece.end, piece.start)):
        if all(piece.end <= other.start or piece.start >= other.end for other in kept):
            kept.append(piece)
    return [_with_part(piece, pieces) for piece in sorted(kept, key=lambda piece: piece.start)]


def _with_part(piece: Piece, pieces: list[Piece]) -> Piece:
    """A day with the part of the day that its words say as well ("this morning")."""
    if not isinstance(piece, Day):
        return piece
    inside = (other for other in pieces if isinstance(other, Part) and piece.start <= other.start < piece.end)
    return replace(piece, part=next((part.name for part in inside), piece.part))


def _together(pieces: list[Piece], text: str, tongue: Language) -> list[Moment]:
    """Pieces side by side, as moments."""
    joins = _joins(tongue)
    groups: list[list[Piece]] = []
    for piece in pieces:
        last = groups[-1] if groups else []
        same = _same_day(last[-1], piece) if last else None
        if same and joins.fullmatch(text, last[-1].end, piece.start):
            last[-1] = same
        elif last and _fits(piece, last) and joins.fullmatch(text, last[-1].end, piece.start):
            last.append(piece)
        else:
            groups.append([piece])
    return [Moment(tuple(group)) for group in groups]


def _same_day(first: Piece, second: Piece) -> Day | None:
    """ "Thursday, 24 December" as one day."""
    if not isinstance(first, Day) or not isinstance(second, Day) or first.weekday == second.weekday:
        return None
    exact = second if first.weekday else first
    if first.at.weekday() != second.at.weekday():
        return None
    return replace(exact, start=first.start, end=second.end, part=first.part or second.part)


def _fits(piece: Piece, group: list[Piece]) -> bool:
    if isinstance(piece, Ahead) or any(isinstance(other, Ahead) for other in group):
        return False
    return not any(type(other) is type(piece) for other in group)


@lru_cache(maxsize=64)
def _joins(tongue: Language) -> re.Pattern[str]:
    words = spelled(tongue.data["joins"]["date"])
    return re.compile(rf"[ ,]{{0,2}}(?:(?:{words})[ ,]?){{0,2}}")


def _settled(moment: Moment, context: Context) -> datetime | None:
    """The moment in the person's time zone; a local time that a clock change skips is moved on by as much."""
    if ahead := moment.one(Ahead):
        return ahead.at  # type: ignore[no-any-return]  # an Ahead by the line above
    here = context.here
    try:
        day = moment.one(Day)
        part = moment.one(Part) or (Part(0, 0, day.part) if day and day.part else None)
        return _in_zone(_local(day, moment.one(Hour), part, context), here)
    except (ValueError, OverflowError):
        return None


def _in_zone(local: datetime, here: datetime) -> datetime:
    return local.replace(tzinfo=here.tzinfo).astimezone(UTC).astimezone(here.tzinfo)


def _local(day: Day | None, hour: Hour | None, part: Part | None, context: Context) -> datetime:
    """Without a zone."""
    here, past = context.here, context.prefer == "past"
    if hour and part:
        whole = Hour(hour.start, hour.end, hours.in_part(hour, part), True)
        return _at(day.at, whole.minutes) if day else _coming(whole, here, past)
    if hour:
        if day is None or (day.at == here.date() and not hour.sure):
            return hours.nearest(hour, here, past, day.at if day else None)
        midnight_ahead = hour.minutes == 0 and day.at == here.date()  # "today at midnight" is to come
        return _at(day.at, 24 * 60 if midnight_ahead else hours.on_other_day(hour))
    if part:
        return _at(day.at, hours.usual(part)) if day else _coming(Hour(0, 0, hours.usual(part), True), here, past)
    return _at(day.at if day else here.date(), 0)


def _coming(hour: Hour, here: datetime, past: bool) -> datetime:
    """The next time that an hour (in minutes after midnight, perhaps more than a day) comes, or the last."""
    return hours.nearest(Hour(0, 0, hour.minutes % (24 * 60), True), here, past)


def _at(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def read_now(text: str, context: Context) -> dict[str, str] | None:
    """The moment that it is, where `text` says just that ("right now"). In an utterance the word hardly tells a time."""
    tongue = language(context.locale)
    if not re.fullmatch(spelled(tongue.data["relative"]["now"]), tongue.plain(text).text.strip(" .!")):
        return None
    return {"at": context.here.isoformat(timespec="seconds"), "said": "datetime"}


def part_of(found: dict[str, str], want: str) -> Any:
    """The date or time of a value of `find_datetimes`, or all of it."""
    at = datetime.fromisoformat(found["at"])
    return {"date": at.date().isoformat(), "time": f"{at:%H:%M}"}.get(want, found)
