"""The slots of what was said: of the model's cut and of what a type finds in the sentence, the one that knows more."""

import pytest

from core.dialogue.around import Around
from core.skillbook import SkillBook
from core.understanding import values
from infra.plugins import load_skill
from shared.turn import Kind, Request, SlotValue, Understanding
from tests.core.dialogue.toys import NOW, ROOT

CLOCK = SkillBook([load_skill(ROOT / "skills" / "clock")])


def slots(intent: str, text: str, **cut: str) -> dict[str, SlotValue]:
    """All slots of `text`, from which the model cut `cut`."""
    request = Request(
        app="a", channel="c", message_id="m", conversation="k", user="u", kind=Kind.UTTERANCE, received_at=NOW,
        deadline=NOW + 8, text=text,
    )  # fmt: skip
    around = Around(CLOCK, values, request, NOW)
    return around.slots(Understanding(intent, 0.9, slots={name: SlotValue(said) for name, said in cut.items()}))


@pytest.mark.parametrize("cut", [{}, {"place": "sydney"}, {"other": "sydney"}, {"place": "paris", "other": "sydney"}])
def test_two_places_are_two_whatever_the_model_cut(cut: dict[str, str]) -> None:
    found = slots("clock.difference", "time difference between paris and sydney", **cut)
    assert {name: slot.value["label"] for name, slot in found.items()} == {"place": "Paris", "other": "Sydney"}


def test_the_model_says_which_is_which() -> None:
    found = slots("clock.difference", "how far ahead of paris is sydney", place="sydney", other="paris")
    assert {name: slot.value["label"] for name, slot in found.items()} == {"place": "Sydney", "other": "Paris"}


def test_a_type_sees_the_words_around_a_cut() -> None:
    ahead = slots("clock.until", "how many days until easter", moment="easter")
    behind = slots("clock.until", "how many days since easter", moment="easter")
    assert ahead["moment"].value["at"] > behind["moment"].value["at"]


def test_a_cut_without_a_value_gives_way_to_one_with_it() -> None:
    found = slots("clock.time", "what time is it in tokyo right now", place="tokyo right")
    assert found["place"].value["timezone"] == "Asia/Tokyo"


def test_a_cut_without_a_value_is_kept_where_there_is_nothing_better() -> None:
    found = slots("clock.time", "what time is it in narnia", place="narnia")
    assert found["place"] == SlotValue("narnia")
