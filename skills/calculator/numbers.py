"""Numbers as people say them, turned into digits: "twenty-six point two" is 26.2, "two and a half" is (2+1/2)."""

import re
import unicodedata

_SIGNS = {
    "×": "*",
    "·": "*",
    "⋅": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "’": "'",
    "″": '"',
    "′": "'",
    "“": '"',
    "”": '"',
    "²": " squared ",
    "³": " cubed ",
    "√": " sqrt ",
    "∛": " cbrt ",
    "π": " pi ",
    "½": " 1/2 ",
    "¼": " 1/4 ",
    "¾": " 3/4 ",
    "⅓": " 1/3 ",
    "⅔": " 2/3 ",
}
_TABLE = str.maketrans(_SIGNS)
_THOUSANDS = re.compile(r"\b\d{1,3}(?:,\d{3})+\b")
_DOZENS = re.compile(r"\b(half a|an?|\d+)? ?dozen\b")
_POINT = re.compile(r"\bpoint (?=\d)")
_OH = re.compile(r"(?<=point )(?:oh|o)\b|\b(?:nought|naught)\b")
_ARTICLE = re.compile(r"\ban? (?=\d+(?:\.\d+)?(?!\d|st|nd|rd|th))")
_MIXED_HALF = re.compile(r"\b(\d+) and (?:an? )?(?:half|1 half)\b")
_MIXED_QUARTER = re.compile(r"\b(\d+) and (?:an? |1 )(?:quarter|4th)\b")
_MIXED = re.compile(r"\b(\d+) and (\d+) (?:(\d+)(?:rd|th)s?|(quarters?))\b")
_MIXED_DIGITS = re.compile(r"(?<![\d./])(\d+) (\d+)/(\d+)(?![\d./])")
_PARTS = re.compile(r"\b(?:(\d+)|an?) (\d+)(?:rd|th)s?\b")
_QUARTERS = re.compile(r"\b(?:(\d+)|an?) quarters?\b")
_HALVES = re.compile(r"\b(?:(\d+) )?(?:an? )?(?:half|halves)\b(?: an? )?")


def plain(text: str) -> str:
    """`text` in small letters and ASCII signs, number words as digits."""
    from text_to_num import alpha2digit  # type: ignore[import-untyped]  # here because it is slow to load

    text = unicodedata.normalize("NFKC", text.casefold().translate(_TABLE))
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    text = str(alpha2digit(_OH.sub("zero", text), "en", 0.0))
    text = _DOZENS.sub(_dozens, _POINT.sub("0.", text))
    return _fractions(_ARTICLE.sub("", text))


def _dozens(match: re.Match[str]) -> str:
    count = match[1] or ""
    if count.startswith("half"):
        return "6"
    return str(12 * int(count)) if count.isdigit() else "12"


def _fractions(text: str) -> str:
    text = _MIXED_HALF.sub(r"(\1+1/2)", text)
    text = _MIXED_QUARTER.sub(r"(\1+1/4)", text)
    text = _MIXED.sub(lambda match: f"({match[1]}+{match[2]}/{match[3] or 4})", text)
    text = _MIXED_DIGITS.sub(r"(\1+\2/\3)", text)
    text = _PARTS.sub(lambda match: f"({match[1] or 1}/{match[2]})", text)
    text = _QUARTERS.sub(lambda match: f"({match[1] or 1}/4)", text)
    return _HALVES.sub(lambda match: f"({match[1] or 1}/2) ", text)
