"""What texts cost: GSM-7 and UCS-2, alone and in parts, nothing torn apart between two of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms.segments import BASIC, EXTENSION, Segments, reach, segments, utf16_units

CHARACTERS = st.one_of(
    st.sampled_from(BASIC),
    st.sampled_from(EXTENSION),
    st.sampled_from("“”…—`őЖ東👍😀\U0001f1ef"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.one_of(st.text(CHARACTERS, max_size=250), st.text(st.sampled_from(BASIC + EXTENSION), max_size=500))


def test_the_alphabet_is_that_of_the_standard() -> None:
    """3GPP TS 23.038, 6.2.1: 128 places, one of them the escape; ten characters of the extension that can be written."""
    assert len(BASIC) == len(set(BASIC)) == 127
    assert len(EXTENSION) == len(set(EXTENSION)) == 10
    assert not set(BASIC) & set(EXTENSION)
    assert not set("`çêőАαß") & set(BASIC) - {"ß"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        ("€" * 81, Segments("GSM-7", 162, 2)),
        ("€" * 153, Segments("GSM-7", 306, 3)),  # 76 in a part: the 77th would be torn apart
        ("a" + "€" * 152, Segments("GSM-7", 305, 2)),  # 1 + 76 × 2 = 153
        ("a" * 152 + "€" + "a" * 10, Segments("GSM-7", 164, 2)),
        ("a" * 152 + "€" + "a" * 152, Segments("GSM-7", 306, 3)),
        ("ж" * 70, Segments("UCS-2", 70, 1)),
        ("ж" * 71, Segments("UCS-2", 71, 2)),
        ("ж" * 134, Segments("UCS-2", 134, 2)),
        ("ж" * 135, Segments("UCS-2", 135, 3)),
        ("a" * 69 + "ж", Segments("UCS-2", 70, 1)),
        ("a" * 70 + "ж", Segments("UCS-2", 71, 2)),
        ("😀" * 35, Segments("UCS-2", 70, 1)),
        ("😀" * 36, Segments("UCS-2", 72, 2)),
        ("😀" * 67, Segments("UCS-2", 134, 3)),  # 33 in a part: the 34th would be torn apart
        ("a" * 66 + "😀" + "a" * 66, Segments("UCS-2", 134, 3)),
        ("€ж", Segments("UCS-2", 2, 1)),
        ("“quoted”", Segments("UCS-2", 8, 1)),
    ],
)
def test_known_texts(text: str, expected: Segments) -> None:
    assert segments(text) == expected


def _by_hand(text: str) -> int:
    """The segments of `text`, counted one character after the other."""
    plain = all(character in BASIC + EXTENSION for character in text)
    costs = [(2 if c in EXTENSION else 1) if plain else len(c.encode("utf-16-be")) // 2 for c in text]
    alone, part = (160, 153) if plain else (70, 67)
    if sum(costs) <= alone:
        return 1
    count, used = 1, 0
    for cost in costs:
        if used + cost > part:
            count, used = count + 1, 0
        used += cost
    return count


@settings(max_examples=2_000, deadline=None)
@given(TEXTS)
def test_any_text_costs_what_it_costs_counted_by_hand(text: str) -> None:
    assert segments(text).count == _by_hand(text)


@settings(max_examples=2_000, deadline=None)
@given(
    text=TEXTS.filter(bool),
    at=st.integers(0, 50),
    label=st.sampled_from(["", "(1/3) ", "[1]", " …"]),
    most=st.integers(1, 4),
    characters=st.integers(30, 400),
)
def test_a_message_reaches_as_far_as_it_can_and_no_further(
    text: str, at: int, label: str, most: int, characters: int
) -> None:
    at = min(at, len(text) - 1)
    end = reach(text, at, label, characters, most)
    assert at < end <= len(text)

    def fits(to: int) -> bool:
        message = label + text[at:to]
        return _by_hand(message) <= most and utf16_units(message) <= characters

    assert fits(end)
    if end < len(text):
        assert not fits(end + 1) or _by_hand(label + text[at : end + 1]) == 1  # what fits one part alone has more room
