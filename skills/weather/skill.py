"""Weather: how it is and will be, from a forecast service, for the place that was said or where the person lives.

What the service says is told with its day and place. Where it does not answer, that is said, or how old is what is known.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.effects import Keep
from shared.errors import WebFailed
from shared.skill import Skill, TurnContext, intent
from shared.turn import Elicit, Reply
from skills.weather import where, wording
from skills.weather.service import DAYS, Day, Forecast, Place, Unreadable, forecast

LIKELY, POSSIBLE = 50.0, 20.0  # per cent
CALM = 12.0  # kilometres an hour; leaves move
_SATURDAY = 5


Tell = Callable[[TurnContext, Place, Day, Forecast, date], str]


class Weather(Skill):
    """Answers `weather.*`."""

    @intent("weather.forecast")
    async def forecast(self, turn: TurnContext) -> Reply:
        """The sky and its warmth."""
        return await _answer(turn, _sky)

    @intent("weather.rain")
    async def rain(self, turn: TurnContext) -> Reply:
        """Whether it stays dry."""
        return await _answer(turn, _rain)

    @intent("weather.temperature")
    async def temperature(self, turn: TurnContext) -> Reply:
        """How warm it is."""
        return await _answer(turn, _temperature)

    @intent("weather.wind")
    async def wind(self, turn: TurnContext) -> Reply:
        """How strong the wind is, and from where."""
        return await _answer(turn, _wind)

    @intent("weather.sun")
    async def sun(self, turn: TurnContext) -> Reply:
        """When the sun rises and sets."""
        return await _answer(turn, _sun)

    @intent("weather.home")
    async def home(self, turn: TurnContext) -> Reply:
        """Keeps where the person lives."""
        place = where.said(turn)
        if place is None:
            return _which_place(turn, turn.say("ask_home"))
        return Reply(text=turn.say("home_kept", where=place.name), effects=(_home(place),), state={})


async def _answer(turn: TurnContext, tell: Tell) -> Reply:
    """What `tell` makes of the forecast for the place and day that are meant, or why there is none."""
    if name := where.unknown(turn):
        return _which_place(turn, turn.say("unknown_place", where=name))
    place, is_home = where.said(turn), False
    if place is None:
        place, is_home = await where.home(turn), True
    if place is None:
        return _which_place(turn, turn.say("ask_place"))
    keeps = not is_home and _was_asked_for_home(turn)
    try:
        found = await forecast(turn.web, turn.config, place)
    except WebFailed:
        return Reply(text=turn.say("down"), state={})
    except Unreadable:
        return Reply(text=turn.say("refused"), state={})
    parts = [_told(turn, tell, place, found)]
    if found.stale:
        at = datetime.fromtimestamp(found.asked_at, _zone(turn.timezone))
        parts.append(turn.say("as_of", time=wording.hour(turn, at)))
    if keeps:
        parts.append(turn.say("home_kept", where=place.name))
    return Reply(text=" ".join(parts), effects=(_home(place),) if keeps else (), state={})


def _told(turn: TurnContext, tell: Tell, place: Place, found: Forecast) -> str:
    now = turn.clock.now()
    here = datetime.fromtimestamp(now, _zone(turn.timezone)).date()
    there = datetime.fromtimestamp(now, _zone(found.timezone)).date()
    days = _days(turn, here, there)
    if days[0] < there:
        return turn.say("past")
    known = [one for one in map(found.day, days) if one is not None]
    if not known:
        last = there + timedelta(days=DAYS - 1)
        return turn.say("too_far", count=DAYS, day=wording.day(turn, last, there))
    return " ".join(tell(turn, place, one, found, there) for one in known)


def _days(turn: TurnContext, here: date, there: date) -> list[date]:
    """The days that are meant: "today" is the place's own, a weekend has two."""
    slot = turn.slot("day")
    try:
        said = date.fromisoformat(str(slot.value)) if slot else here
    except ValueError:
        said = here
    first = there if said == here else said
    text = slot.text.casefold() if slot else ""
    weekend = first.weekday() == _SATURDAY and any(word in text for word in turn.answers["weekend_words"])
    return [first, first + timedelta(days=1)] if weekend else [first]


