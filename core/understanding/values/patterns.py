"""The patterns of the language files: regular expressions with slots in braces."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from core.understanding.values import words

START = r"(?<![\w/@#])(?<![0-9][.,:])"
END = r"(?!\w)(?![.,:/-][0-9])"
_BEHIND = re.compile(r"(\(\?<[!=][^)]*\))")
_BAR = re.compile(r"\|(?![^(]*\))")  # between alternatives, not inside brackets
_SLOT = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\((?:\?:)?[^()]*\)\?|\(\?[!=<][^()]*\)")
_NEEDS = {"n": "", "weekday": "weekday", "month": "month", "fullmonth": "fullmonth", "feast": "feast", "unit": "unit"}
_NEEDS |= {
    "hour": "",
    "hour24": "",
    "minute": "digit",
    "minute2": "digit",
    "five": "digit",
    "day": "",
    "ordinal": "digit",
    "ord": "",
}
_NEEDS |= {"year": "digit", "year4": "digit", "base": ""}


class Pattern(Struct, frozen=True):
    """A way to say something: what it means ("weekday next"), and which slots a text must have for it to be tried."""

    rule: str
    expression: re.Pattern[str]
    needs: frozenset[str]

    def matches(self, text: str, marks: frozenset[str]) -> Iterator[re.Match[str]]:
        """Where `text` says it."""
        return self.expression.finditer(text) if self.needs <= marks else iter(())


def start_of(match: re.Match[str]) -> int:
    """Where the value begins in what was matched."""
    return match.start("start") if "start" in match.re.groupindex else match.start()


def alternatives(said: Iterable[str]) -> str:
    """One expression for many, the longest wording first: "new year's eve" before "new year's"."""
    branches = (branch for each in said for branch in _BAR.split(each))
    return "|".join(sorted(branches, key=lambda each: (-len(each.replace("?", "")), each)))


def patterns(section: Mapping[str, Any], slots: Mapping[str, str]) -> list[Pattern]:
    """The patterns of a section of a file: what it means -> ways to say it."""
    return [Pattern(rule, compiled(each, slots), needed(each)) for rule, said in section.items() for each in said]


def needed(pattern: str) -> frozenset[str]:
    """The slots that no text can do without."""
    before = ""
    while before != pattern:
        before, pattern = pattern, _OPTIONAL.sub("", pattern)
    return frozenset(_NEEDS[name] for name in _SLOT.findall(pattern) if _NEEDS[name] and "|" not in pattern)


def compiled(pattern: str, slots: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern of a file as an expression over plain text, not inside words or figures."""
    blank = "".join(_with_blanks(part) for part in _BEHIND.split(words.spelled(pattern)))
    filled = _SLOT.sub(lambda slot: f"(?P<{slot[1]}>{slots[slot[1]]})", blank.replace("~", "(?P<start>)"))
    return re.compile(f"{START}(?:{filled}){END}")


def _with_blanks(part: str) -> str:
    """A blank may be a hyphen, or several; where one looks back just one."""
    blank = "[ -]" if part.startswith(("(?<!", "(?<=")) else "[ -]{1,3}"
    return re.sub(r"(?<!\[) (?![?*+])", blank, part).replace(" ?", "[ -]?")
