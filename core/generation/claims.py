"""What a sentence claims, in a form that can be held against another text.

A sentence becomes a row of tokens. Numbers and moments are compared by value ("4,417" and "4417", "3 pm" and "15:00"), all other
words letter by letter: which words are names cannot be told from how they are written (German nouns have capitals, speech has
none), so every word has to be in its source as if it were one. So has every mark within a sentence: "no, eggs are fine" is not
"no eggs are fine". What a person says of themselves and what NEXUS says of them
reads alike: their "my key" is our "your key". The few words of each language that this needs are in `languages/`.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

from core.understanding import values
from core.understanding.values import Context
from shared.locales import LANGUAGES, language_of

LONGEST = 1_000
"""Characters of a text that are looked at; a longer one is not read at all."""

THE, YOUR = "<the>", "<your"
"""Any article, and how what is the person's begins ("<your0>"): the pairs of a language are told apart by their number."""

_NOWS = (1_678_701_600.0, 1_884_709_800.0)
"""Two moments, years apart, on other days of other months at other hours: what is not the same seen from both depends on when."""

_FIRST_WORD = re.compile(r"[^\W\d_]+")
_CHUNKS = re.compile(r"\w+(?:[^\w\s]+\w+)*|[^\w\s]")
_DROPPED = frozenset(".!…")
_MARKS = str.maketrans("“”„«»‚", '"""""\'')
_LAST_ZERO = re.compile(r"[0-9][.,]([0-9]*0)$")
_APOSTROPHES = str.maketrans("’‘`´", "''''")
_EXACT = re.compile(r"\d|.[A-Z]|[^\w\s'-]")


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    NAME = "name"
    NUMBER = "number"
    MOMENT = "moment"
    PASSING = "passing moment"  # "tomorrow": another day than when it was said
    NEGATION = "negation"


class Token(Struct, frozen=True):
    """A word, or several that are one value. `value` is what is compared."""

    kind: Kind
    value: str


_Placed = dict[int, tuple[int, Token]]
"""Where a value begins: where it ends, and the token that it is."""


class Language(Struct, frozen=True):
    """The words of a language that are not taken letter by letter."""

    articles: frozenset[str]
    first: dict[str, str]  # I, me, my: the number of its pair
    second: dict[str, str]
    subjects: frozenset[str]  # it, he: may stand in place of what the person asked about
    negations: frozenset[str]
    same: dict[str, str]  # forms that only differ in who is meant: am, are
    apart: tuple[tuple[re.Pattern[str], str], ...]  # "don't" -> "do not"
    small_talk: tuple[re.Pattern[str], ...]


def language_file(locale: str) -> Language:
    """The language of a locale; English where NEXUS does not speak it."""
    code = language_of(locale)
    return _language(code if code in LANGUAGES else LANGUAGES[0])


def confides(text: str, locale: str) -> bool:
    """Whether a person begins with themselves and asks nothing: to "I feel lonely", sympathy is an answer by itself."""
    first = _FIRST_WORD.match(text.translate(_APOSTROPHES).casefold())
    return first is not None and "?" not in text and first[0] in language_file(locale).first


def read(text: str, locale: str, *, by_person: bool) -> tuple[Token, ...]:
    """The tokens of `text`: moments that pass, then all others in order.

    `by_person`: the person said it, not NEXUS, so its "I" is our "you".
    """
    tongue = language_file(locale)
    text = unicodedata.normalize("NFC", text).translate(_APOSTROPHES).translate(_MARKS)
    for pattern, apart in tongue.apart:
        text = pattern.sub(apart, text)
    chunks = [match for match in _CHUNKS.finditer(text) if match[0] not in _DROPPED]
    passing, valued = _moments(text, locale)
    placed = {**_numbers(text, locale), **valued}
    return (*passing, *_tokens(chunks, placed, tongue, by_person))


def _tokens(chunks: list[re.Match[str]], placed: _Placed, tongue: Language, by_person: bool) -> Iterator[Token]:
    """Every chunk, or the value that whole chunks are: what stands within a word ("tulip-92") is no value."""
    ends = {chunk.end() for chunk in chunks}
    end = 0
    for at, chunk in enumerate(chunks):
        if chunk.start() < end:
            continue
        until, token = placed.get(chunk.start(), (0, None))
        if token is not None and until in ends:
            end = until
            yield token
        else:
            yield _word(chunk[0], at, tongue, by_person)


