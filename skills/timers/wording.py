"""How lengths, hours and timers are said in the person's language."""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.lists import format_list
from babel.units import format_unit

from shared.skill import TurnContext
from skills.timers.kept import Timer

QUOTED = 60  # characters of a name
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def length(turn: TurnContext, seconds: float) -> str:
    """ "1 hour and 30 minutes": whole seconds, begun ones counted; from an hour on whole minutes, beyond a day hours."""
    locale, rest = _locale(turn.locale), max(1, -int(-seconds // 1))
    finest = 1 if rest < 3_600 else 60 if rest <= 86_400 else 3_600
    rest = -(-rest // finest) * finest
    said = []
    for unit, size in _UNITS if rest > 86_400 else _UNITS[1:]:
        count, rest = divmod(rest, size)
        if count:
            said.append(format_unit(count, f"duration-{unit}", length="long", locale=locale))
    return format_list(said, locale=locale)


def until(turn: TurnContext, due: float) -> str:
    """ "4:15 PM", "4:15 PM tomorrow": when a timer will have run out."""
    zone = ZoneInfo(turn.timezone)
    then, today = datetime.fromtimestamp(due, zone), datetime.fromtimestamp(turn.clock.now(), zone).date()
    said = _clock(turn, then)
    return said if then.date() == today else turn.say("tomorrow" if _is_next(then, today) else "later", time=said)


def _is_next(then: datetime, today: object) -> bool:
    return (then - timedelta(days=1)).date() == today


def _clock(turn: TurnContext, then: datetime) -> str:
    """The time of day as the locale writes it, with the article that its hour takes."""
    locale = _locale(turn.locale)
    pattern = locale.time_formats["short"].pattern
    if "a" in pattern:
        said, hour = format_datetime(then, pattern, locale=locale).replace("\u202f", " "), then.hour % 12
    else:
        said, hour = turn.say("clock", hour=then.hour, minute=f"{then.minute:02}"), then.hour
    return turn.say("time_one" if hour == 1 else "time", clock=said)


def called(turn: TurnContext, timer: Timer) -> str:
    """ "the pasta timer", "the timer for 10 minutes"."""
    if timer.name:
        return turn.say("named", name=timer.name)
    return turn.say("unnamed", length=length(turn, timer.seconds))


def label(turn: TurnContext, timer: Timer) -> str:
    """A few words for a list or a button: the name, else the length."""
    return timer.name or length(turn, timer.seconds)


def told(turn: TurnContext, timers: list[Timer]) -> list[str]:
    """Each timer with what is left: "pasta: 5 minutes left"."""
    now = turn.clock.now()
    return [
        turn.say(
            "item" if timer.due is not None else "item_paused",
            timer=label(turn, timer),
            left=length(turn, timer.remaining(now)),
        )
        for timer in timers
    ]


def either(turn: TurnContext, options: list[str]) -> str:
    """ "pasta, eggs or rice"."""
    return format_list(options, style="or", locale=_locale(turn.locale))


def sentence(text: str) -> str:
    """With a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    for attempt in (name.replace("_", "-"), name.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(attempt, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "US")
