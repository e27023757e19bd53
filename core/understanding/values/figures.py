"""Dates in figures: "3/4", "24.12.", "2026-12-24"."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from core.understanding.values.days import Day, nearest
from core.understanding.values.language import Language

_FIGURES = re.compile(
    r"(?<![\w.,/:-])(?:(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})"
    r"|(?P<a>[0-9]{1,2})(?P<sign>[/.-]) ?(?P<b>[0-9]{1,2})(?:(?P=sign) ?(?P<c>[0-9]{4}|[0-9]{2})|(?P<dot>\.))?)"
    r"(?![\w/]|[.,:-][0-9])"
)


def in_figures(text: str, today: date, tongue: Language, past: bool) -> Iterator[Day]:
    """Dates in figures, day and month in the order of the region: "3/4" is 4 March in the United States, else 3 April."""
    for match in _FIGURES.finditer(text):
        try:
            at = _from_figures(match, today, tongue, past or tongue.looks_back(text, *match.span()))
        except ValueError:
            continue
        if at:
            yield Day(*match.span(), at)


def _from_figures(match: re.Match[str], today: date, tongue: Language, past: bool) -> date | None:
    if match["y"]:
        return date(int(match["y"]), int(match["m"]), int(match["d"]))
    pattern: Any = tongue.locale.date_formats["short"].pattern
    said_year, sign = match["c"], match["sign"]
    if not said_year and (sign == "-" or (sign == "." and not (match["dot"] or "." in pattern))):
        return None
    first, second = int(match["a"]), int(match["b"])
    is_month_first = pattern.lower().find("m") < pattern.find("d")
    if (is_month_first and first <= 12) or second > 12:
        first, second = second, first
    year = int(said_year) + (2000 if len(said_year) == 2 else 0) if said_year else None
    return nearest(second, first, year, today, past) if 1 <= second <= 12 else None
