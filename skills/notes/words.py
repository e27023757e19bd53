"""What a note says and what a question is about, found in the person's own sentence. Nothing of their wording is changed.

The patterns of each language (`patterns/`) eat the words that carry the message ("could you remember that …", "merk dir bitte
…"); what is left is the message. Where none of them fits, what the model's tagger found is better, unless nothing in the
sentence speaks of notes: then all of it is the message.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from shared.locales import LANGUAGES, language_of

_FOLDER = Path(__file__).with_name("patterns")
_WORD = re.compile(r"\w+")


def words_of(locale: str) -> "Words":
    """The words of the language of a locale; English for those that have none here."""
    language = language_of(locale)
    return _read(language if language in LANGUAGES else "en")


class Words:
    """The patterns of one language, compiled. `data` is what a file of `patterns/` holds."""

    def __init__(self, data: dict[str, list[str]], small: str, clause: str) -> None:
        lead = rf"^[\s¿¡]*(?P<lead>(?:(?:{_any(data['lead'])})[ ,]+)*)"
        self._remember = _compiled(lead, f"(?:{_any(data['keep'])})", *data["keep_rest"])
        self._after = _compiled(*data["keep_after"])
        self._polite = _compiled(rf"(?:[\s,]+(?:{_any(data['polite_end'])}))+[.!?]*$|[\s.!?]+$")
        self._for_me = _compiled(rf"\s+(?:{_any(data['keep_end'])})$")
        self._mentions = _compiled(rf"\b(?:{_any(data['mentions'])})\b")
        self._asking = _compiled(lead, f"(?:{_any(data['asking'])})", *data["asking_rest"], _NEXT)
        self._question = _compiled(rf"^[\s¿¡]*(?:{_any(data['question'])}){_NEXT}")
        self._question_end = _compiled(rf"(?:\s+(?:{_any(data['question_end'])}))+$")
        self._forget = _compiled(lead, f"(?:{_any(data['forget'])})", f"(?:{_any(data['forget_rest'])}|)", _NEXT)
        self._forget_end = _compiled(rf"(?:\s+(?:{_any(data['forget_end'])}))+$")
        self._all, self._last = _compiled(_any(data["all"])), _compiled(_any(data["last"]))
        self._nothing, self._small = frozenset({"", *data["nothing"]}), frozenset(small.split())
        self._clause = _compiled(clause or "(?!)")

    def note_in(self, text: str) -> str:
        """What to remember, in the person's own words; empty where they have not said it yet, or it cannot be told here."""
        carrier = self._remember.match(text)
        if carrier is not None:
            return self._told(text[carrier.end() :], polite=bool(carrier["lead"]))
        told = self._after.sub("", text)
        return self._told(told) if told != text or not self._mentions.search(text) else ""

    def note_from(self, found: str, text: str) -> str:
        """The note of which `found` is what the tagger made out: notes go on to the end of what was said."""
        at = text.find(found)
        return self._told(self._after.sub("", text[at:] if at >= 0 else found))

    def note_answered(self, text: str) -> str:
        """What to remember, where an answer to "What shall I remember?" says nothing else, or says the command again."""
        carrier = self._remember.match(text)
        return self._told(text[carrier.end() :] if carrier else text)

    def _told(self, text: str, *, polite: bool = False) -> str:
        note = self._polite.sub("", text).strip()
        note = self._for_me.sub("", note) if polite else note
        return "" if note.casefold() in self._nothing else note

    def topic_of_question(self, text: str) -> str:
        """What a question asks about ("the spare key"); all of it where it speaks of no notes; empty where that is unclear."""
        plain = self._polite.sub("", text).strip(" ¿¡")
        topic = self._question_end.sub("", self._question.sub("", self._asking.sub("", plain))).strip()
        return "" if topic == plain and self._mentions.search(plain) else topic or plain

    def topic_to_forget(self, text: str) -> str:
        """What shall be forgotten ("the spare key", "everything"); empty where the sentence does not say, or it is unclear."""
        said = self._forget.match(text)
        topic = self.topic_answered(text) if said else ""
        several = self._all.search(text)
        return topic or (several[0] if several else "")

    def topic_answered(self, text: str) -> str:
        """What is meant by the answer to "Which note shall I forget?"."""
        topic = self._forget_end.sub("", self._polite.sub("", self._forget.sub("", text))).strip()
        return "" if topic.casefold() in self._nothing else topic

    def means_all(self, text: str) -> bool:
        """Whether all notes are meant."""
        return self._all.search(text) is not None

    def means_last(self, text: str) -> bool:
        """Whether the newest note is meant."""
        return self._last.search(text) is not None

    def covers(self, topic: str, note: str) -> bool:
        """Whether every word of weight in `topic` stands in `note`."""
        wanted = set(_WORD.findall(topic.casefold())) - self._small
        return bool(wanted) and wanted <= set(_WORD.findall(note.casefold()))

    def is_clause(self, note: str) -> bool:
        """Whether a note is only part of a sentence ("dass der Schlüssel unter der Matte liegt"), and is told as one."""
        return self._clause.match(note) is not None


_NEXT = r"(?:\s*,)?(?:\s+|(?<=['’])|$)"


def _any(alternatives: list[str]) -> str:
    return "|".join(alternatives)


def _compiled(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.IGNORECASE)


def _file(language: str) -> Path:
    return _FOLDER / f"{language}.toml"


@lru_cache(maxsize=16)
def _read(language: str) -> Words:
    data = tomllib.loads(_file(language).read_text("utf-8"))
    return Words(data, data.pop("small"), data.pop("clause", ""))
