"""Weather: what is asked of the service over real HTTP, what its answers come to, and where people are."""

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.testing.skill.hooks import SkillHooks
from shared.turn import SlotValue
from shared.wording import wordings
from skills.weather import wording
from skills.weather.homes import home_of
from tests.openmeteo import answer, forecast
from tests.skills.outside import visiting
from tests.skills.talk import NOW
from tests.standin import Answer, Came, Standin, serving

AT = datetime.fromtimestamp(NOW, ZoneInfo("UTC"))


@pytest.fixture
def service() -> Iterator[Standin]:
    """The forecast service, on the day of the tests."""
    with serving(lambda came: answer(came, AT)) as standin:
        yield standin


async def test_one_question_serves_all_of_a_place_and_tells_no_more_than_a_kilometre(service: Standin) -> None:
    async with visiting("weather", url=service.url, key="k-1") as visit:
        for intent in ("forecast", "rain", "temperature", "wind", "sun"):
            reply = await visit.say(f"weather.{intent}", f"{intent} in Paris on Friday")
            assert reply.text.startswith("Paris, Friday: ")
    [came] = service.came
    assert (came.path, came.query["latitude"], came.query["longitude"]) == ("/v1/forecast", "48.85", "2.35")
    assert (came.query["timezone"], came.query["apikey"]) == ("Europe/Paris", "k-1")
    assert "cookie" not in came.headers


async def test_a_service_at_an_address_of_its_own(service: Standin) -> None:
    async with visiting("weather", url=f"{service.url}/v1/forecast/") as visit:
        assert (await visit.say("weather.wind", "wind in Paris")).text.startswith("Paris, today: ")


async def test_a_service_that_is_away_is_told_or_how_old_the_answer_is(service: Standin) -> None:
    async with visiting("weather", url=service.url) as visit:
        before = (await visit.say("weather.forecast", "weather in Paris tomorrow")).text
        service.answer = lambda _: Answer(b"", 503)
        visit.clock.move(3600)
        after = (await visit.say("weather.forecast", "weather in Paris tomorrow")).text
        assert after == f"{before} The service doesn't answer right now; this is from 3:05 PM."
        today = (await visit.say("weather.temperature", "how warm is it in Paris")).text
        assert " now: " not in today, "what was now an hour ago is not"
        assert (await visit.say("weather.sun", "sunset in Tokyo")).text.startswith(("The weather service d", "I can't"))
        visit.clock.move(6 * 3600)
        assert (await visit.say("weather.sun", "sunset in Paris")).text.startswith(("The weather service d", "I can't"))


async def test_a_slow_service_is_told_in_time(service: Standin) -> None:
    release = threading.Event()
    service.answer = lambda _: Answer(b"", 503, wait=release)
    async with visiting("weather", url=service.url) as visit:
        reply = await visit.say("weather.forecast", "weather in Paris", seconds=0.5)
        assert reply.text in wordings("answer_asked_for", "en")
        release.set()
        later = await visit.later()
    assert later.text.startswith(("The weather service doesn't answer", "I can't reach"))


@pytest.mark.parametrize(
    "said",
    [
        Answer(b"<html>", 200),
        Answer(b"{}", 200),
        Answer(b'{"error":true,"reason":"x"}', 400),
        Answer(b'{"timezone":"X","daily":{"time":["soon"]}}', 200),
        Answer(b"[" * 100_000, 200),
        Answer("ÿ".encode("latin-1"), 200),
    ],
)
async def test_what_is_no_forecast(service: Standin, said: Answer) -> None:
    service.answer = lambda _: said
    async with visiting("weather", url=service.url) as visit:
        assert "something I can't read" in (await visit.say("weather.forecast", "weather in Paris")).text


