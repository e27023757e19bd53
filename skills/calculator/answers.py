"""What the calculator answers to sums and conversions, in the person's language."""

from contextlib import suppress
from fractions import Fraction

from shared.skill import TurnContext
from shared.turn import Elicit, Reply
from skills.calculator import conversion, units
from skills.calculator.conversion import Part, UnknownUnit
from skills.calculator.exact import BITS, CannotCompute, Number
from skills.calculator.expression import NotAnExpression, evaluate
from skills.calculator.sums import expression_of, sum_in
from skills.calculator.units import Unit, UnitsDiffer, named
from skills.calculator.wording import restated, said, shortened
from skills.calculator.words import words_of


def compute(turn: TurnContext) -> Reply:
    """The value of a sum; of a conversion, should it turn out to be one."""
    slot = turn.slot("expression")
    text = slot.text if slot else turn.text
    expression = expression_of(sum_in(text, turn.locale) or text, turn.locale)
    try:
        return _result(turn, expression)
    except CannotCompute as error:
        return Reply(text=turn.say(f"cannot.{error}"))
    except NotAnExpression as error:
        return _converted(turn, *conversion.split(text, turn.locale)) or _not_a_sum(turn, error.word)


def _result(turn: TurnContext, expression: str) -> Reply:
    plain, as_percentage, _ = expression.partition(" as %")
    number = evaluate(plain)
    if as_percentage:
        number = Number(number.value * 100, number.exact)
    result, words = said(number, turn.locale), words_of(turn.locale)
    written = result.written + (words.written["%"] if as_percentage else "")
    spoken = result.spoken + (f" {words.spoken['%']}" if as_percentage else "")
    shown = None if as_percentage else restated(plain, turn.locale)
    about = ".about" if result.about else ""
    if shown is None:
        return _told(turn.say(f"that{about}", result=written), turn.say(f"that{about}", result=spoken))
    text = turn.say(f"sum{about}", sum=shown[0], result=written)
    said_back = turn.say(f"sum{about}", sum=shown[1], result=spoken)
    return _told(text, said_back if shown[1] else turn.say(f"that{about}", result=spoken))


def _told(text: str, speech: str) -> Reply:
    return Reply(text=text, speech=None if speech == text else speech)


def _not_a_sum(turn: TurnContext, word: str) -> Reply:
    return Reply(text=turn.say("no_sum.word", word=shortened(word)) if word else turn.say("no_sum"))


def convert(turn: TurnContext) -> Reply:
    """An amount in another unit; a sum, should it turn out to be one. Asks for what is missing."""
    amount, unit = turn.slot("amount"), turn.slot("unit")
    if amount is None:
        first, second = conversion.split(turn.text, turn.locale)
    else:
        first, second = (amount.text, unit.text) if unit else conversion.split(amount.text, turn.locale)
    if any(conversion.is_currency(text, turn.locale) for text in (f"{first} {second}", turn.text)):
        return Reply(text=turn.say("no_money"))
    if not first:
        return _ask(turn, "ask.amount", "amount")
    return _converted(turn, first, second) or _unclear(turn, first, second)


def _unclear(turn: TurnContext, first: str, second: str) -> Reply:
    """The answer where something could not be read: the sum it is after all, a question, or what is not known."""
    with suppress(NotAnExpression, CannotCompute):
        return _result(turn, expression_of(first, turn.locale))
    try:
        conversion.amount(first, turn.locale)
    except UnknownUnit as error:
        return _unknown_unit(turn, error.said or first)
    return _unknown_unit(turn, second) if second else _ask(turn, "ask.unit", "unit")


def _unknown_unit(turn: TurnContext, unit: str) -> Reply:
    return Reply(text=turn.say("unknown.unit", unit=shortened(unit)))


def _converted(turn: TurnContext, first: str, second: str) -> Reply | None:
    """The conversion of `first` into `second`, or None where one of them is not understood."""
    if not first or not second:
        return None
    try:
        targets = conversion.target(second, turn.locale)
        parts = conversion.amount(first, turn.locale, beside=targets[0])
        targets = tuple(units.fitting(target, parts[0].unit, turn.locale) for target in targets)
    except UnknownUnit:
        return None
    source = " ".join(_quantity(_count(part), part.unit, turn.locale)[0] for part in parts)
    try:
        value = sum((units.convert(_count(part), part.unit, targets[0]) for part in parts), Fraction(0))
    except UnitsDiffer:
        return Reply(text=turn.say("units_differ", amount=source, unit=units.name_of(targets[0], turn.locale)))
    except ZeroDivisionError:
        return Reply(text=turn.say("cannot.zero"))
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
        return Reply(text=turn.say("cannot.too_big"))
    return _stated(turn, source, value, targets)


def _stated(turn: TurnContext, source: str, value: Fraction, targets: tuple[Unit, ...]) -> Reply:
    """ "26.2 miles is about 42.16 kilometres", "180 centimetres is about 5 feet and 10.87 inches"."""
    if len(targets) == 2:
        whole, rest = divmod(value, 1)
        big = _quantity(Fraction(whole), targets[0], turn.locale)
        small = _quantity(units.convert(rest, targets[0], targets[1]), targets[1], turn.locale)
        both = [turn.say("two", first=one, second=other) for one, other in zip(big[:2], small[:2], strict=True)]
        written, spoken, about = both[0], both[1], small[2]
    else:
        written, spoken, about = _quantity(value, targets[0], turn.locale)
    key = "unit.about" if about else "unit"
    one = f"{key}.one"  # "1 Meile ist", "2 Meilen sind"
    key = one if source.startswith("1 ") and one in turn.answers else key
    return _told(turn.say(key, sum=source, result=written), turn.say(key, sum=source, result=spoken))


def _count(part: Part) -> Fraction:
    return Fraction(1) if part.count is None else part.count


def _quantity(value: Fraction, unit: Unit, locale: str) -> tuple[str, str, bool]:
    """Written, spoken, and whether it was rounded."""
    number = said(Number(value), locale, decimals=2, kept=3)
    return named(unit, value, number.written, locale), named(unit, value, number.spoken, locale), number.about


def _ask(turn: TurnContext, key: str, slot: str) -> Reply:
    question = turn.say(key)
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit("calculator.convert", slot))
