"""Grounded or silent: what of a generated answer may be said.

A sentence passes if it says what one source says, all of it and nothing else: the same words and marks in the same order, numbers
and moments equal in value, "my" turned into "your"; and if that source has all that the person asked about. This they may be
spared at its beginning ("It is under the mat"). That a negation, a name or a condition is dropped, added or swapped shows in this
by itself, and so does whose brother is allergic. With no source only small talk passes. Otherwise the sources are quoted, word
for word; where there are none, NEXUS says that it does not know. Every source is told in the end, so that the choice of one hides
no other, and sources that may disagree are all quoted.

It goes sentence by sentence, so that speech can begin: the text at the end begins with what was let pass.
"""

from enum import StrEnum

from babel.dates import format_date
from msgspec import Struct

from core.generation.claims import LONGEST, THE, YOUR, Kind, Token, confides, language_file, read
from core.generation.sentences import Sentences
from core.generation.small_talk import harmless
from core.memory.words import stemmed
from core.understanding.values import Context
from shared.locales import LANGUAGES, language_of
from shared.wording import listed, quoted, wording

MOST_SENTENCES = 4
"""Of generated text in one answer."""

_ALIKE = 0.5
"""Two sources that share this much of the words of the shorter one are about the same, and may disagree."""

_ENDS = (".", "!", "?", "…")


class Origin(StrEnum):
    """Where a source is from; also the wording that quotes it."""

    TOLD = "told"  # a memory of the person's
    ANSWERED = "answered"  # what NEXUS said, by a skill
    PAGE = "page"


class Source(Struct, frozen=True):
    """A text that something may be said from. `said_at`: when, in Unix seconds; 0 where nobody knows."""

    text: str
    origin: Origin = Origin.TOLD
    said_at: float = 0.0


class Verdict(StrEnum):
    """What became of a generated answer."""

    PASSED = "passed"
    QUOTED = "quoted"
    SILENCED = "silenced"


class Guarded(Struct, frozen=True):
    """What is said in the end. `why` names what the sentence that was stopped claims without a source."""

    text: str
    verdict: Verdict
    why: str = ""


class _Read(Struct, frozen=True):
    """A source that was read. One of several sentences, or whose days have passed, is only quoted."""

    source: Source
    tokens: tuple[Token, ...]
    words: frozenset[str]
    passing: bool
    only_quoted: bool


