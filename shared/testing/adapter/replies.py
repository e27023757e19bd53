"""Replies for the property cases of AdapterContract: any that a skill could give, and rich ones of a size people talk in.

A reply is a row of choices, the plainest ones first: thousands of them cost a second, and one that fails shrinks to a plain one.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeVar

from hypothesis import strategies as st
from msgspec import Struct

from shared.ssml import escape, plain
from shared.testing.adapter.choices import Choices, drawn
from shared.testing.adapter.values import SAYINGS
from shared.text import clean
from shared.turn import Card, Choice, Elicit, Media, Outcome, Reply

T = TypeVar("T")

_SMALL = (
    "word",
    "",
    *(clean(text) for text in SAYINGS),
    "Two sentences. And another!",
    "control \x01\x07\x0b\x1b\x7f\x85\x9f characters",
    "not XML \ufffe\uffff, soft\u00adhyphen, zero\u200bwidth, line\u2028paragraph\u2029end",
    "“typographic” – signs… and ^{}\\[~]|€",
    " outer space \n",
    "\n\n",
    "]]> <!-- --> &lt;b&gt; &#0; &unknown;",
    '{"json": "inside", "quote": "\\""}',
    "*bold* _italic_ [link](https://links.example/a?b=1&c=2)",
    "e\u0301\u0323 combining z\u0337\u0322\u0321a\u0334l\u0338g\u0335o\u0336",
)
_PIECES = ("long words. ", "x", "😀", "سلام ", "東京。", "a & <b> ", "naïve café ", "\n", "👩‍👩‍👧‍👦")
_LENGTHS = (160, 700, 1_600, 4_000, 8_001, 30_000)
_LONG = tuple((piece * length)[:length] for length in _LENGTHS for piece in _PIECES)
_LONGISH = tuple(text for text in _LONG if len(text) <= 1_600)
_URLS = (
    None,
    "https://links.example/one",
    'https://links.example/a?b=1&c="2"\'<3>',
    "http://links.example/plain",
    "https://пример.example/путь/😀",
    "javascript:alert(1)",
    "no address",
    "",
    "https://links.example/" + "x" * 3_000,
)
_TYPES = ("image/png", "audio/mpeg", "video/mp4", "text/html", "image/*", "", "nonsense")
_SPEECH = (
    "said",
    "",
    "<p>One.</p><p>Two &amp; three.</p>",
    '<emphasis level="strong">Now</emphasis> <break time="300ms"/> then',
    '<say-as interpret-as="date" format="dmy">1.2.2030</say-as>',
    "<speak>whole</speak>",
    "<loud>unknown</loud> & <b>unclosed",
    "</p> <p>crossed <s></p></s> \x00\x0b",
    '<audio src="https://media.example/a.mp3"/>',
    "<p>" * 300,
)
_WORDS = (
    "plain",
    "Größe",
    "naïve",
    "слово",
    "مرحبا",
    "שלום",
    "東京",
    "हिन्दी",
    "👍",
    "🇯🇵",
    "R&D",
    "<b>",
    "100%",
    "it's",
    '"so"',
    "{{x}}",
    "C:\\new",
    "a_b*c",
)


_SIGNS = tuple(
    "ab .,!?&<>\"'\\/%{}[]|^~\t\n\r\0\x0b\x1b\x7f\x85\xa0éßøЖش東😀️‍\u200b\u200f\u202e\u2028\ufeff\ufffd\ufffe€₿ŧ́𝔘"
)
_DRAWN = 180  # bytes: enough for every choice of a reply


class Told(Struct, frozen=True):
    """A reply, and how its turn ended."""

    reply: Reply | None
    outcome: Outcome = Outcome.ANSWERED

    def __repr__(self) -> str:
        """Only what was set: it is what people see of a case that fails."""
        if self.reply is None:
            return f"no reply, {self.outcome}"
        usual = Reply(text="")
        given = {name: getattr(self.reply, name) for name in Reply.__struct_fields__}
        shown = [f"{name}={value!r:.400}" for name, value in given.items() if value != getattr(usual, name)]
        return f"Reply({', '.join(shown)}), {self.outcome}"


def any_told() -> st.SearchStrategy[Told]:
    """Whatever a turn may hold: no reply at all, and replies of every size, far beyond all limits, with any signs in them."""
    return drawn(_DRAWN, _any_told)


def moderate_told() -> st.SearchStrategy[Told]:
    """Rich replies of a moderate size, about 1,500 characters at most, whose every word is another one."""
    return drawn(_DRAWN, _moderate_told)


def missing(reply: Reply, said: str, reprompts: bool) -> list[str]:
    """The words and addresses of `reply` that are not in `said`: of text and speech, which say the same, those of one count.

    `reprompts`: whether the platform notices silence. Who ends the session waits for no answer.
    """
    lost = [word for word in _shown(reply) if word not in said]
    ways = [reply.text, *([plain(reply.speech)] if reply.speech is not None else [])]
    unsaid = [[word for word in way.split() if word not in said] for way in ways]
    fewest = min(unsaid, key=len)
    lost += fewest
    if reprompts and not reply.end_session:
        lost += [word for word in (reply.reprompt or "").split() if word not in said]
    return lost


def _shown(reply: Reply) -> Iterator[str]:
    for card in reply.cards:
        yield from (*card.title.split(), *card.text.split())
        yield from (url for url in (card.image_url, card.url) if url)
    for choice in reply.choices:
        yield from choice.title.split()
    for medium in reply.media:
        yield from (medium.url, *medium.alt.split())


def _any_told(choices: Choices) -> Told:
    outcome = choices.one_of(tuple(Outcome))
    if choices.number(15) == 15 and outcome is not Outcome.ANSWERED:
        return Told(None, outcome)
    texts = choices.one_of((_SMALL, _SMALL, _SMALL, _LONG))
    reply = Reply(
        text=_text(choices.part(8), texts),
        speech=choices.one_of((None, None, None, *_SPEECH, _text(choices.part(8), texts))),
        cards=_many(choices.part(64), _card, texts, 2, 5),
        choices=_many(choices.part(48), _choice, texts, 4, 30),
        media=_many(choices.part(32), _medium, texts, 2, 12),
        reprompt=choices.one_of((None, _text(choices.part(8), texts))),
        expects_answer=choices.maybe(),
        elicit=choices.one_of((None, Elicit("clock.time", "place"))),
        end_session=choices.maybe(),
    )
    return Told(reply, outcome)


def _text(choices: Choices, texts: tuple[str, ...]) -> str:
    return choices.one_of(texts) if choices.number(3) < 3 else "".join(choices.some(lambda: choices.one_of(_SIGNS), 6))


def _card(choices: Choices, texts: tuple[str, ...]) -> Card:
    return Card(_text(choices, texts), _text(choices, texts), choices.one_of(_URLS), choices.one_of(_URLS))


def _choice(choices: Choices, texts: tuple[str, ...]) -> Choice:
    return Choice(_text(choices, texts), choices.one_of(_SMALL))


def _medium(choices: Choices, texts: tuple[str, ...]) -> Media:
    return Media(choices.one_of(_URLS) or "", choices.one_of(_TYPES), _text(choices, texts))


def _many(
    choices: Choices, one: Callable[[Choices, tuple[str, ...]], T], texts: tuple[str, ...], usual: int, many: int
) -> tuple[T, ...]:
    """None, the usual number, or so many of one that no platform shows them all."""
    if choices.number(7) == 7:
        return (one(choices, _LONGISH),) * many
    return choices.some(lambda: one(choices, texts), usual)


def _moderate_told(choices: Choices) -> Told:
    numbers = count(choices.number(len(_WORDS) - 1))

    def words(own: Choices, most: int, least: int = 1) -> str:
        """So many words, each of which comes once in a reply."""
        chosen = [next(numbers) for _ in range(least + own.number(most - least))]
        return " ".join(f"{_WORDS[number % len(_WORDS)]}{number:03}" for number in chosen)

    def url(kind: str) -> str:
        return f"https://{kind}.example/{next(numbers):03}?size=1&kind={kind}"

    def card(own: Choices) -> Card:
        picture, link = (url(kind) if own.maybe() else None for kind in ("pictures", "links"))
        return Card(words(own, 4), words(own, 12, 0), picture, link)

    def medium(own: Choices) -> Media:
        return Media(url("media"), own.one_of(_TYPES[:3]), words(own, 3, 0))

    reply = Reply(
        text=words(choices, 60),
        speech=choices.one_of((None, None, f"<p>{escape(words(choices, 20))}</p>")),
        cards=_several(choices.part(16), card, 3),
        choices=_several(choices.part(16), lambda own: Choice(words(own, 3), f"value {next(numbers)}"), 10),
        media=_several(choices.part(16), medium, 3),
        reprompt=choices.one_of((None, words(choices, 8))),
        expects_answer=choices.maybe(),
        end_session=choices.number(3) == 3,
    )
    return Told(reply, choices.one_of((Outcome.ANSWERED, Outcome.DEFERRED, Outcome.REFUSED)))


def _several(choices: Choices, one: Callable[[Choices], T], most: int) -> tuple[T, ...]:
    return choices.some(lambda: one(choices), most)
