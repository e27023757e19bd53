"""What a language calls things: its words from `languages/`, names of days and months from CLDR, patterns ready to use.

A language without a file has CLDR's names, text2num's numbers where it knows them, and for the rest the English words.
"""

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.understanding.values import words
from core.understanding.values.numerals import Numerals
from core.understanding.values.patterns import Pattern, alternatives, patterns

if TYPE_CHECKING:
    from babel import Locale

_FILES = Path(__file__).with_name("languages")
WRITTEN = ("en", "de", "es", "fr", "it")  # languages with a file
_SPOKEN = frozenset({*WRITTEN, "pt", "nl"})  # those whose numbers text2num reads
_DIGITS = re.compile(r"[0-9]")


class Language:
    """One locale's words. Made once per locale (see `language`) and never changed."""

    def __init__(self, locale: "Locale", region: str) -> None:
        self.locale = locale
        self.region = region
        self.code = str(locale.language)
        self.data: dict[str, Any] = _file(self.code if self.code in WRITTEN else "en")
        self.spoken = self.code if self.code in _SPOKEN else "en"
        days = (part for name in locale.days["format"]["wide"].values() for part in words.folded(name).split("-"))
        self.weak = frozenset({*map(words.folded, self.data["weak"]), *days})  # "segunda" is a Monday, not the second
        self.numerals = Numerals.of(locale, self.data["numbers"])

    def plain(self, text: str) -> words.Plain:
        """`text` in the form that patterns are written for."""
        return words.plain(text, self.spoken, self.weak, self.numerals.decimal)

    @cached_property
    def weekdays(self) -> dict[str, int]:
        """What the days of the week are called -> 0 (Monday) to 6, as regular expressions."""
        extra = self.data["names"]["weekdays"]
        return _names(self.locale.days, range(7), extra, "wide")

    @cached_property
    def full_months(self) -> dict[str, int]:
        """Months written out -> 1 to 12."""
        return _names(self.locale.months, range(1, 13), self.data["names"]["months"], "wide")

    @cached_property
    def months(self) -> dict[str, int]:
        """Months written out or abbreviated -> 1 to 12."""
        return self.full_months | _names(self.locale.months, range(1, 13), [""] * 12, "abbreviated")

    @cached_property
    def units(self) -> dict[str, str]:
        """What units of time are called, as regular expressions -> hour, day …"""
        return {words.spelled(said): unit for unit, said in self.data["units"].items()}

    @cached_property
    def feasts(self) -> dict[str, str]:
        """What feasts are called, as regular expressions -> the name `feasts.py` knows."""
        return {words.spelled(said): name for name, said in self.data["feasts"].items()}

    @cached_property
    def slots(self) -> dict[str, str]:
        """What may stand for `{slot}` in a pattern."""
        hour, minute = r"(?:[01]?[0-9]|2[0-4])", r"(?:[0-5]?[0-9])"
        one = self.data["clock"]["one"]
        return {
            "n": self.numerals.amount,
            "unit": alternatives(self.units),
            "weekday": alternatives(self.weekdays),
            "month": alternatives(self.months),
            "fullmonth": alternatives(self.full_months),
            "feast": alternatives(self.feasts),
            "day": rf"(?:(?:3[01]|[12][0-9]|0?[1-9])(?!\d)[#.]?|{self.numerals.ordinal_words})",
            "ordinal": rf"(?:(?:3[01]|[12][0-9]|0?[1-9])(?:#|{self.numerals.suffix}))",
            "ord": rf"(?:[1-5](?:#|{self.numerals.suffix})|{self.numerals.ordinal_words})",
            "year": r"(?:[12][0-9]{3}|[12][0-9] [0-9]{2}|'[0-9]{2})",
            "year4": r"(?:[12][0-9]{3}|[12][0-9] [0-9]{2})",
            "hour": rf"(?:{hour}|{one})",
            "hour24": rf"(?:{hour}|{one})",
            "minute": minute,
            "five": "(?:5|10|20|25)",
            "minute2": r"(?:[0-5][0-9])",
            "base": f"(?:{alternatives(self.feasts)}|{alternatives(self.weekdays)})",
        }

    def section(self, name: str) -> list[Pattern]:
        """The patterns of a section of the file ("date"), compiled."""
        return self._sections[name]

    @cached_property
    def _sections(self) -> dict[str, list[Pattern]]:
        return {name: patterns(self.data[name], self.slots) for name in ("date", "time")}

    @cached_property
    def _marks(self) -> list[tuple[str, re.Pattern[str]]]:
        """Slots that a pattern may need, and how to see that a text has one."""
        names = ("weekday", "month", "fullmonth", "feast", "unit")
        return [(name, re.compile(rf"(?<![^\W\d])(?:{self.slots[name]})(?!\w)")) for name in names]

    def looks_back(self, text: str, start: int, end: int) -> bool:
        """Whether what stands around a day says that it lies behind: "since Friday", "when was Easter", "Ostern her"."""
        before, after = self._behind
        return before.search(text, 0, start) is not None or after.match(text, end) is not None

    @cached_property
    def _behind(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        said = {name: words.spelled(self.data["relative"].get(name, "(?!)")) for name in ("behind", "behind_after")}
        small = words.folded(f"{self.data['joins']['date']}|{'|'.join(self.data['place']['articles'])}")
        before = re.compile(rf"(?<!\w)(?:{said['behind']})[ ,]*(?:(?:{small})[ ,]?){{0,2}}$")
        return before, re.compile(rf" (?:{said['behind_after']})(?!\w)")

    def marks(self, text: str) -> frozenset[str]:
        """Which slots a plain text could fill, so that patterns that need others are passed over."""
        found = {name for name, pattern in self._marks if pattern.search(text)}
        return frozenset(found | ({"digit"} if _DIGITS.search(text) else set()))


def value_of(said: str, names: dict[str, Any]) -> Any:
    """What `said` stands for among `names`, regular expression -> value; None where it is none of them."""
    return next((value for name, value in names.items() if re.fullmatch(name, said)), None)


def language(locale: str) -> Language:
    """The words of a locale ("de-AT"); of its language where the region is unknown, else English."""
    return _made(*_parsed(locale))


@lru_cache(maxsize=64)
def _made(locale: "Locale", region: str) -> Language:
    return Language(locale, region)


def region_of(locale: str) -> str:
    """The country of a locale ("de" -> "DE")."""
    return language(locale).region


@lru_cache(maxsize=1_024)
def _parsed(name: str) -> tuple["Locale", str]:
    from babel import Locale, UnknownLocaleError
    from babel.core import get_global

    likely = get_global("likely_subtags")
    for attempt in (name.replace("_", "-")[:35], name.replace("_", "-").partition("-")[0][:8], "en-US"):
        try:
            locale = Locale.parse(attempt, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
        found = locale.territory or likely.get(locale.language, "en_Latn_US").rpartition("_")[2]
        return locale, str(found)
    return Locale("en", "US"), "US"


@lru_cache(maxsize=len(WRITTEN))
def _file(code: str) -> dict[str, Any]:
    import tomllib  # here because this package should load fast

    return tomllib.loads((_FILES / f"{code}.toml").read_text("utf-8"))


def _names(table: Any, numbers: range, extra: list[str], width: str) -> dict[str, int]:
    """CLDR's names (with or without a full stop) and ours -> their number."""
    found: dict[str, int] = {}
    for at, number in enumerate(numbers):
        for context in ("format", "stand-alone"):
            name = words.folded(str(table[context][width][number]))
            found.setdefault(re.escape(name.rstrip(".")) + (r"\.?" if width != "wide" else ""), number)
        if extra[at]:
            found.setdefault(words.spelled(extra[at]) + r"\.?", number)
    return found