# -- what is told ------------------------------------------------------------------------------------------------------


def _sky(turn: TurnContext, place: Place, day: Day, found: Forecast, today: date) -> str:
    told = {
        "where": place.name,
        "day": wording.day(turn, day.at, today),
        "sky": wording.sky(turn, day.code),
        **_span(turn, day),
    }
    if day.at == today and found.now is not None and not found.stale:
        now = {"sky_now": wording.sky(turn, found.now.weather_code), "now": _degrees(turn, found.now.temperature_2m)}
        return turn.say("forecast_now", **told, **now)
    return turn.say("forecast", **told)


def _rain(turn: TurnContext, place: Place, day: Day, found: Forecast, today: date) -> str:
    wet = wording.is_wet(day.code) or wording.is_snow(day.code)
    chance = day.chance if day.chance is not None else (100.0 if wet else 0.0)
    told = {
        "where": place.name,
        "day": wording.day(turn, day.at, today),
        "sky": wording.sky(turn, day.code),
        "chance": wording.percent(turn, chance),
    }
    if chance >= LIKELY and wet:
        return turn.say("snow_yes" if wording.is_snow(day.code) else "rain_yes", **told)
    return turn.say("rain_maybe" if chance >= POSSIBLE or wet else "rain_no", **told)


def _temperature(turn: TurnContext, place: Place, day: Day, found: Forecast, today: date) -> str:
    told = {"where": place.name, "day": wording.day(turn, day.at, today), **_span(turn, day)}
    if day.at == today and found.now is not None and not found.stale:
        return turn.say("temperature_now", **told, now=_degrees(turn, found.now.temperature_2m))
    return turn.say("temperature", **told)


def _wind(turn: TurnContext, place: Place, day: Day, found: Forecast, today: date) -> str:
    told = {"where": place.name, "day": wording.day(turn, day.at, today)}
    if day.wind is None:
        return turn.say("not_known", **told)
    if day.wind < CALM:
        return turn.say("wind_calm", **told, speed=wording.speed(turn, day.wind))
    direction = wording.wind_from(turn, day.direction) if day.direction is not None else ""
    gusts = wording.speed(turn, max(day.gusts or 0.0, day.wind))
    return turn.say("wind", **told, speed=wording.speed(turn, day.wind), gusts=gusts, direction=direction)


def _sun(turn: TurnContext, place: Place, day: Day, found: Forecast, today: date) -> str:
    told = {"where": place.name, "day": wording.day(turn, day.at, today)}
    rise, set_ = day.sunrise, day.sunset
    if rise is None or set_ is None or rise.date() != day.at or rise == set_:
        return turn.say("sun_none", **told)
    return turn.say("sun", **told, rise=wording.hour(turn, rise), set=wording.hour(turn, set_))


def _span(turn: TurnContext, day: Day) -> dict[str, str]:
    return {"low": _degrees(turn, day.low), "high": _degrees(turn, day.high)}


def _degrees(turn: TurnContext, celsius: float | None) -> str:
    return "?" if celsius is None else wording.degrees(turn, celsius)


# -- the person's own place --------------------------------------------------------------------------------------------


def _which_place(turn: TurnContext, question: str) -> Reply:
    """Asks for a place; the next answer is kept as the person's own, unless another place was meant."""
    return Reply(
        text=question,
        reprompt=turn.say("ask_place"),
        expects_answer=True,
        elicit=Elicit(turn.intent, "place"),
        state={} if where.unknown(turn) else {"asked": turn.session.seq + 1},
    )


def _was_asked_for_home(turn: TurnContext) -> bool:
    return turn.understanding.source == "dialogue" and turn.state.get("asked") == turn.session.seq


def _home(place: Place) -> Keep:
    return Keep(where.DOCUMENT, where.kept(place))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return ZoneInfo("UTC")
