"""STOP, START and HELP as the carriers' documents list them: the whole message, however it is written, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms.carrier import ALL_KEYWORDS
from channels.sms.keywords import MEANINGS, ORDINARY, keyword_of
from channels.sms.toll_free import keyword_to
from shared.turn import Keyword

NOBODY: frozenset[str] = frozenset()

# https://help.twilio.com/articles/223134027 and https://www.twilio.com/en-us/blog/update-to-fcc-s-sms-opt-out-keywords
TWILIO = {
    "stop": {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"},
    "start": {"START", "YES", "UNSTOP"},
    "help": {"HELP", "INFO"},
}


def meaning(text: str) -> str | None:
    found = keyword_of(text, ALL_KEYWORDS, "")
    return found.meaning if found else None


def test_the_words_are_those_of_the_documents() -> None:
    ours = {kind: {word.upper() for word, found in MEANINGS.items() if found == kind} for kind in TWILIO}
    assert ours == TWILIO
    assert {"yes", "end", "cancel"} == ORDINARY


@pytest.mark.parametrize("word", sorted(set().union(*TWILIO.values())))
def test_case_space_and_punctuation_hide_none(word: str) -> None:
    wanted = MEANINGS[word.lower()]
    for text in (
        word,
        word.lower(),
        word.title(),
        f"  {word}\n",
        f"{word}.",
        f"“{word}!”",
        f"({word})",
        f"_{word}_",
        f"{word}…",
    ):
        assert meaning(text) == wanted, text


@pytest.mark.parametrize(
    "text",
    [
        "ST\u200bOP",
        "\u200eSTOP\u200f",
        "\ufeffstop",
        "S\u00adT\u00adO\u00adP",
        "stop\u2060",
        "\u202astop\u202c",
        "s\u200dt\u200co\u200bp",
        "ＳＴＯＰ",
        "STOP\ufe0f",
        "stop\u00a0",
        "s\0top",
        "st\ud800op",
        "stop" + " " * 300,
    ],
)
def test_invisible_characters_hide_none(text: str) -> None:
    assert meaning(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "STOP PLEASE",
        "please stop",
        "stop it",
        "stop stop",
        "don't stop",
        "st op",
        "s.t.o.p",
        "stopp",
        "OPT OUT",
        "opt-out",
        "arrêt",
        "yes please",
        "helpme",
        "",
        " ",
        "...",
        "👍",
        "stóp",
        "stop" + "." * 300,
    ],
)
def test_other_messages_are_none(text: str) -> None:
    assert meaning(text) is None


@settings(max_examples=500, deadline=None)
@given(
    word=st.sampled_from(sorted(MEANINGS)),
    other=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5),
    front=st.booleans(),
)
def test_a_word_with_another_one_is_none(word: str, other: str, front: bool) -> None:
    assert meaning(f"{other} {word}" if front else f"{word} {other}") is None


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_keyword_or_none(text: str) -> None:
    found = keyword_of(text, ALL_KEYWORDS, "")
    assert found is None or found.meaning in TWILIO


def test_words_that_people_answer_with_are_marked() -> None:
    assert {word for word in MEANINGS if (found := keyword_of(word, ALL_KEYWORDS, "")) and found.ordinary} == ORDINARY


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("STOP", True),
        (" stop \r\n", True),
        ("Stop.", False),
        ("“stop”", False),
        ("ST\u200bOP", False),
        ("ST\0OP", False),
        ("ST\ud800OP", False),
        ("ＳＴＯＰ", False),
        ("ſtop", False),
        ("revo\u212ae", False),
        ("stop\u00a0", False),
        ("stop\ufe0f", False),
    ],
)
def test_the_carrier_answers_bare_words(text: str, answered: bool) -> None:
    """With anything else in it no carrier documents a reply, so NEXUS does: twice is impossible after a STOP."""
    found = keyword_of(text, ALL_KEYWORDS, "")
    assert found is not None
    assert found.carrier_answers is answered


def test_where_the_carrier_is_silent_nexus_answers() -> None:
    assert keyword_of("HELP", frozenset(), "Call us.") == Keyword("help", reply="Call us.")
    assert keyword_of("STOP", frozenset(), "Call us.") == Keyword("stop")
    assert keyword_of("HELP", frozenset({"stop"}), "") == Keyword("help")


@pytest.mark.parametrize("text", ["ST\0OP", "stop\u00a0", "ＳＴＯＰ", "ST\u200bOP", "ST\ud800OP"])
@pytest.mark.parametrize("recipient", ["+18005550100", "+14155550100"])
def test_the_network_is_not_known_to_understand_hidden_characters(recipient: str, text: str) -> None:
    found = keyword_to(recipient, text, ALL_KEYWORDS, "")
    assert found == Keyword("stop")
