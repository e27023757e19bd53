"""Things are parted, found again and counted; bounds hold, and every change can be taken back."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import skills
from shared.effects import Keep
from shared.testing.fakes import FakeDocuments
from shared.turn import Reply, SlotValue, Understanding
from skills.lists import shelf as kept
from skills.lists.items import meant, split
from skills.lists.language import key, words_of
from skills.lists.names import called
from skills.lists.shelf import MOST_ITEMS, MOST_LISTS, MOST_STEPS, Entry
from skills.lists.wording import portion
from tests.skills.talk import Scripted, Talk

FOLDER = Path(skills.__path__[0]) / "lists"

SPLIT = [
    ("en", "milk, eggs and bread", ["milk", "eggs", "bread"]),
    ("en", "milk eggs, and the bread", ["milk eggs", "bread"]),
    ("en", "two and a half pounds of apples & some figs", ["two and a half pounds of apples", "figs"]),
    ("en", "mac and cheese and wine", ["mac and cheese", "wine"]),
    ("en", "1,5 litres of milk, please", ["1,5 litres of milk"]),
    ("en", "the Sandman, sandals", ["Sandman", "sandals"]),
    ("en", "“milk”\n\n  eggs", ["milk", "eggs"]),
    ("en", " , and ", []),
    ("en", "and", ["and"]),
    ("de", "Milch, Eier und das Brot", ["Milch", "Eier", "Brot"]),
    ("de", "Obst- und Gemüsesaft sowie Wein", ["Obst- und Gemüsesaft", "Wein"]),
    ("de", "Hundefutter und Rundstücke", ["Hundefutter", "Rundstücke"]),
    ("es", "pan e higos", ["pan", "higos"]),
    ("es", "treinta y dos huevos y leche", ["treinta y dos huevos", "leche"]),
    ("es", "dos kilos y medio de arroz y las peras", ["dos kilos y medio de arroz", "peras"]),
    ("fr", "du lait, de l’huile et des œufs", ["lait", "huile", "œufs"]),
    ("fr", "vingt et une pommes et de la crème", ["vingt et une pommes", "crème"]),
    ("it", "latte, uova ed erbe", ["latte", "uova", "erbe"]),
    ("it", "dell'olio e un chilo e mezzo di pane", ["olio", "un chilo e mezzo di pane"]),
]


@pytest.mark.parametrize(("language", "text", "wanted"), SPLIT)
def test_things_are_parted(language: str, text: str, wanted: Sequence[str]) -> None:
    assert split(text, words_of(language)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("call mum and dad", ["call mum and dad"]),
        ("call mum, pay the rent and feed the cat", ["call mum", "pay the rent", "feed the cat"]),
    ],
)
def test_what_is_to_be_done_is_parted_where_commas_are(text: str, wanted: Sequence[str]) -> None:
    assert split(text, words_of("en"), doing=True) == wanted


@pytest.mark.parametrize(
    ("language", "one", "other", "same"),
    [
        ("en", "Eggs", "an egg", True),
        ("en", "call the bank", "call bank", True),
        ("en", "milk", "oat milk", False),
        ("en", "two eggs", "eggs", False),
        ("de", "Äpfel", "der Apfel", True),
        ("de", "Aepfel", "Äpfel", True),
        ("es", "LIMÓN", "limones", True),
        ("fr", "des pâtes", "pates", True),
        ("fr", "œufs", "oeuf", True),
        ("it", "le mele", "mela", True),
        ("en", "🍕", "🍔", False),
    ],
)
def test_what_counts_as_the_same(language: str, one: str, other: str, same: bool) -> None:
    words = words_of(language)
    assert (key(one, words) == key(other, words)) is same


ITEMS = ["oat milk", "two bottles of water", "Soy Milk", "tomatoes", "crème fraîche", "call the bank"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("milk", [0, 2]),
        ("soy milk", [2]),
        ("the WATER", [1]),
        ("tomatos", [3]),
        ("tomato", [3]),
        ("creme fraiche", [4]),
        ("bank", [5]),
        ("silk", []),
        ("bread", []),
        ("", []),
    ],
)
def test_things_are_found_again(said: str, found: list[int]) -> None:
    assert meant(said, ITEMS, words_of("en")) == found


def test_compounds_are_found_by_their_last_word() -> None:
    assert meant("Milch", ["Hafermilch", "Milchreis", "Brot"], words_of("de")) == [0]


@pytest.mark.parametrize(
    ("language", "said", "name"),
    [
        ("en", "my packing list", "packing"),
        ("en", "list of books", "books"),
        ("en", "the list for the party", "party"),
        ("de", "meine Packliste", "Packliste"),
        ("de", "die Liste für die Party", "Party"),
        ("es", "la lista del viaje", "viaje"),
        ("fr", "ma liste d'envies", "envies"),
        ("it", "la lista dei regali", "regali"),
    ],
)
def test_names_of_lists(language: str, said: str, name: str) -> None:
    assert called(said, words_of(language)) == name


def test_a_portion_is_what_can_be_heard_at_once() -> None:
    assert portion(["milk"] * 30) == 8
    assert portion(["milk"] * 9) == 9
    assert portion(["x" * 200] * 30) == 3
    assert portion([]) == 0


# -- conversations -----------------------------------------------------------------------------------------------------


def talk() -> Talk:
    return Talk(FOLDER)


def add(talk: Talk, item: str, name: str = "shopping list") -> Reply:
    return talk.say("lists.add", f"add {item} to the {name}", slots={"item": item, "list": name})


def read(talk: Talk, name: str = "shopping list") -> str:
    return talk.say("lists.read", f"read the {name}", slots={"list": name}).text


def test_a_list_holds_two_hundred_things_and_loses_none() -> None:
    one = talk()
    for start in range(0, MOST_ITEMS, 40):
        add(one, ", ".join(f"thing {number}" for number in range(start, start + 40)))
    refused = add(one, "milk")
    assert "200" in refused.text
    assert not refused.effects
    assert "200 things" in read(one)
    assert not add(one, "thing 7").effects


def test_nothing_is_added_where_not_all_of_it_fits() -> None:
    one = talk()
    refused = add(one, ", ".join(f"thing {number}" for number in range(MOST_ITEMS + 1)))
    assert not refused.effects
    assert "empty" in read(one) or "nothing" in read(one)


def test_fifty_lists_and_no_more() -> None:
    one = talk()
    names = [chr(97 + n // 26) * 3 + chr(97 + n % 26) * 5 for n in range(MOST_LISTS)]
    for name in names:
        assert one.say("lists.create", f"create {name}", slots={"list": name}).effects
    for refused in (one.say("lists.create", "create one more", slots={"list": "zebra"}), add(one, "milk")):
        assert "50" in refused.text
        assert not refused.effects
    assert add(one, "milk", names[7]).effects


def test_an_item_of_two_hundred_characters_is_kept_whole() -> None:
    one = talk()
    (_shelf, items, _) = add(one, "x" * 200).effects
    assert isinstance(items, Keep)
    assert items.content == {"items": ["x" * 200]}
    assert not add(one, "y" * 201).effects


def test_ten_changes_are_taken_back_and_no_more() -> None:
    one = talk()
    for number in range(MOST_STEPS + 3):
        add(one, f"thing {number}")
    undone = [one.say("lists.undo", "undo") for _ in range(MOST_STEPS + 1)]
    assert all(reply.effects for reply in undone[:-1])
    assert not undone[-1].effects
    assert "thing 0, thing 1, and thing 2" in read(one)


def test_everything_back_and_forth_leaves_the_shelf_as_it_was() -> None:
    one = talk()
    add(one, "milk, eggs and bread")
    before = read(one)
    for intent, slots in (
        ("lists.remove", {"item": "eggs and bread"}),
        ("lists.clear", {"list": "shopping list"}),
        ("lists.delete", {"list": "shopping list"}),
    ):
        one.say(intent, "do it", slots=slots)
        done = one.say("assistant.yes", "yes") if intent != "lists.remove" else None
        assert done is None or done.effects
        assert one.say("lists.undo", "undo").effects
        assert _things(read(one)) == _things(before)


def _things(text: str) -> str:
    return text.partition(": ")[2]


def test_two_wishes_in_one_sentence_are_both_kept() -> None:
    one = talk()
    one.model = Twice()
    asyncio.run(_rewired(one))
    reply = one.say("lists.add", "add milk and add eggs")
    assert sum(isinstance(effect, Keep) for effect in reply.effects) == 6
    one.model.intent = None
    assert "milk and eggs" in one.say("lists.read", "read it", slots={"list": "shopping list"}).text


class Twice(Scripted):
    """A model that hears two wishes in "add milk and add eggs"."""

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        heard = await super().understand(text, locale, deadline, sure=sure)
        if self.intent != "lists.add":
            return heard
        first, second = (
            Understanding("lists.add", 0.9, slots={"item": SlotValue(item)}, text=f"add {item}")
            for item in ("milk", "eggs")
        )
        return Understanding("lists.add", 0.9, slots=first.slots, text=first.text, more=(second,))


async def _rewired(one: Talk) -> None:
    decider: Any = one.engine._decider
    decider._model = one.model
    decider._listener._model = one.model


async def test_documents_of_lists_stay_small() -> None:
    items = ["ü" * 200] * MOST_ITEMS
    effects = kept.deleted(kept.Shelf((Entry("1", "x" * 60, MOST_ITEMS),)), Entry("1", "x" * 60, MOST_ITEMS), items)
    assert all(len(str(effect.content).encode()) < 262_144 for effect in effects if isinstance(effect, Keep))
    assert await kept.items_of(FakeDocuments(), Entry("1")) == []
