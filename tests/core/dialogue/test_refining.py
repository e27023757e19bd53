"""Corrections of a moment: what is not said again stays; and of what was done, which is replaced and not done twice."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import skills
from core.dialogue.refining import refined
from shared.turn import SlotValue
from tests.skills.talk import Talk

ZONE = ZoneInfo("Europe/Berlin")
ROOT = Path(skills.__path__[0])


def moment(at: str, said: str, **more: bool) -> SlotValue:
    return SlotValue(at, {"at": at, "said": said, **more})


@pytest.mark.parametrize(
    ("known", "said", "expected"),
    [
        (
            moment("2026-11-24T09:00:00+01:00", "datetime"),
            moment("2026-11-23T22:00:00+01:00", "time", open=True),
            "2026-11-24T10:00:00+01:00",
        ),
        (
            moment("2026-11-24T09:00:00+01:00", "datetime"),
            moment("2026-11-27T00:00:00+01:00", "date"),
            "2026-11-27T09:00:00+01:00",
        ),
        (
            moment("2027-03-28T00:00:00+01:00", "date"),
            moment("2026-11-24T08:00:00+01:00", "time"),
            "2027-03-28T08:00:00+02:00",
        ),
        (
            moment("2026-11-24T09:00:00+01:00", "datetime"),
            moment("2026-11-25T07:00:00+01:00", "datetime"),
            "2026-11-25T07:00:00+01:00",
        ),
        (SlotValue("tomorrow"), moment("2026-11-25T07:00:00+01:00", "time"), "2026-11-25T07:00:00+01:00"),
    ],
)
def test_what_is_not_said_again_stays(known: SlotValue, said: SlotValue, expected: str) -> None:
    assert refined({"moment": known}, {"moment": said}, ZONE)["moment"].value["at"] == expected


def test_other_values_are_taken_as_they_are() -> None:
    said = {"count": SlotValue("5", 5)}
    assert refined({"count": SlotValue("4", 4)}, said, ZONE) == said


@pytest.mark.parametrize(("intent", "text"), [("assistant.correct", "no, 50 minutes"), (None, "50 minutes")])
def test_a_correction_of_what_was_done_replaces_it(intent: str | None, text: str) -> None:
    talk = Talk(ROOT / "timers")
    talk.say("timers.set", "set a timer for 15 minutes")
    assert "50 minutes" in talk.say(intent, text).text
    assert talk.say("timers.left", "what timers do I have").text.count("timer") == 1


def test_a_follow_up_comes_on_top() -> None:
    talk = Talk(ROOT / "timers")
    talk.say("timers.set", "set a timer for 15 minutes")
    talk.say("assistant.follow_up", "and one for 50 minutes")
    assert talk.say("timers.left", "what timers do I have").text.startswith("You have 2 timers.")


def test_a_command_about_something_else_is_no_answer() -> None:
    talk = Talk(ROOT / "reminders")
    assert talk.say("reminders.set", "remind me to buy milk", slots={"task": "buy milk"}).elicit is not None
    talk.model.score = 0.99
    said = talk.say("reminders.set", "remind me tomorrow at 9 am to call Anna", slots={"task": "call Anna"})
    assert said.text.startswith("Noted for tomorrow at 9 AM: call Anna.")
    assert "milk" not in talk.say("reminders.list", "my reminders").text


def test_every_and_the_moment_share_their_words() -> None:
    said = Talk(ROOT / "reminders").say("reminders.set", "remind me every monday at nine", slots={"task": "x"})
    assert said.text.startswith("Noted, every Monday at 9 AM: x.")


def test_a_tagged_moment_is_read_in_its_sentence() -> None:
    talk = Talk(ROOT / "reminders", locale="de-DE", timezone="Europe/Berlin")
    slots = {"task": "die Tabletten", "moment": "morgen um acht", "repeat": "jeden morgen"}
    said = talk.say("reminders.set", "jeden morgen um acht an die tabletten erinnern", slots=slots)
    assert said.text.startswith("Notiert, jeden Tag um 8 Uhr: die Tabletten.")
