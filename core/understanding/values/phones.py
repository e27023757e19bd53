"""Telephone numbers, as the library phonenumbers reads them; spoken digit by digit too."""

import re

from core.understanding.values import words
from core.understanding.values.context import Context, Span
from core.understanding.values.language import language

_FEWEST_DIGITS = 5
_OH = re.compile(r"(?<=[0-9] )oh(?= [0-9])")


def find_phones(text: str, context: Context) -> list[Span]:
    """E.164 ("+14155550123"): numbers that the region's plan (or the country's, after "+") has room for."""
    tongue = language(context.locale)
    said = words.plain(text, tongue.spoken)
    if sum(each.isdigit() for each in said.text) < _FEWEST_DIGITS:
        return []
    import phonenumbers  # here because it is slow to load

    digits = _OH.sub("0 ", said.text.replace("plus ", "    +"))  # as long as before, so that places stay
    found = phonenumbers.PhoneNumberMatcher(digits, tongue.region)
    return [Span(*said.place(match.start, match.end), phonenumbers.format_number(match.number, 0)) for match in found]
