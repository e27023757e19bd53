"""An arithmetic expression: tokens, and their value by precedence climbing. No eval, no names but those listed here.

sum     = product (("+" | "-") product)*        a bare percentage after + or - is of what stands before it
product = signed (("*" | "/" | "mod" | "of") signed | "(" …)*
signed  = ("-" | "+") signed | power
power   = suffixed ("^" signed)?
suffixed = atom ("!" | "%")*
atom    = number | "pi" | "(" sum ")" | function signed
"""

import re
from fractions import Fraction

from skills.calculator import exact
from skills.calculator.exact import CannotCompute, Number, bounded

TOKENS = 120
DEPTH = 40
DIGITS = 200

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)(?:e([+-]?\d{1,3})(?![\w.]))?|([^\W\d_]+)|(\*\*|[-+*/^%!()]))")
_FUNCTIONS = {
    "sqrt": exact.root,
    "cbrt": exact.cube_root,
    "log": exact.logarithm,
    "ln": exact.natural_logarithm,
}
_PI = Number(Fraction(3141592653589793238462643383279503, 10**33), exact=False)
_WORDS = frozenset({*_FUNCTIONS, "pi", "mod", "of"})

Token = str | Fraction


class NotAnExpression(Exception):
    """The text is not a sum. `word` is what could not be read, if there is one."""

    def __init__(self, word: str = "") -> None:
        super().__init__(f"cannot read {word!r}" if word else "not an expression")
        self.word = word


def evaluate(text: str) -> Number:
    """The value of `text`. Raises NotAnExpression, or CannotCompute where there is no answer."""
    return _Parser(tokens(text)).value()


def tokens(text: str) -> list[Token]:
    """Numbers as fractions, everything else as itself. Raises NotAnExpression."""
    found: list[Token] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotAnExpression(text[at : at + 20].strip())
        found.append(_token(match))
        at = match.end()
        if len(found) > TOKENS:
            raise CannotCompute("too_long")
    if not found:
        raise NotAnExpression
    return found


def _token(match: re.Match[str]) -> Token:
    number, exponent, word, sign = match.groups()
    if number:
        if len(number) > DIGITS:
            raise CannotCompute("too_big")
        return Fraction(number) * Fraction(10) ** int(exponent or 0)
    if word and word not in _WORDS:
        raise NotAnExpression(word)
    return str(word or sign).replace("**", "^")


class _Parser:
    """Reads tokens once, from left to right. `depth` bounds the nesting."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    def value(self) -> Number:
        result = self._sum()
        if self._at < len(self._tokens):
            raise NotAnExpression(str(self._tokens[self._at]))
        return result

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *wanted: str) -> str | None:
        token = self._peek()
        if isinstance(token, str) and token in wanted:
            self._at += 1
            return token
        return None

    def _sum(self) -> Number:
        result = self._product()
        while sign := self._take("+", "-"):
            start = self._at
            right = self._product()
            if self._is_bare_percentage(start):
                right = bounded(result.value * right.value, result.exact and right.exact)
            value = result.value + right.value if sign == "+" else result.value - right.value
            result = bounded(value, result.exact and right.exact)
        return result

    def _is_bare_percentage(self, start: int) -> bool:
        return self._at - start == 2 and self._tokens[self._at - 1] == "%"

    def _product(self) -> Number:
        result = self._signed()
        while True:
            sign = self._take("*", "/", "mod", "of")
            if sign is None and self._peek() not in ("(", "pi", *_FUNCTIONS):
                return result
            result = _combined(sign or "*", result, self._signed())

    def _signed(self) -> Number:
        self._depth += 1
        if self._depth > DEPTH:
            raise CannotCompute("too_deep")
        sign = self._take("+", "-")
        result = self._signed() if sign else self._power()
        self._depth -= 1
        return Number(-result.value, result.exact) if sign == "-" else result

    def _power(self) -> Number:
        base = self._suffixed()
        return exact.power(base, self._signed()) if self._take("^") else base

    def _suffixed(self) -> Number:
        result = self._atom()
        while sign := self._take("!", "%"):
            result = exact.product_to(result) if sign == "!" else bounded(result.value / 100, result.exact)
        return result

    def _atom(self) -> Number:
        piece = self._peek()
        self._at += 1
        if isinstance(piece, Fraction):
            return bounded(piece, exact=True)
        if piece == "pi":
            return _PI
        if piece == "(":
            result = self._sum()
            self._take(")")  # a missing last bracket is forgiven, as on a pocket calculator
            return result
        if piece in _FUNCTIONS:
            self._take("of")
            return _FUNCTIONS[piece](self._signed())
        raise NotAnExpression(str(piece or ""))


def _combined(sign: str, left: Number, right: Number) -> Number:
    if sign == "/":
        return exact.divide(left, right)
    if sign == "mod":
        return exact.remainder(left, right)
    return bounded(left.value * right.value, left.exact and right.exact)