async def test_gaps_in_the_forecast(service: Standin) -> None:
    def gappy(came: Came) -> Answer:
        told: dict[str, Any] = forecast(48.85, 2.35, "Europe/Paris", AT)
        del told["current"]
        told["daily"]["weather_code"][4] = 42
        told["daily"]["temperature_2m_max"][4] = None
        told["daily"]["weather_code"][5] = None
        told["daily"]["wind_speed_10m_max"] = [None] * 16
        told["daily"]["precipitation_probability_max"] = []
        told["daily"]["sunrise"][4] = "soon"
        return Answer(json.dumps(told).encode())

    service.answer = gappy
    async with visiting("weather", url=service.url) as visit:
        assert (await visit.say("weather.forecast", "weather in Paris")).text.startswith("Paris, today: overcast")
        told = (await visit.say("weather.forecast", "weather in Paris on Friday")).text
        assert told.startswith("Paris, Friday: changeable weather, ")
        assert told.endswith("to ?.")
        assert "days only" in (await visit.say("weather.forecast", "weather in Paris on Saturday")).text
        assert (await visit.say("weather.wind", "wind in Paris")).text == "Paris, today: the service doesn't say."
        assert "yes, light rain" in (await visit.say("weather.rain", "rain in Paris tomorrow")).text
        assert "neither rises" in (await visit.say("weather.sun", "sunrise in Paris on Friday")).text


@pytest.mark.parametrize(
    ("setting", "name", "lat"),
    [
        ("Zürich", "Zürich", 47.4),
        ("Paris, US", "Paris", 33.7),
        ("47.37, 8.54", "47.37, 8.54", 47.4),
        ("The hut: -46.6,8.1", "The hut", -46.6),
        ("München", "München", 48.1),
    ],
)
def test_the_operators_home(setting: str, name: str, lat: float) -> None:
    home = home_of(setting)
    assert home is not None
    assert (home.name, round(home.lat, 1)) == (name, lat)


@pytest.mark.parametrize("setting", ["", "  ", "Atlantopolis", "Paris, ZZ", "95.0, 8.0", "47.0, 200"])
def test_what_is_no_home(setting: str) -> None:
    assert home_of(setting) is None


class Hooks(SkillHooks):
    """Turns of the weather."""

    package = "skills.weather"


@pytest.mark.parametrize(
    ("locale", "degrees", "speed", "hour", "percent"),
    [
        ("en-US", "54°F", "12 mph", "4:32 PM", "60%"),
        ("en-GB", "12°C", "12 mph", "16:32", "60%"),
        ("de-AT", "12 °C", "20 km/h", "16:32", "60 %"),
        ("fr-CA", "12 °C", "20 km/h", "16 h 32", "60 %"),
        ("it", "12 °C", "20 km/h", "16:32", "60%"),
    ],
)
def test_units_are_those_of_the_place_people_come_from(
    locale: str, degrees: str, speed: str, hour: str, percent: str
) -> None:
    turn = Hooks().turn("weather.forecast", "", locale=locale)

    def plain(text: str) -> str:
        return text.replace("\xa0", " ").replace("\u202f", " ")

    assert plain(wording.degrees(turn, 12.2)) == degrees
    assert plain(wording.speed(turn, 20.0)) == speed
    assert plain(wording.hour(turn, datetime(2026, 11, 23, 16, 32))) == hour  # noqa: DTZ001 (a wall clock's)
    assert plain(wording.percent(turn, 60.4)) == percent


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 24), "tomorrow"),
        (date(2026, 11, 29), "Sunday"),
        (date(2026, 12, 3), "Thursday, December 3"),
        (date(2027, 1, 3), "Sunday, January 3, 2027"),
    ],
)
def test_days_in_words(at: date, words: str) -> None:
    turn = Hooks().turn("weather.forecast", "", slots={"place": SlotValue("x", None)})
    assert wording.day(turn, at, date(2026, 11, 23)) == words


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it"])
def test_every_code_and_wind_has_its_words(language: str) -> None:
    class InLanguage(Hooks):
        pass

    InLanguage.language = language
    turn = InLanguage().turn("weather.forecast", "")
    skies = {wording.sky(turn, code) for code in wording._CODES}
    assert len(skies) == len(wording._CODES)
    assert wording.sky(turn, 17) == wording.sky(turn, None) not in skies
    winds = [wording.wind_from(turn, direction) for direction in range(0, 360, 45)]
    assert len(set(winds)) == 8
    assert wording.wind_from(turn, 359.0) == winds[0]
