"""Sample utterances as Amazon takes them.

Letters, spaces, apostrophes and periods only, everything in lower case, numbers in words; at most one phrase slot
(AMAZON.SearchQuery), with words beside it and no other slot.
https://developer.amazon.com/docs/custom-skills/create-intents-utterances-and-slots.html
https://developer.amazon.com/docs/custom-skills/slot-type-reference.html#amazonsearchquery
"""

import re
from collections.abc import Mapping

from shared.manifest import PLACEHOLDER

MAX_SAMPLE = 200  # characters
SEARCH = "AMAZON.SearchQuery"

_PAUSES = re.compile(r"[,;:!?¿¡\"“”«»…()\-–—_]+")
_SPELT = re.compile(r"\d+")
_NUMBERS = re.compile(r"\d+(?:[.,]\d|(?! ?[ap]\.?m\b)[^\W\d])")
_FORBIDDEN = re.compile(r"[^\w\s'.]")
_END = re.compile(r"(?<!\b\w)\.(?=\s|$)")
_ONES = {
    0: "zero", 1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten",
    11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen",
    18: "eighteen", 19: "nineteen",
}  # fmt: skip
_TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}


def sample_of(template: str, language: str) -> tuple[str, str]:
    """`template` as a sample utterance; or "" and why it cannot be one."""
    pieces = [piece if number % 2 else piece.lower() for number, piece in enumerate(PLACEHOLDER.split(template))]
    words = []
    for number, piece in enumerate(pieces):
        if number % 2:
            words.append(f"{{{piece}}}")
            continue
        spoken, why = _spoken(piece, language)
        if why:
            return "", why
        words.append(spoken)
    sample = " ".join("".join(words).split())
    return (sample, "") if len(sample) <= MAX_SAMPLE else ("", f"it is longer than {MAX_SAMPLE} characters")


def phrase_complaint(sample: str, types: Mapping[str, str]) -> str:
    """Why Amazon refuses the slots of `sample` (their types by name); "" if it does not."""
    slots = PLACEHOLDER.findall(sample)
    if len(set(slots)) < len(slots):
        return "a slot stands in it twice"
    phrases = [slot for slot in slots if types[slot] == SEARCH]
    if phrases and len(slots) > 1:
        return f"a slot of any words ({phrases[0]}) may not stand beside another one"
    if phrases and not re.sub(r"\W", "", PLACEHOLDER.sub("", sample)):
        return f"a slot of any words ({phrases[0]}) needs words beside it"
    return ""


def shape(sample: str) -> str:
    """`sample` with its slots nameless: two of one shape cannot be told apart."""
    return PLACEHOLDER.sub("{}", sample)


def _spoken(piece: str, language: str) -> tuple[str, str]:
    text = piece.replace("’", "'")
    if _NUMBERS.search(text):
        return "", "a number in it is not a whole one"
    if language != "en" and _SPELT.search(text):
        return "", "numbers have to be written in words"
    text = _END.sub(" ", _PAUSES.sub(" ", _SPELT.sub(lambda found: f" {spelt(found[0])} ", text)))
    if found := _FORBIDDEN.search(text):
        return "", f"{found[0]!r} cannot be said"
    return text, ""


def spelt(digits: str) -> str:
    """A whole number in English words; digit by digit where it begins with a zero or has more than six."""
    if (digits[0] == "0" and len(digits) > 1) or len(digits) > 6:
        return " ".join(_ONES[int(digit)] for digit in digits)
    return _words(int(digits))


def _words(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        return " ".join((_TENS[number // 10], *([_ONES[number % 10]] if number % 10 else [])))
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = [_words(number % size)] if number % size else []
    return " ".join((_words(number // size), name, *rest))