class Guard:
    """Judges one answer. For one thread at a time."""

    def __init__(
        self, question: str, sources: tuple[Source, ...], locale: str, timezone: str = "UTC", message_id: str = ""
    ) -> None:
        """`timezone`: an IANA name, for days that are said; `message_id` chooses among wordings."""
        self._locale, self._timezone, self._message_id = locale, timezone, message_id
        self._asked = frozenset(token.value for token in read(question[:LONGEST], locale, by_person=True))
        self._subject = _stems(question, locale)
        self._confided = confides(question[:LONGEST], locale)
        self._sources = [_source(source, locale) for source in dict.fromkeys(sources)]
        self._passed: list[str] = []
        self._repeats = False
        self._told: set[int] = set()
        self._why = ""

    def let(self, sentence: str) -> str:
        """`sentence` if it may be said, else "": and then nothing more may be."""
        if self.stopped:
            return ""
        sentence = " ".join(sentence.split())
        if sentence in self._passed:
            self._repeats = True  # small models do not find their end
            return ""
        self._why = self._wrong(sentence)
        if self._why:
            return ""
        self._passed.append(sentence)
        return sentence

    @property
    def said(self) -> bool:
        """Whether anything was let pass."""
        return bool(self._passed)

    @property
    def stopped(self) -> bool:
        """Whether no more is let pass."""
        return bool(self._why) or self._repeats or len(self._passed) >= MOST_SENTENCES

    def end(self) -> Guarded:
        """All that is said: what was let pass, sources that it left out, or that NEXUS does not know."""
        left = [one for at, one in enumerate(self._sources) if at not in self._told]
        if left:
            return Guarded(" ".join((*self._passed, *self._quotes(left))), Verdict.QUOTED, self._why)
        if self._passed and (not self._why or self._told or self._confided):
            return Guarded(" ".join(self._passed), Verdict.PASSED, self._why)
        unknown = wording("unknown", self._locale, self._message_id)
        return Guarded(" ".join((*self._passed, unknown)), Verdict.SILENCED, self._why or "nothing was generated")

    def _wrong(self, sentence: str) -> str:
        """What is wrong with a sentence; "" if it may be said."""
        if not sentence or len(sentence) > LONGEST:
            return "length"
        if not self._sources:
            return "" if harmless(sentence, self._locale) else self._claim(sentence)
        tokens = read(sentence, self._locale, by_person=False)
        for at, source in enumerate(self._sources):
            usable = not source.only_quoted and self._subject <= source.words and not self._disputed(at)
            if usable and self._says(tokens, source.tokens):
                self._told.add(at)
                return ""
        return self._claim(sentence)

    def _claim(self, sentence: str) -> str:
        """The kind of the first thing that a sentence claims and no source has; "words" where it is how they are put."""
        tokens = read(sentence, self._locale, by_person=False)
        known = {token.value for source in self._sources for token in source.tokens}
        denied = any(token.kind is Kind.NEGATION for source in self._sources for token in source.tokens)
        missing = {token.kind for token in tokens if token.value not in known}
        hard = (Kind.NUMBER, Kind.MOMENT, Kind.PASSING, Kind.NEGATION, Kind.NAME)
        if found := next((kind for kind in hard if kind in missing), None):
            return found.value
        if denied and not any(token.kind is Kind.NEGATION for token in tokens):
            return Kind.NEGATION.value
        return "words"

    def _says(self, sentence: tuple[Token, ...], source: tuple[Token, ...]) -> bool:
        """Whether a sentence says all that a source says, or what is left of it behind what was asked."""
        said, held = [token.value for token in sentence], [token.value for token in source]
        if any(map(_is_your, self._asked)) and not any(map(_is_your, held)):  # the person calls it theirs
            said = [THE if _is_your(value) else value for value in said]
        if said == held:
            return bool(said)
        if said and said[0] in language_file(self._locale).subjects:
            said = said[1:]
        left = len(held) - len(said)
        named = [token for token in source[: max(left, 0)] if not token.value.startswith("<")]
        asked = all(token.value in self._asked and token.kind is not Kind.NEGATION for token in named)
        return bool(said and named) and asked and held[left:] == said

    def _disputed(self, at: int) -> bool:
        """Whether another source is about the same, and may say otherwise."""
        mine = self._sources[at].words
        others = (other.words for number, other in enumerate(self._sources) if number != at)
        return any(len(mine & other) >= _ALIKE * min(len(mine), len(other)) for other in others)

    def _quotes(self, sources: list[_Read]) -> list[str]:
        """The sources in sentences, those of one origin in one."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for one in sources:
            grouped.setdefault((one.source.origin.value, self._day(one)), []).append(one.source.text)
        return [self._quote(origin, day, texts) for (origin, day), texts in grouped.items()]

    def _quote(self, origin: str, day: str, texts: list[str]) -> str:
        quotes = listed("and", [quoted(text, self._locale) for text in texts], self._locale)
        said = wording(f"{origin}_on" if day else origin, self._locale, self._message_id, day=day, quotes=quotes)
        return said.removesuffix(".") if texts[-1].endswith(_ENDS) else said

    def _day(self, one: _Read) -> str:
        """The day on which the person said what is true of that day only ("tomorrow"); else ""."""
        source = one.source
        if source.origin is not Origin.TOLD or not source.said_at or not one.passing:
            return ""
        language = language_of(self._locale)
        spoken = language if language in LANGUAGES else LANGUAGES[0]
        here = Context(self._locale, self._timezone, source.said_at).here
        return format_date(here.date(), "long", locale=spoken)


def _is_your(value: str) -> bool:
    return value.startswith(YOUR)


def _source(source: Source, locale: str) -> _Read:
    long = len(source.text) > LONGEST
    tokens = () if long else read(source.text, locale, by_person=source.origin is Origin.TOLD)
    words = _stems(source.text, locale)
    several = len(_sentences(source.text)) != 1
    passing = any(token.kind is Kind.PASSING for code in LANGUAGES for token in read(source.text, code, by_person=True))
    return _Read(source, tokens, words, passing, only_quoted=long or several or passing or not tokens)


def _stems(text: str, locale: str) -> frozenset[str]:
    """The words of weight, stemmed."""
    return frozenset(stemmed(text[:LONGEST], language_of(locale)).values())


def _sentences(text: str) -> list[str]:
    sentences = Sentences()
    found = sentences.add(text)
    return [*found, rest] if (rest := sentences.rest()) else found
