"""Reminders as they are kept, repeated by the clock on the wall, worded and chosen."""

import tomllib
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.plugins import load_skill
from shared.locales import LANGUAGES
from shared.manifest import PLACEHOLDER
from skills import reminders
from skills.reminders.kept import (
    Every,
    Reminder,
    Reminders,
    Repeat,
    due,
    next_due,
    read,
    settled,
    stored,
)
from skills.reminders.words import fitting, task_in, task_of_command
from tests.skills.talk import Talk

FOLDER = Path(reminders.__path__[0])
BERLIN = ZoneInfo("Europe/Berlin")
NINE = time(9)


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def days(every: Every, first: str, count: int, hour: time = NINE) -> list[str]:
    """The next `count` times from the first day on, as the clock on the wall shows them."""
    repeat, now, found = Repeat(every, date.fromisoformat(first), hour), at(f"{first}T00:00"), []
    for _ in range(count):
        now = repeat.after(now, BERLIN)
        found.append(datetime.fromtimestamp(now, BERLIN).strftime("%m-%d %H:%M"))
    return found


def test_nine_o_clock_stays_nine_o_clock() -> None:
    assert days("day", "2027-03-27", 3) == ["03-27 09:00", "03-28 09:00", "03-29 09:00"]
    assert days("day", "2026-10-24", 3) == ["10-24 09:00", "10-25 09:00", "10-26 09:00"]
    repeat = Repeat("day", date(2027, 3, 27), NINE)
    first = repeat.after(at("2027-03-27T00:00"), BERLIN)
    assert repeat.after(first, BERLIN) - first == 23 * 3_600  # the night is an hour shorter


def test_an_hour_that_is_skipped_is_moved_on_for_that_day_only() -> None:
    assert days("day", "2027-03-27", 3, time(2, 30)) == ["03-27 02:30", "03-28 03:30", "03-29 02:30"]


@pytest.mark.parametrize(
    ("every", "first", "expected"),
    [
        ("weekdays", "2026-11-27", ["11-27", "11-30", "12-01"]),
        ("weekend", "2026-11-27", ["11-28", "11-29", "12-05"]),
        ("week", "2026-11-30", ["11-30", "12-07", "12-14"]),
        ("fortnight", "2026-11-30", ["11-30", "12-14", "12-28"]),
        ("month", "2027-01-31", ["01-31", "02-28", "03-31"]),
        ("year", "2028-02-29", ["02-29", "02-28", "02-28", "02-28", "02-29"]),
    ],
)
def test_what_repeats(every: Every, first: str, expected: list[str]) -> None:
    assert days(every, first, len(expected)) == [f"{day} 09:00" for day in expected]


@given(
    st.sampled_from(["day", "weekdays", "weekend", "week", "fortnight", "month", "year"]),
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    st.times().map(lambda one: one.replace(microsecond=0)),
    st.floats(1.5e9, 2.2e9),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC"]),
)
def test_the_next_time_lies_ahead_and_the_last_behind(
    every: Every, first: date, hour: time, now: float, zone: str
) -> None:
    repeat, place = Repeat(every, first, hour), ZoneInfo(zone)
    following, before = repeat.after(now, place), repeat.before(now, place)
    assert following > now
    assert before is None or before <= now < following


def test_due_and_settled() -> None:
    pills = Reminder(2, "pills", at("2026-11-30T09:00"), "Europe/Berlin", Repeat("day", date(2026, 11, 30), NINE))
    anna = Reminder(1, "call Anna", at("2026-11-30T08:00"), "Europe/Berlin")
    document = stored(Reminders().put(anna).put(pills))
    assert read(document).reminders == (anna, pills)
    assert next_due(document) == anna.at
    assert due(document, at("2026-11-30T07:59")) == ()
    assert due(document, at("2026-11-30T09:00")) == (anna, pills)
    told = settled(document, due(document, at("2026-12-02T10:00")), at("2026-12-02T10:00"))
    assert [(one.task, one.at) for one in read(told).reminders] == [("pills", at("2026-12-03T09:00"))]
    assert told["next"] == 3


@pytest.mark.parametrize("document", [None, {}, {"version": 9}, {"version": 1, "reminders": 3}])
def test_what_is_no_document_of_reminders_holds_none(document: dict[str, object] | None) -> None:
    assert read(document) == Reminders()


