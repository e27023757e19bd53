"""The examples that the contract's properties try: wide enough to find something, small enough to be read when they do."""

import json
from urllib.parse import parse_qsl

import msgspec
import pytest

from shared.ssml import plain
from shared.testing.adapter.choices import Choices
from shared.testing.adapter.instruments import for_all
from shared.testing.adapter.nearly import nearly
from shared.testing.adapter.replies import Told, any_told, missing, moderate_told
from shared.turn import Card, Choice, Media, Outcome, Reply

FORM = b"Body=hello+there&From=%2B15005550006&MessageSid=SM1"


def told(reply: Reply) -> list[str]:
    """All that a reply says, shows and links to."""
    parts = [reply.text, plain(reply.speech or ""), reply.reprompt or ""]
    parts += [part or "" for card in reply.cards for part in (card.title, card.text, card.image_url, card.url)]
    parts += [choice.title for choice in reply.choices]
    return [*parts, *(part for medium in reply.media for part in (medium.url, medium.alt))]


def test_any_reply_goes_far_beyond_what_platforms_take() -> None:
    found: list[Told] = []
    for_all(any_told(), 1_000, found.append)
    replies = [one.reply for one in found if one.reply is not None]
    assert {one.outcome for one in found} == set(Outcome)
    assert len(replies) < len(found)
    assert max(len(reply.text) for reply in replies) == 30_000
    assert max(len(reply.choices) for reply in replies) == 30
    assert max(len(reply.cards) for reply in replies) == 5
    assert max(len(reply.media) for reply in replies) == 12
    everything = "".join(part for reply in replies for part in told(reply))
    for sign in ("\0", "\x1b", "\u202e", "😀", "<b>", "&", "東", "م", "\ufffe"):
        assert sign in everything
    assert all(msgspec.json.encode(reply) for reply in replies), "a reply that cannot be stored"
    assert any(reply.end_session for reply in replies)
    assert any(reply.elicit for reply in replies)


def test_moderate_replies_are_moderate_and_say_every_word_once() -> None:
    found: list[Told] = []
    for_all(moderate_told(), 1_000, found.append)
    sizes = [len(" ".join(told(one.reply))) for one in found if one.reply is not None]
    assert len(sizes) == len(found)
    assert 300 < sum(sizes) / len(sizes) < 1_000
    assert max(sizes) < 2_500
    for one in found[::10]:
        assert one.reply is not None
        words = " ".join(told(one.reply)).split()
        assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        ("hello title words https://a.example/1 yes no https://b.example/2 picture", []),
        ("spoken title words https://a.example/1 yes no https://b.example/2 picture", []),
        ("title words https://a.example/1 yes no https://b.example/2 picture", ["hello"]),
        ("hello title https://a.example/1 yes https://b.example/2 picture", ["words", "no"]),
    ],
)
def test_what_is_missing_is_named(said: str, lost: list[str]) -> None:
    reply = Reply(
        text="hello",
        speech="<p>spoken</p>",
        cards=(Card("title", "words", url="https://a.example/1"),),
        choices=(Choice("yes", "y"), Choice("no", "n")),
        media=(Media("https://b.example/2", "image/png", "picture"),),
        reprompt="well?",
    )
    assert sorted(missing(reply, said, reprompts=False)) == sorted(lost)
    assert missing(reply, f"{said} well?", reprompts=True) == missing(reply, said, reprompts=False)
    assert "well?" in missing(reply, said, reprompts=True)
    assert missing(msgspec.structs.replace(reply, end_session=True), "", reprompts=True).count("well?") == 0


def test_bodies_are_nearly_right() -> None:
    body = b'{"text": "hello", "user": {"id": "ada"}, "list": [1, 2]}'
    right = json.loads(body)
    found: list[bytes] = []
    for_all(nearly(body), 1_000, found.append)
    values = [value for value in map(_json, found) if isinstance(value, dict)]
    assert len(set(found)) > 300
    assert any("text" not in value for value in values)
    assert any(value["user"] != right["user"] for value in values if "user" in value)
    assert any(b"\\ud8" in one for one in found)
    assert any(_json(one) is None for one in found)


def test_forms_are_nearly_right() -> None:
    found: list[bytes] = []
    for_all(nearly(FORM), 1_000, found.append)
    forms = [parse_qsl(one.decode("latin-1"), keep_blank_values=True) for one in found]
    keys = [[key for key, _ in form] for form in forms]
    assert any(one.count("Body") == 2 for one in keys), "a field that comes twice"
    assert any("Body" not in one and "From" in one for one in keys), "a field that is missing"
    assert any(("Body", "hello there") not in form and "Body" in dict(form) for form in forms), (
        "a field with another value"
    )


def test_choices_end_with_the_plainest() -> None:
    choices = Choices(b"\x07\x01\x02\x03")
    assert choices.number(4) == 2
    assert choices.part(2).octets(1) == b"\x02"
    assert choices.one_of("abcd") == "d"
    assert (choices.number(9), choices.maybe(), choices.one_of("xy"), choices.text(5)) == (0, False, "x", "")


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