def _numbers(text: str, locale: str) -> _Placed:
    found: _Placed = {}
    for span in values.find("number", text, Context(locale)):
        said = text[span.start : span.end]
        found[span.start] = (span.end, Token(Kind.NUMBER, f"#{_number(said, span.value)}"))
    return found


def _number(said: str, value: float) -> str:
    """A number by value; a code and the zeros at the end of a version ("1.10") as they are said."""
    if len(said) > 1 and said.isdigit() and (said[0] == "0" or len(said) > 15):
        return said
    zero = _LAST_ZERO.search(said)
    if zero is None or int(re.sub(r"\D", "", said)) == value:  # no decimals
        return str(value)
    return f"{value}:{len(zero[1])}"


def _moments(text: str, locale: str) -> tuple[list[Token], _Placed]:
    """The moments that pass, and where the others stand."""
    passing: list[Token] = []
    found: _Placed = {}
    early, late = (Context(locale, "UTC", now) for now in _NOWS)
    later = {(span.start, span.end): span.value for span in values.find("datetime", text, late)}
    for span in values.find("datetime", text, early):
        said = text[span.start : span.end]
        token = _moment(said, span.value, later.get((span.start, span.end)))
        if token is not None and token.kind is Kind.PASSING:
            passing.append(token)
        elif token is not None:
            found[span.start] = (span.start + len(said.rstrip(".")), token)
    return passing, found


def _moment(said: str, early: dict[str, Any], late: dict[str, Any] | None) -> Token | None:
    """The token of a moment; None for one in words that is the same in every year ("Christmas")."""
    if late is None or _parts(early) != _parts(late):
        return Token(Kind.PASSING, said.casefold())
    if not any(map(str.isdigit, said)):
        return None
    day, clock = _parts(early)
    year = early["at"][:4] if day and early["at"][:4] == late["at"][:4] else ""
    return Token(Kind.MOMENT, f"@{year}-{day}T{clock}{'?' if early.get('open') else ''}")


def _parts(moment: dict[str, Any]) -> tuple[str, str]:
    """Month and day, and the time; "" for what was not said."""
    at, said = moment["at"], moment["said"]
    return "" if said == "time" else at[5:10], "" if said == "date" else at[11:16]


def _word(said: str, at: int, tongue: Language, by_person: bool) -> Token:
    plain = said.casefold()
    if plain in tongue.articles and (at == 0 or said == plain):
        return Token(Kind.WORD, THE)
    if plain in tongue.negations:
        return Token(Kind.NEGATION, plain)
    if plain in tongue.first:
        return Token(Kind.WORD, f"<{'you' if by_person else 'me'}{tongue.first[plain]}>")
    if plain in tongue.second:
        return Token(Kind.WORD, f"<{'me' if by_person else 'you'}{tongue.second[plain]}>")
    if plain in tongue.same:
        return Token(Kind.WORD, tongue.same[plain])
    if at and said[0].isupper():
        return Token(Kind.NAME, said if _EXACT.search(said) else plain)
    return Token(Kind.WORD, said if _EXACT.search(said) else plain)


@cache
def _language(code: str) -> Language:
    data: dict[str, Any] = tomllib.loads(files("core.generation").joinpath(f"languages/{code}.toml").read_text("utf-8"))
    words = {name: frozenset(data[name].split()) for name in _LISTS}
    same = {form: forms.split()[0] for forms in data["same"] for form in forms.split()}
    apart = tuple((re.compile(said, re.IGNORECASE), put) for said, put in data["apart"])
    pairs = [*((str(at), pair) for at, pair in enumerate(data["persons"]))]
    pairs += [(f"r{at}", pair) for at, pair in enumerate(data["owned"])]
    first = {word: number for number, pair in pairs for word in pair[0].split()}
    second = {word: number for number, pair in pairs for word in pair[1].split()}
    talk = tuple(re.compile(each, re.IGNORECASE) for each in data["small_talk"])
    return Language(**words, first=first, second=second, same=same, apart=apart, small_talk=talk)


_LISTS = ("articles", "subjects", "negations")
