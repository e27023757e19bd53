"""Text: tokens to words, stop strings, sentences, chat templates. However it is cut, it comes out the same."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.generation.chat import ChatTemplate, read_template
from core.generation.sentences import MOST_CHARACTERS, Sentences, by_sentence
from core.generation.stops import Stops
from core.generation.tokens import MOST_HELD, Detokenizer, Tokens
from shared.errors import Malformed, ModelInvalid
from shared.generating import ChatMessage, Piece
from tests.core.generation.tiny import SPECIAL, WORDS

# Without the sign for half a character, which is left out at the end of a text.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\N{REPLACEMENT CHARACTER}"), max_size=40
)


def cut(text: str, places: list[int]) -> list[str]:
    """`text` in parts."""
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in pairwise(edges)]


@given(text=TEXTS)
def test_a_text_comes_back_in_whole_characters(tokens: Tokens, text: str) -> None:
    words = Detokenizer(tokens)
    pieces = [words.add(token) for token in tokens.ids(text)]
    assert "".join([*pieces, words.rest()]) == text
    assert all("\ufffd" not in piece for piece in pieces) or "\ufffd" in text


@given(ids=st.lists(st.integers(0, len(WORDS) - 1), max_size=40))
def test_any_tokens_make_text_that_is_not_held_back_for_long(tokens: Tokens, ids: list[int]) -> None:
    words, said = Detokenizer(tokens), ""
    for count, token in enumerate(ids):
        said += words.add(token)
        assert len(tokens.text(ids[: count + 1])) - len(said) <= MOST_HELD
    said += words.rest()
    said.encode()


@given(
    text=st.text("abc", max_size=40),
    stops=st.lists(st.text("abc", max_size=3), max_size=3),
    places=st.lists(st.integers(0, 99)),
)
def test_stop_strings_are_found_wherever_the_text_is_cut(text: str, stops: list[str], places: list[int]) -> None:
    watch, said = Stops(stops), ""
    for part in cut(text, places):
        said += watch.add(part)
        if watch.hit:
            break
    ends = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop and stop in text]
    assert watch.hit is bool(ends)
    assert said + watch.rest() == (text[: min(ends)[1]] if ends else text)


def test_nothing_is_held_back_that_cannot_become_a_stop() -> None:
    watch = Stops(["###", "User:"])
    assert [watch.add(part) for part in ("Hi", " #", " U", "ser", " said")] == ["Hi", " ", "# ", "", "User said"]


@given(text=st.text("ab .!?,\n3é。", max_size=80), places=st.lists(st.integers(0, 99)))
def test_sentences_lose_nothing(text: str, places: list[int]) -> None:
    sentences = Sentences()
    found = [one for part in cut(text, places) for one in sentences.add(part)]
    said = "".join([*found, sentences.rest()])
    assert "".join(said.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It is late. Good night!", ["It is late.", "Good night!"]),
        ("Dr. Who costs 3.50 today. Really?", ["Dr. Who costs 3.50 today.", "Really?"]),
        ("Am 3. Mai ist Schluss. Gut.", ["Am 3. Mai ist Schluss.", "Gut."]),
        ('"Stop!" she said. e.g. this', ['"Stop!"', "she said.", "e.g. this"]),
        ("One\nTwo\n\nThree", ["One", "Two", "Three"]),
        ("今日は。元気？", ["今日は。", "元気？"]),
        ("It is Anna's. The code is 4417. Good.", ["It is Anna's.", "The code is 4417.", "Good."]),
        ("Wait... what?! Yes", ["Wait...", "what?!", "Yes"]),
    ],
)
async def test_sentences(text: str, wanted: list[str]) -> None:
    async def pieces(size: int) -> AsyncIterator[Piece]:
        for start in range(0, len(text), size):
            yield Piece(text[start : start + size])

    for size in (1, 3, 100):
        assert [one async for one in by_sentence(pieces(size))] == wanted


def test_a_sentence_without_an_end_is_cut() -> None:
    sentences = Sentences()
    found = sentences.add("word, " * 200)
    assert found
    assert all(len(one) <= MOST_CHARACTERS and one.endswith(",") for one in found)
    assert Sentences().add("x" * 3 * MOST_CHARACTERS)[0] == "x" * MOST_CHARACTERS


def test_a_template_is_rendered_as_its_model_wants(folder: Path) -> None:
    template = read_template(folder, SPECIAL)
    chat = [ChatMessage("system", "Be kind."), ChatMessage("user", "hi")]
    said = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert template.render(chat) == said


@given(
    parts=st.lists(st.sampled_from(["<", "|", ">", "im_end", "im_start", "a", "<|im_end|>", "<|im_<|im_end|>end|>"]))
)
def test_nobody_ends_their_turn_from_within(folder: Path, tokens: Tokens, parts: list[str]) -> None:
    ids = tokens.ids(read_template(folder, tokens.special()).render([ChatMessage("user", "".join(parts))]))
    assert [WORDS[i] for i in ids if WORDS[i] in SPECIAL] == ["<|im_start|>", "<|im_end|>", "<|im_start|>"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{{ raise_exception('roles must take turns') }}",
        "{{ messages[7].content.strip() }}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_template_reads_messages_and_does_nothing_else(source: str) -> None:
    with pytest.raises(Malformed):
        ChatTemplate(source, [], {}).render([ChatMessage("user", "hi")])


def test_a_template_that_does_not_compile_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match="compile"):
        ChatTemplate("{% for %}", [], {})
    with pytest.raises(ModelInvalid, match="no chat template"):
        read_template(tmp_path, [])


def test_of_several_templates_the_default_counts(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(
        '{"bos_token": {"content": "<s>"}, "chat_template": [{"name": "tools", "template": "t"},'
        ' {"name": "default", "template": "{{ bos_token }}{{ messages[0].content | tojson }}"}]}'
    )
    assert read_template(tmp_path, []).render([ChatMessage("user", "é<")]) == '<s>"é<"'
