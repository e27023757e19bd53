"""Long texts in several messages: nothing is lost, every message fits, numbers are right, and cuts are where people pause."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms.graphemes import is_boundary
from channels.sms.segments import segments, utf16_units
from channels.sms.split import MORE, Room, shortened, split

TWILIO = Room(1_600, 10)
MANY = 99
NUMBER = re.compile(r"\((\d+)/(\d+)\) ")

WORDS = st.sampled_from(
    [
        "a",
        "word",
        "sentence.",
        "Really?",
        "Yes!",
        "\n",
        "\n\n",
        "naïve",
        "€20",
        "[x]",
        "東京。",
        "слово",
        "👩‍👩‍👧‍👦",
        "🇯🇵🇫🇷",
        "e\u0301\u0323",
        "👍🏽",
        "x" * 90,
        "https://links.example/" + "y" * 60,
    ]
)
TEXTS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=50).map(" ".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300),
    st.lists(WORDS, min_size=1, max_size=30).map("".join),
)
ROOMS = st.builds(Room, st.integers(100, 500), st.integers(1, 4))


def solid(text: str) -> str:
    return "".join(text.split())


def bare(parts: tuple[str, ...]) -> list[str]:
    """The parts without their numbers, which must be right."""
    if len(parts) <= 1:
        return list(parts)
    found = [NUMBER.match(part) for part in parts]
    assert [(int(one[1]), int(one[2])) for one in found if one] == [(n, len(parts)) for n in range(1, len(parts) + 1)]
    return [part[one.end() :] for part, one in zip(parts, found, strict=True) if one]


@settings(max_examples=1_000, deadline=None)
@given(text=TEXTS | st.text("a€🗼", max_size=200), room=ROOMS)
def test_a_room_holds_what_fits_by_both_counts(text: str, room: Room) -> None:
    assert room.holds(text) == (utf16_units(text) <= room.characters and segments(text).count <= room.segments)


@settings(max_examples=2_000, deadline=None)
@given(text=TEXTS, room=ROOMS)
def test_no_character_is_lost_or_torn_and_every_message_fits(text: str, room: Room) -> None:
    parts = split(text, room, MANY)
    assert solid("".join(bare(parts))) == solid(text)
    for part in parts:
        assert segments(part).count <= room.segments
        assert utf16_units(part) <= room.characters
        assert part.strip() == part
    assert_whole(text, bare(parts))


@settings(max_examples=1_000, deadline=None)
@given(text=TEXTS, room=ROOMS, most=st.integers(1, 4))
def test_what_is_beyond_the_budget_ends_in_dots(text: str, room: Room, most: int) -> None:
    whole, parts = split(text, room, MANY), split(text, room, most)
    assert len(parts) <= most
    assert all(room.holds(part) for part in parts)
    if len(whole) > most:
        assert parts[-1].endswith(MORE)
        said = solid("".join(bare(parts)).removesuffix(MORE))
        assert solid(text).startswith(said)
    elif len(whole) <= 9:
        assert parts == whole


def assert_whole(text: str, parts: list[str]) -> None:
    """No cut is within what people see as one character, unless that fills a message alone."""
    at = 0
    for part in parts[:-1]:
        at = text.index(part, at) + len(part)
        assert is_boundary(text, at) or _is_one_character(part), f"{text[at - 3 : at]!r} | {text[at : at + 3]!r}"


def _is_one_character(part: str) -> bool:
    """Whether there is no place to cut within a part."""
    return not any(is_boundary(part, at) for at in range(1, len(part)))


@settings(max_examples=300, deadline=None)
@given(
    text=TEXTS.filter(str.strip),
    room=st.builds(Room, st.integers(200, 700), st.integers(2, 5)),
    message=st.text("abc123", min_size=1, max_size=20),
)
def test_a_shortened_text_is_one_message_with_its_tail(text: str, room: Room, message: str) -> None:
    tail = f"{MORE}\nhttps://app.example/answers/{message}"
    found = shortened(text, room, tail)
    assert found.endswith(tail)
    assert room.holds(found)
    assert solid(text).startswith(solid(found.removesuffix(tail)))


def test_sentences_stay_whole() -> None:
    text = " ".join(f"This is sentence number {n} of a long answer." for n in range(80))
    parts = split(text, TWILIO, 10)
    assert len(parts) == 3
    assert all(part.endswith(".") for part in parts)
    assert [part[:6] for part in parts] == ["(1/3) ", "(2/3) ", "(3/3) "]


def test_a_sentence_that_just_fits_is_not_moved() -> None:
    first = "a" * 145 + "."
    assert split(f"{first} Second sentence, which is beyond one message.", Room(1_600, 1), 10)[0] == f"(1/2) {first}"


def test_a_link_is_not_torn_apart_where_it_fits_a_message() -> None:
    link = "https://links.example/" + "x" * 100
    parts = split("Some words before it " * 4 + link + " and some more words behind it" * 3, Room(1_600, 1), 10)
    assert any(link in part for part in parts)


def test_paragraphs_come_before_sentences() -> None:
    text = "One. Two. Three. " * 5 + "\n\n" + "Four. Five. " * 12
    assert bare(split(text, Room(1_600, 1), 10))[0] == ("One. Two. Three. " * 5).strip()


def test_more_than_nine_are_numbered_with_two_digits_alike() -> None:
    parts = split("word " * 400, Room(1_600, 1), 20)
    assert parts[0].startswith("(1/14) ")
    assert parts[-1].startswith("(14/14) ")


def test_nothing_gives_nothing() -> None:
    assert split("", TWILIO, 10) == split(" \n ", TWILIO, 10) == ()


def test_what_fits_has_no_number() -> None:
    assert split(" a short answer ", TWILIO, 10) == ("a short answer",)


@pytest.mark.parametrize("text", ["x" * 240_000, "long words. " * 20_000, "😀" * 20_000, "\u0301" * 8_000])
def test_huge_texts_are_cut_soon(text: str) -> None:
    parts = split(text, TWILIO, 10)
    assert len(parts) == 10
    assert all(TWILIO.holds(part) for part in parts)


def test_graphemes_are_those_of_unicode() -> None:
    """Against the `regex` package, which has the rules of UAX #29 whole: no cut of ours is one that they forbid."""
    regex = pytest.importorskip("regex")
    samples = [
        "e\u0301x",
        "🇯🇵🇫🇷🇩",
        "👩‍👩‍👧‍👦!",
        "👍🏽👍",
        "각\u1100\u1161\u11a8",
        "한글",
        "नि",
        "ก็",
        "a\r\nb",
        "\U0001f3f4\U000e0067\U000e0062\U000e007f.",
        "x\ufe0f",
        "\u0600a",
    ]
    for text in samples:
        places = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
        ours = {at for at in range(len(text) + 1) if is_boundary(text, at)}
        assert ours - places <= ({1} if text[0] == "\u0600" else set()), text
