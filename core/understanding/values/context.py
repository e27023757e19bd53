"""What a value is read against: the person's language, place, time and lists; and where in a text a value stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

UTC = fixed_zone(timedelta(0))


class Context(Struct, frozen=True):
    """Who speaks, when and where.

    `locale` is BCP 47 ("de-AT"): its language chooses the words, its region the order of figures in a date, the country of a
    telephone number, which dollar is meant and on which day a week begins. `timezone` is an IANA name; one that is not known
    counts as UTC. `now` is in Unix seconds. `choices` are lists by name: identifier -> what else it is called; the name of a
    list is a type like the built-in ones. `prefer` says where a day or hour without a year or date lies: ahead (reminders) or
    behind ("what did I say on Monday").
    """

    locale: str = "en-US"
    timezone: str = "UTC"
    now: float = 0.0
    choices: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    prefer: Literal["future", "past"] = "future"

    @property
    def region(self) -> str:
        """The country as ISO 3166, of the locale or the likeliest one of its language ("de" -> "DE")."""
        from core.understanding.values.language import region_of

        return region_of(self.locale)

    @property
    def zone(self) -> tzinfo:
        """The time zone; UTC where the name is not known."""
        try:
            return ZoneInfo(self.timezone)
        except (OSError, ValueError, KeyError):  # a folder, a path outside, no such name
            return UTC

    @property
    def here(self) -> datetime:
        """Now, in the person's time zone."""
        return datetime.fromtimestamp(self.now, self.zone)


class Span(Struct, frozen=True):
    """A value and where it stands in a text: `start` up to but not including `end`, in code points."""

    start: int
    end: int
    value: Any


def longest(spans: list[Span]) -> list[Span]:
    """The spans in order without overlap: of those that overlap the longest, of equally long ones the first."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)
