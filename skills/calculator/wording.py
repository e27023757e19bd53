"""Numbers and sums, written and spoken."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from msgspec import Struct

from skills.calculator.exact import CannotCompute, Number
from skills.calculator.expression import NotAnExpression, Token, tokens
from skills.calculator.words import words_of

WRITTEN_DIGITS = 24  # whole numbers are written out up to this length
SPOKEN_DIGITS = 15  # and spoken out up to this one
KEPT_DECIMALS = 6  # exact decimals are given in full up to this many

_SIGNS = {"*": "×", "/": "÷", "-": "−", "sqrt": "√", "cbrt": "∛", "mod": "mod"}  # as everybody writes them
_CLOSE_TO_LEFT = frozenset({"%", "!", ")", "^"})
_CLOSE_TO_RIGHT = ("(", "√", "∛", "^")
_BEFORE_A_SIGN = ("(", "×", "÷", "+", "^")  # what stands before a minus that belongs to a number


class Said(Struct, frozen=True):
    """A number as it is written and as it is spoken; `about` says that it was rounded."""

    written: str
    spoken: str
    about: bool


def said(number: Number, locale: str, decimals: int = 4, kept: int = KEPT_DECIMALS) -> Said:
    """`number` for people: in full where it is exact within `kept` places, else rounded to `decimals` (to 2 from ten up)."""
    value = number.value
    if abs(value) >= 10**SPOKEN_DIGITS or 0 < abs(value) < Fraction(1, 10**6):
        return _large(number, locale)
    places = _terminating(value, kept) if number.exact else None
    if places is None:
        places = _decimals(value, decimals)
    rounded = Fraction(round(value * 10**places), 10**places)
    text = _decimal(rounded, places, locale)
    return Said(text, _minus(text, locale), not number.exact or rounded != value)


def _large(number: Number, locale: str) -> Said:
    """Too long to say in full: a few digits and a power of ten."""
    value = number.value
    exponent = len(str(abs(value.numerator) // value.denominator)) - 1 if abs(value) >= 1 else -_zeros(value)
    digits = Fraction(round(value / Fraction(10) ** exponent * 1000), 1000)
    mantissa = _decimal(digits, 3, locale)
    pattern = words_of(locale).spoken["power_of_ten"]
    spoken = _minus(pattern.format(digits=mantissa, exponent=exponent), locale)
    whole = number.exact and value.denominator == 1 and exponent < WRITTEN_DIGITS
    if whole:
        return Said(_decimal(value, 0, locale), spoken, about=False)
    exact = number.exact and digits * Fraction(10) ** exponent == value
    return Said(f"{mantissa} × 10^{exponent}", spoken, about=not exact)


def _minus(text: str, locale: str) -> str:
    return text.replace("-", words_of(locale).spoken["-"] + " ")


def _zeros(value: Fraction) -> int:
    """How many places the first digit stands behind the point."""
    places = 1
    while abs(value) * 10**places < 1:
        places += 1
    return places


def _terminating(value: Fraction, most: int) -> int | None:
    """The decimals that give `value` in full, or None where that takes too many."""
    for places in range(most + 1):
        if 10**places % value.denominator == 0:
            return places
    return None


def _decimals(value: Fraction, decimals: int) -> int:
    if abs(value) >= 10:
        return 2
    return decimals if abs(value) >= 1 else min(3 + _zeros(value), 9) if value else 0


def _decimal(value: Fraction, places: int, locale: str) -> str:
    """`value`, which has at most `places` decimals, as the locale writes it."""
    digits = Decimal(round(value * 10**places)).as_tuple()
    exact = Decimal((digits.sign, digits.digits, -places))
    pattern = "#,##0." + "#" * places if places else "#,##0"
    return format_decimal(exact, format=pattern, locale=locale_of(locale))


def shortened(text: str, length: int = 40) -> str:
    """`text` cut to `length` characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def restated(expression: str, locale: str) -> tuple[str, str] | None:
    """The sum as it was understood, written and spoken; None where saying it again would be tiresome."""
    try:
        found = tokens(expression)
    except (NotAnExpression, CannotCompute):
        return None
    if len(found) > 12:
        return None
    words = words_of(locale)
    written = _joined([_token(token, _SIGNS | words.written, locale) for token in found])
    spoken = " ".join(_token(token, words.spoken, locale) for token in found)
    return written, ("" if "(" in found else spoken)


def _token(token: Token, words: dict[str, str], locale: str) -> str:
    return said(Number(token), locale).written if isinstance(token, Fraction) else words.get(token, token)


def _joined(parts: list[str]) -> str:
    text = ""
    for part in parts:
        sign_of_number = text.endswith("−") and (not text[:-1] or text[:-1].rstrip().endswith(_BEFORE_A_SIGN))
        close = part.strip() in _CLOSE_TO_LEFT or text.endswith(_CLOSE_TO_RIGHT) or sign_of_number
        gap = "" if close or not text else " "
        text += gap + part
    return text


@lru_cache(maxsize=64)
def locale_of(locale: str) -> Locale:
    """The locale as CLDR has it; its language, else American English where that is not known."""
    for name in (locale.replace("_", "-"), locale.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "US")
