"""Leap years, and how many days a year or its February has."""

import calendar

from shared.skill import TurnContext
from shared.turn import Reply
from skills.clock import turns

LAST = 9999  # year of the calendar


def leap_year(turn: TurnContext) -> Reply:
    """Whether a year is a leap year, or when the next or last one is."""
    this, asked = turns.now(turn).year, str(turn.slots.get("leap", ""))
    said = turn.slots.get("year")
    if asked in ("next_leap", "last_leap") and said is None:
        step = 1 if asked == "next_leap" else -1
        return Reply(text=turn.say(f"leap.{asked.removesuffix('_leap')}", year=_leap_year_from(this + step, step)))
    year = {"next_year": this + 1, "last_year": this - 1}.get(asked, this) if said is None else said
    if isinstance(year, str) and year.isascii() and year.isdigit() and len(year) <= 9:
        year = int(year)  # a platform's own
    if not isinstance(year, int) or not 1 <= year <= LAST:
        return Reply(text=turn.say("leap.range"))
    if turn.slot("february"):
        return Reply(text=turn.say("leap.february", year=year, days=calendar.monthrange(year, 2)[1]))
    if turn.slot("length"):
        return Reply(text=turn.say("leap.days", year=year, days=365 + calendar.isleap(year)))
    return Reply(
        text=turns.say(
            turn, "leap.yes" if calendar.isleap(year) else "leap.no", "past" if year < this else "", year=year
        )
    )


def _leap_year_from(year: int, step: int) -> int:
    while not calendar.isleap(year):
        year += step
    return year
