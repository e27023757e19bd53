"""What was said of when: the moment, and how it comes again."""

import re
from datetime import date, datetime, time, tzinfo
from typing import Literal, get_args

from babel import Locale
from msgspec import Struct

from shared.locales import LANGUAGES, language_of
from shared.moments import likely, wall
from shared.skill import TurnContext
from shared.turn import SlotValue
from skills.reminders.kept import Every, Repeat, zone_of
from skills.reminders.words import fold

_EARLY, _SOON = 6, 6 * 3_600  # an hour of the day, seconds
_STEM = 5  # letters that tell the days of the week apart, in whatever form
_BETWEEN = 8  # characters: a preposition and an article
USUAL = time(9)  # where only a day was said
_NAMED: dict[str, Every] = {
    "daily": "day", "weekdays": "weekdays", "weekends": "weekend", "weekly": "week", "fortnightly": "fortnight",
    "monthly": "month", "yearly": "year",
}  # fmt: skip
_ROOTS = {
    "en": r"every|each|days\b|dail|weekl|monthl|yearl|annual|weekday|weekend|fortnight|hourl|working days",
    "de": r"jed|tags\b|mittwochs|sonnabends|taglich|wochentl|werktag|wochenend|monatl|jahrl|alle|stundl|wochentag",
    "es": r"cada|tod[oa]s|los|diari|semana|mensual|anual|laborable|quincena",
    "fr": r"chaque|tou[ts]e?s?|quotidien|hebdo|mensuel|annuel|semaine|week",
    "it": r"ogni|tutt[ie]|giornal|quotidian|settiman|mensil|annual|feriali|lavorativ",
}
assert set(_NAMED.values()) == set(get_args(Every))  # noqa: S101 (what the lists name and what is kept fit together)


class Said(Struct, frozen=True):
    """A moment in the person's time zone, what of it was said, and whether its hour may be in the other half of the day."""

    at: datetime
    said: Literal["date", "time", "datetime"]
    text: str
    open: bool = False


def moment_of(turn: TurnContext, slot: str = "moment") -> Said | None:
    """The moment in a slot; None where there is none, or none that was understood."""
    found = turn.slot(slot)
    value = found.value if found is not None else None
    if found is None or not isinstance(value, dict) or value.get("said") not in ("date", "time", "datetime"):
        return None
    try:
        at = datetime.fromisoformat(str(value.get("at")))
        zone = zone_of(turn.timezone)
        local = at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
        return Said(local, value["said"], found.text, value.get("open") is True)
    except (ValueError, OverflowError):
        return None


def with_hour(said: Said, zone: tzinfo, now: float) -> datetime:
    """The moment; nine o'clock where only a day was said, and not before six where "at five" is far from now."""
    if said.said == "date":
        return wall(said.at.date(), USUAL, zone)
    if said.open and said.at.hour < _EARLY and said.at.timestamp() - now > _SOON:
        return wall(said.at.date(), said.at.time().replace(hour=said.at.hour + 12), zone)
    return said.at


def every_of(turn: TurnContext, said: Said | None) -> Every | Literal["other"] | None:
    """How it comes again: None where once is meant, "other" for what cannot be kept ("every two hours")."""
    language, slot = language_of(turn.locale), turn.slot("repeat")
    if slot is None or not re.search(_ROOTS.get(language, "$^"), fold(slot.text)):
        return None  # only nearly what the list has
    if slot.value == "each":
        return _by_day(said, language) if said is not None and _leads_to(slot, said, turn.text) else None
    return "other" if slot.value == "other" else _NAMED.get(str(slot.value))


def _leads_to(slot: SlotValue, said: Said, text: str) -> bool:
    """Whether "every" stands before the moment or reaches into it, and not somewhere in what is to be done."""
    text, word, moment = (fold(each) for each in (text, slot.text, said.text))
    begins, then = text.find(word), text.find(moment)
    if begins < 0 or then < 0:
        return True  # said in an earlier answer
    return begins <= then <= begins + len(word) + _BETWEEN


def _by_day(said: Said, language: str) -> Every:
    """ "every" with an hour is every day, with a month every year, with a day of the week every week, else every month."""
    if said.said == "time":
        return "day"
    locale = Locale(language if language in LANGUAGES else "en")
    words = fold(said.text).split()
    if {fold(str(month)) for month in locale.months["format"]["wide"].values()} & set(words):
        return "year"
    days = tuple(fold(str(day))[:_STEM] for day in locale.days["format"]["wide"].values())
    return "week" if any(word.startswith(days) for word in words) else "month"


def repeat_from(kind: Every, said: Said, today: date) -> Repeat:
    """The rule that was said; it begins today where no day was said that it depends on."""
    hour = USUAL if said.said == "date" else said.at.time().replace(second=0, microsecond=0)
    hour = likely(hour) if said.open else hour
    free = said.said == "time" or kind in ("day", "weekdays", "weekend")
    first = today if free and said.at.date() <= today else said.at.date()
    return Repeat(kind, today if said.said == "time" else first, hour)


def moved(said: Said, before: datetime, now: float) -> datetime:
    """Another moment for something that was at `before`: a day alone keeps the hour, an hour alone the day."""
    zone = before.tzinfo
    if zone is None or said.said == "datetime":
        return said.at
    if said.said == "date":
        return wall(said.at.date(), before.time(), zone)
    hour = likely(said.at.time(), before.time()) if said.open else said.at.time()
    kept = wall(before.date(), hour, zone)
    return kept if kept.timestamp() > now else said.at