@pytest.mark.parametrize(
    ("said", "others", "language", "task"),
    [
        ("call Anna tomorrow at nine", ["tomorrow at nine"], "en", "call Anna"),
        ("call Anna tomorrow", ["tomorrow at nine"], "en", "call Anna"),
        ("at nine to call Anna", ["tomorrow at nine"], "en", "call Anna"),
        ("forget my umbrella", [], "en", "my umbrella"),
        ("something", [], "en", ""),
        ("Anna anzurufen", [], "de", "Anna anrufen"),
        ("daran, die Blumen zu gießen", [], "de", "die Blumen gießen"),
        ("an den Zahnarzt", [], "de", "den Zahnarzt"),
        ("que tengo que llamar a Ana", [], "es", "llamar a Ana"),
        ("d'appeler Anna", [], "fr", "appeler Anna"),
        ("di chiamare Anna domani", ["domani alle nove"], "it", "chiamare Anna"),
    ],
)
def test_tasks(said: str, others: list[str], language: str, task: str) -> None:
    assert task_in(said, language, *others) == task


@pytest.mark.parametrize(
    ("command", "other", "language", "task"),
    [
        ("every morning at 8 remind me to take my pills", "every morning at 8", "en", "take my pills"),
        ("remind me tomorrow that the plumber comes", "tomorrow", "en", "the plumber comes"),
        ("remind me tomorrow", "tomorrow", "en", ""),
        ("kannst du mich morgen an den Klempner erinnern", "morgen", "de", "den Klempner"),
        ("recuérdame mañana que tengo que llamar", "mañana", "es", "llamar"),
        ("rappelle-moi demain de payer le loyer", "demain", "fr", "payer le loyer"),
        ("ricordami domani di pagare", "domani", "it", "pagare"),
    ],
)
def test_tasks_of_whole_commands(command: str, other: str, language: str, task: str) -> None:
    assert task_of_command(command, language, other) == task


def test_which_task_is_meant() -> None:
    tasks = ["call Anna", "pay the rent", "annaffiare le piante", "call Anna back", "die Blumen gießen"]
    assert fitting("call Anna", tasks) == [0]
    assert fitting("the rent", tasks) == [1]
    assert fitting("rents", tasks) == [1]
    assert fitting("Anna", tasks) == [0, 3]
    assert fitting("Blumen", tasks) == [4]
    assert fitting("the dentist", tasks) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words(language: str) -> None:
    english, other = (tomllib.loads((FOLDER / f"locales/{one}.toml").read_text("utf-8")) for one in ("en", language))
    assert set(other["answers"]) == set(english["answers"])
    assert all(set(other["types"][name]) == set(english["types"][name]) for name in english["types"])
    for key, wordings in english["answers"].items():
        assert {*PLACEHOLDER.findall(wordings[0])} >= {*PLACEHOLDER.findall(other["answers"][key][0])}, key


@pytest.mark.parametrize(
    ("locale", "say", "expected"),
    [
        ("en-US", "remind me daisy at 9 pm", "9 PM"),  # a daisy is not daily
        ("de-DE", "erinnere mich am ersten jeden monats um 9 an die miete", "jeden Monat am 1. um 9 Uhr"),
        ("de-DE", "erinnere mich jeden 15. an die miete", "jeden Monat am 15. um 9 Uhr"),
        ("es-ES", "recuérdame los martes a las 9 la clase", "cada martes a las 9:00"),
        ("fr-FR", "rappelle-moi tous les soirs à 20 heures les cachets", "chaque jour à 20 h"),
        ("it-IT", "ricordami tutte le sere alle nove le pastiglie", "ogni giorno alle 21"),
        ("en-US", "remind me every december 24th at 10 am", "every year on December 24 at 10 AM"),
    ],
)
def test_how_often(locale: str, say: str, expected: str) -> None:
    reply = Talk(FOLDER, locale=locale, timezone="Europe/Berlin").say("reminders.set", say, slots={"task": "x"})
    assert expected in reply.text


def test_bounds() -> None:
    talk = Talk(FOLDER)
    long = talk.say("reminders.set", "remind me tomorrow", slots={"task": "word " * 100})
    assert long.text == "That is too long for a reminder; 300 characters are the most."
    for number in range(100):
        talk.say("reminders.set", f"remind me tomorrow at 9 am {number}", slots={"task": f"thing {number} of many"})
    full = talk.say("reminders.set", "remind me tomorrow", slots={"task": "one more"})
    assert full.text.startswith("You have 100 reminders")
    assert len(talk.say("reminders.list", "my reminders").text) < 600


def test_the_manifest_asks_for_what_it_needs() -> None:
    manifest = load_skill(FOLDER).manifest
    assert manifest.permissions == ("documents",)
    assert all(spec.effects == ("keep",) for spec in manifest.intents.values())
