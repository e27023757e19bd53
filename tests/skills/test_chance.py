"""Luck is fair, the same for the same message, and what is asked for is understood."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from core.reach import NoWeb
from shared.skill import TurnContext
from shared.testing.fakes import FakeCalls, FakeClock, FakeDocuments, FakeMemories
from shared.turn import Kind, Request, Session, SlotValue, Understanding
from skills.chance import asked
from skills.chance.luck import Luck
from tests.skills.talk import NOW

REQUEST = Request(
    app="a", channel="c", message_id="m", conversation="k", user="u", kind=Kind.UTTERANCE, received_at=NOW, deadline=NOW + 8
)  # fmt: skip
MESSAGES = 30_000
CHANCE = {1: 23.9, 2: 27.6, 5: 35.9, 6: 38.3, 12: 49.9, 19: 62.2, 23: 68.8, 51: 110.0}
"""Chi-squared by degrees of freedom that a fair throw exceeds once in a million."""


def luck(number: int, time: int = 0) -> Luck:
    return Luck(replace(REQUEST, message_id=f"message-{number}"), time)


def chi_squared(seen: Counter[Any], kinds: int) -> float:
    expected = seen.total() / kinds
    missing = (kinds - len(seen)) * expected
    return missing + sum((count - expected) ** 2 / expected for count in seen.values())


THROWS: dict[str, tuple[int, Callable[[Luck], object]]] = {
    "coin": (2, lambda luck: luck.below(2)),
    "one of three": (3, lambda luck: luck.one("abc")),
    "die": (6, lambda luck: luck.between(1, 6)),
    "d7, of which three bits hold one too many": (7, lambda luck: luck.between(1, 7)),
    "d20": (20, lambda luck: luck.between(1, 20)),
    "d13": (13, lambda luck: luck.between(1, 13)),
    "first of a deck": (52, lambda luck: luck.some(range(52), 1)[0]),
    "order of four": (24, lambda luck: tuple(luck.some("abcd", 4))),
}


@pytest.mark.parametrize("throw", THROWS)
def test_luck_is_fair_over_messages(throw: str) -> None:
    kinds, cast = THROWS[throw]
    seen = Counter(cast(luck(number)) for number in range(MESSAGES))
    assert chi_squared(seen, kinds) < CHANCE[kinds - 1]


def test_luck_is_fair_within_a_message() -> None:
    one = luck(1)
    assert chi_squared(Counter(one.between(1, 6) for _ in range(MESSAGES)), 6) < CHANCE[5]


def test_one_throw_says_nothing_of_the_next() -> None:
    pairs = Counter((one.below(3), one.below(2)) for one in map(luck, range(MESSAGES)))
    assert chi_squared(Counter(pairs), 6) < CHANCE[5]


def test_luck_is_fair_over_throws_of_one_message() -> None:
    seen = Counter(luck(1, time).between(1, 6) for time in range(MESSAGES))
    assert chi_squared(seen, 6) < CHANCE[5]


def test_a_loaded_die_is_found() -> None:
    loaded = Counter(luck(number).below(16) % 6 + 1 for number in range(MESSAGES))  # what a remainder does
    assert chi_squared(loaded, 6) > CHANCE[5]


def test_the_same_message_has_the_same_luck() -> None:
    assert [luck(7).below(10**9) for _ in range(3)] == [luck(7).below(10**9)] * 3


@pytest.mark.parametrize("name", ["app", "channel", "conversation", "message_id"])
def test_another_message_has_other_luck(name: str) -> None:
    other = replace(REQUEST, **{name: "other"})
    assert [Luck(other).below(10**9)] != [Luck(REQUEST).below(10**9)]


def test_names_cannot_be_shifted_into_one_another() -> None:
    one = Luck(replace(REQUEST, conversation="ab", message_id="c")).below(10**9)
    assert one != Luck(replace(REQUEST, conversation="a", message_id="bc")).below(10**9)


def test_bounds_are_reached_and_never_passed() -> None:
    assert {luck(number).between(-2, 2) for number in range(500)} == {-2, -1, 0, 1, 2}
    assert luck(1).between(5, 5) == 5
    assert luck(1).below(1) == 0
    assert 0 <= luck(1).between(0, 10**15) <= 10**15


def test_what_is_drawn_comes_once() -> None:
    assert sorted(luck(1).some(range(52), 52)) == list(range(52))
    assert {tuple(luck(number).some("abc", 3)) for number in range(500)} == set(permutations("abc"))


# -- what is asked for -------------------------------------------------------------------------------------------------

OPTIONS = [
    ("en", "pizza, pasta or salad", ["pizza", "pasta", "salad"]),
    ("en", "between red and blue", ["red", "blue"]),
    ("en", "rice and beans or fish and chips", ["rice and beans", "fish and chips"]),
    ("en", "either go out or stay in?", ["go out", "stay in"]),
    ("en", "tea, Tea or coffee", ["tea", "coffee"]),
    ("en", "orange", ["orange"]),
    ("en", "Anna, Ben, or Chris", ["Anna", "Ben", "Chris"]),
    ("de", "entweder Rot oder Blau", ["Rot", "Blau"]),
    ("de", "Anna, Ben und Christoph", ["Anna", "Ben", "Christoph"]),
    ("es", "siete u ocho", ["siete", "ocho"]),
    ("es", "entre té y café", ["té", "café"]),
    ("fr", "thé ou café", ["thé", "café"]),
    ("fr", "entre la mer et la montagne", ["la mer", "la montagne"]),
    ("it", "tra mare e montagna", ["mare", "montagna"]),
    ("it", "odio o amore", ["odio", "amore"]),
    ("en", "", []),
    ("en", " , , ", []),
]


@pytest.mark.parametrize(("language", "text", "wanted"), OPTIONS)
def test_options(language: str, text: str, wanted: Sequence[str]) -> None:
    assert asked.options(text, language) == wanted


def turn(text: str, **slots: object) -> TurnContext:
    found = {name: SlotValue(str(value), value) for name, value in slots.items()}
    return TurnContext(
        request=replace(REQUEST, text=text),
        understanding=Understanding("chance.dice", 0.9, slots=found),
        session=Session(),
        state={},
        memories=FakeMemories(),
        documents=FakeDocuments(),
        clock=FakeClock(NOW),
        timezone="UTC",
        web=NoWeb("no web here"),
        called=FakeCalls(),
    )


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (turn("roll"), (1, 6)),
        (turn("roll two dice", count=2), (2, 6)),
        (turn("a d20", die="d20"), (1, 20)),
        (turn("roll 3D8"), (3, 8)),
        (turn("2 w 10"), (1, 6)),
        (turn("three 12-sided dice", count=3), (3, 12)),
        (turn("a 7-sided die", count=7), (1, 7)),
        (turn("un dado de 30 caras"), (1, 30)),
        (turn("a third6 d", count=True), (1, 6)),
    ],
)
def test_dice(said: TurnContext, wanted: tuple[int, int]) -> None:
    assert asked.dice(said) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (turn("a number"), (1, 100)),
        (turn("3 to 8", low=3, high=8), (3, 8)),
        (turn("8 to 3", low=8, high=3), (3, 8)),
        (turn("up to 10", low=10), (1, 10)),
        (turn("up to 10", low=10, high=10), (1, 10)),
        (turn("between 10 and 10", low=10, high=10), (10, 10)),
        (turn("from 1", low=1), None),
        (turn("from -5", low=-5), None),
        (turn("between 0.5 and 2.5", low=0.5, high=2.5), (1, 2)),
    ],
)
def test_bounds(said: TurnContext, wanted: tuple[int, int] | None) -> None:
    assert asked.bounds(said) == wanted
