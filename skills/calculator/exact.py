"""Exact numbers with bounds: rationals as long as they can be, else 34 significant digits, never too big to handle."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from fractions import Fraction
from math import factorial, isqrt

from msgspec import Struct

BITS = 8_000  # numerator and denominator stay below 2 to this power
FACTORIALS = 800
_CONTEXT = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emax=9999, Emin=-9999, traps=[InvalidOperation, DivisionByZero, Overflow]
)


class CannotCompute(Exception):
    """The sum has no answer, or none that can be given. The text is a key: the answer `cannot.KEY` says so to a person."""


class Number(Struct, frozen=True):
    """A value; `exact` is False where a root or logarithm had to be rounded."""

    value: Fraction
    exact: bool = True


def bounded(value: Fraction, exact: bool) -> Number:
    """`value` as a Number. Raises CannotCompute when it is too big."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
        raise CannotCompute("too_big")
    return Number(value, exact)


def divide(left: Number, right: Number) -> Number:
    """left / right."""
    _refuse_zero(right)
    return bounded(left.value / right.value, left.exact and right.exact)


def remainder(left: Number, right: Number) -> Number:
    """What is left of `left` after taking out `right` as often as it fits."""
    _refuse_zero(right)
    return bounded(left.value % right.value, left.exact and right.exact)


def _refuse_zero(divisor: Number) -> None:
    if divisor.value == 0:
        raise CannotCompute("zero")


def power(base: Number, exponent: Number) -> Number:
    """base ** exponent: exact for whole exponents, else rounded."""
    exact = base.exact and exponent.exact
    if exponent.value.denominator == 1:
        return _whole_power(base.value, int(exponent.value), exact)
    if base.value < 0:
        raise CannotCompute("broken_power")
    if exponent.value == Fraction(1, 2):
        return root(base)
    return _rounded(lambda: _decimal(base.value) ** _decimal(exponent.value))


def _whole_power(base: Fraction, exponent: int, exact: bool) -> Number:
    if base == 0 and exponent < 0:
        raise CannotCompute("zero")
    if base in (0, 1):
        return Number(base ** min(abs(exponent), 1), exact)
    if base == -1:
        return Number(base ** (exponent % 2), exact)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if (bits - 1) * abs(exponent) > BITS:
        raise CannotCompute("too_big")
    return bounded(base**exponent, exact)


def root(number: Number) -> Number:
    """The square root: exact for squares of rationals."""
    value = number.value
    if value < 0:
        raise CannotCompute("negative_root")
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        return Number(Fraction(top, bottom), number.exact)
    return _rounded(lambda: _decimal(value).sqrt())


def cube_root(number: Number) -> Number:
    """The real cube root: exact for cubes of rationals."""
    sign = -1 if number.value < 0 else 1
    value = abs(number.value)
    approximate = _rounded(lambda: _decimal(value) ** (Decimal(1) / 3)) if value else Number(Fraction(0))
    for digits in (1, 1_000):  # a whole cube, or a cube of thousandths
        near = Fraction(round(approximate.value * digits), digits)
        if near**3 == value:
            return Number(sign * near, number.exact)
    return Number(sign * approximate.value, exact=False)


def logarithm(number: Number) -> Number:
    """The logarithm to base ten: exact for whole powers of ten."""
    _refuse_no_logarithm(number)
    result = _rounded(lambda: _decimal(number.value).log10())
    whole = round(result.value)
    is_power_of_ten = whole == result.value and Fraction(10) ** whole == number.value
    return Number(result.value, exact=is_power_of_ten and number.exact)


def natural_logarithm(number: Number) -> Number:
    """The logarithm to base e."""
    _refuse_no_logarithm(number)
    if number.value == 1:
        return Number(Fraction(0), number.exact)
    return _rounded(lambda: _decimal(number.value).ln())


def _refuse_no_logarithm(number: Number) -> None:
    if number.value <= 0:
        raise CannotCompute("logarithm")


def product_to(number: Number) -> Number:
    """The factorial."""
    if number.value.denominator != 1 or number.value < 0:
        raise CannotCompute("factorial")
    if number.value > FACTORIALS:
        raise CannotCompute("too_big")
    return bounded(Fraction(factorial(int(number.value))), number.exact)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _rounded(work_out: Callable[[], Decimal]) -> Number:
    with localcontext(_CONTEXT):
        try:
            return bounded(Fraction(work_out()), exact=False)
        except (Overflow, InvalidOperation) as error:
            raise CannotCompute("too_big") from error
