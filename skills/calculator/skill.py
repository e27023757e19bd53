"""The calculator: sums and unit conversion, exact as long as can be, and clear where there is no answer."""

import asyncio
from contextlib import suppress
from fractions import Fraction

from shared.skill import Skill, TurnContext, intent
from shared.turn import Elicit, Reply, SlotValue
from skills.calculator import conversion, units
from skills.calculator.conversion import Part, UnknownUnit
from skills.calculator.exact import BITS, CannotCompute, Number
from skills.calculator.expression import NotAnExpression, evaluate
from skills.calculator.sums import expression_of, sum_in
from skills.calculator.units import Unit, UnitsDiffer
from skills.calculator.wording import Said, named, restated, said, shortened

NO_CURRENCY = "I can't convert money: exchange rates change all the time, and I don't look them up."
WHAT_CONVERSION = "What shall I convert, and into what?"


class Calculator(Skill):
    """Answers `calculator.*`. Worked out beside the event loop: the libraries take half a second to load at their first use."""

    @intent("calculator.compute")
    async def compute(self, turn: TurnContext) -> Reply:
        """The value of a sum."""
        return await asyncio.to_thread(compute, turn)

    @intent("calculator.convert")
    async def convert(self, turn: TurnContext) -> Reply:
        """An amount in another unit."""
        return await asyncio.to_thread(convert, turn)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """`expression`, or `amount` and `unit`, as they were said."""
        if intent == "calculator.compute":
            found = {"expression": sum_in(text)}
        elif intent == "calculator.convert":
            found = dict(zip(("amount", "unit"), conversion.split(text), strict=True))
        else:
            found = {}
        return {name: SlotValue(value, value) for name, value in found.items() if value}


def compute(turn: TurnContext) -> Reply:
    """The value of a sum; of a conversion, should it turn out to be one."""
    slot = turn.slot("expression")
    text = slot.text if slot else turn.text
    expression = expression_of(sum_in(text) or text)
    try:
        return _result(expression, turn.locale)
    except CannotCompute as error:
        return Reply(text=str(error))
    except NotAnExpression as error:
        return _converted(*conversion.split(text), turn.locale) or _not_a_sum(error.word)


def _result(expression: str, locale: str) -> Reply:
    plain, as_percentage, _ = expression.partition(" as %")
    number = evaluate(plain)
    if as_percentage:
        number = Number(number.value * 100, number.exact)
    result = said(number, locale)
    written, spoken = _with_unit(result, "%" if as_percentage else "", " percent" if as_percentage else "")
    shown = None if as_percentage else restated(plain, locale)
    text = f"{shown[0]} {_is(result)} {written}." if shown else f"{_that(result)} {written}."
    speech = f"{shown[1]} {_is(result)} {spoken}." if shown and shown[1] else f"{_that(result)} {spoken}."
    return Reply(text=text, speech=None if speech == text else speech)


def _with_unit(result: Said, written: str, spoken: str) -> tuple[str, str]:
    return result.written + written, result.spoken + spoken


def _is(result: Said) -> str:
    return "is about" if result.about else "is"


def _that(result: Said) -> str:
    return "That's about" if result.about else "That's"


def _not_a_sum(word: str) -> Reply:
    reason = f": I don't understand “{shortened(word)}”." if word else "."
    return Reply(text=f"I can't work that out{reason} Try something like “seven times six” or “15 percent of 80”.")


def convert(turn: TurnContext) -> Reply:
    """An amount in another unit; a sum, should it turn out to be one. Asks for what is missing."""
    amount, unit = turn.slot("amount"), turn.slot("unit")
    if amount is None:
        first, second = conversion.split(turn.text)
    else:
        first, second = (amount.text, unit.text) if unit else conversion.split(amount.text)
    if conversion.is_currency(f"{first} {second}") or conversion.is_currency(turn.text):
        return Reply(text=NO_CURRENCY)
    if not first:
        return _ask(WHAT_CONVERSION, "calculator.convert", "amount")
    return _converted(first, second, turn.locale) or _unclear(first, second, turn.locale)


def _unclear(first: str, second: str, locale: str) -> Reply:
    """The answer where something could not be read: the sum it is after all, a question, or what is not known."""
    with suppress(NotAnExpression, CannotCompute):
        return _result(expression_of(first), locale)
    try:
        conversion.amount(first, locale)
    except UnknownUnit as error:
        return _unknown_unit(error.said or first)
    if not second:
        return _ask("Into which unit?", "calculator.convert", "unit")
    return _unknown_unit(second)


def _unknown_unit(said: str) -> Reply:
    return Reply(text=f"I don't know a unit called “{shortened(said)}”.")


def _converted(first: str, second: str, locale: str) -> Reply | None:
    """The conversion of `first` into `second`, or None where one of them is not understood."""
    if not first or not second:
        return None
    try:
        targets = conversion.target(second, locale)
        parts = conversion.amount(first, locale, beside=targets[0])
        targets = tuple(units.fitting(target, parts[0].unit, locale) for target in targets)
    except UnknownUnit:
        return None
    source = " ".join(_amount(part, locale) for part in parts)
    try:
        value = sum((units.convert(_count(part), part.unit, targets[0]) for part in parts), Fraction(0))
    except UnitsDiffer:
        return Reply(
            text=f"I can't turn {source} into {named(targets[0].many, locale)}: they measure different things."
        )
    except ZeroDivisionError:
        return Reply(text="Dividing by zero has no answer.")
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS:
        return Reply(text="That number is too big for me.")
    return _stated(source, value, targets, locale)


def _stated(source: str, value: Fraction, targets: tuple[Unit, ...], locale: str) -> Reply:
    """ "26.2 miles is about 42.16 kilometres", "180 centimetres is about 5 feet and 10.87 inches"."""
    if len(targets) == 2:
        whole, rest = divmod(value, 1)
        small = units.convert(rest, targets[0], targets[1])
        pieces = [_quantity(Fraction(whole), targets[0], locale), _quantity(small, targets[1], locale)]
        about = "about " if pieces[1][2] else ""
        return Reply(text=f"{source} is {about}{pieces[0][0]} and {pieces[1][0]}.")
    written, spoken, about_ = _quantity(value, targets[0], locale)
    about = "about " if about_ else ""
    text, speech = f"{source} is {about}{written}.", f"{source} is {about}{spoken}."
    return Reply(text=text, speech=None if speech == text else speech)


def _count(part: Part) -> Fraction:
    return Fraction(1) if part.count is None else part.count


def _amount(part: Part, locale: str) -> str:
    return _quantity(_count(part), part.unit, locale)[0]


def _quantity(value: Fraction, unit: Unit, locale: str) -> tuple[str, str, bool]:
    """Written, spoken, and whether it was rounded."""
    number = said(Number(value), locale, decimals=2, kept=3)
    name = named(unit.one if value == 1 else unit.many, locale)
    return f"{number.written} {name}", f"{number.spoken} {name}", number.about


def _ask(question: str, intent: str, slot: str) -> Reply:
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit(intent, slot))
