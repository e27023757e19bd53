"""A sum in words, turned into an expression: "what is 15 percent of 80" is "15 % of 80"."""

import re

from skills.calculator.numbers import plain
from skills.calculator.words import Rules, Sums, applied, words_of

LONGEST = 300  # characters

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TIMES = re.compile(r"(?<=[\d)])\s*x\s*(?=[\d(])")


def sum_in(text: str, locale: str) -> str:
    """The sum that `text` asks for, without the words around it; empty where there is none."""
    return words_of(locale).sums.around.within(text[:LONGEST].strip().lower().replace("’", "'"))


def expression_of(text: str, locale: str) -> str:
    """The expression behind a sum in words. What it cannot turn stays as it is, for the parser to refuse."""
    sums = words_of(locale).sums
    text = " ".join(sums.money.sub(" ", plain(text[:LONGEST], locale)).split())
    text = _shaped(_listed(sums.around.within(text), sums), sums.shapes)
    return " ".join(_TIMES.sub(" * ", applied(sums.operators, text)).split())


def _shaped(text: str, shapes: Rules) -> str:
    return next((pattern.sub(made, text) for pattern, made in shapes if pattern.match(text)), text)


def _listed(text: str, sums: Sums) -> str:
    """The average or total of a list of numbers as an expression."""
    average, total = sums.average.fullmatch(text), sums.total.fullmatch(text)
    match = average or total
    numbers = [part for part in sums.joint.split(match[1]) if part] if match else []
    if not numbers or not all(_NUMBER.fullmatch(number) for number in numbers):
        return text
    added = " + ".join(numbers)
    return f"({added}) / {len(numbers)}" if average else added
