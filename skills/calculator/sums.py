"""A sum in words, turned into an expression: "what is 15 percent of 80" is "15 % of 80"."""

import re

from skills.calculator.numbers import plain

LONGEST = 300  # characters

_CARRIER = re.compile(
    r"^(?:(?:please|hey|ok|okay|so|nexus|can you|could you|would you|will you|i need to know|i want to know|"
    r"do you know|do the maths?|tell me|work out|workout|figure out|calculate|compute|solve|evaluate|give me|show me|"
    r"what(?:'s| is| are| does| do you get for| would be| do i get for)|whats|how much(?: is| are|'s| does)?|how many is|"
    r"the answer to|the result of|the value of|equals?|a|an|the)\b[\s,:]*)+"
)
_END = re.compile(r"(?:[\s,]*(?:for me|please|thanks|equals?(?: what)?|is what|make|be|is|=)|[?.=\s])+$")
_MONEY = re.compile(r"[$£€]|\b(?:dollars?|pounds|euros?|bucks|quid)\b")
_N = r"(-?(?:\d+(?:\.\d+)?|\([^()]*\)) ?(?:%|percent)?)"  # a number as it stands after `plain`

_SHAPES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (rf"^add {_N} (?:and|to|plus) {_N}$", r"\1 + \2"),
        (rf"^(?:subtract|take|deduct) {_N} (?:away )?from {_N}$", r"\2 - \1"),
        (rf"^multiply {_N} (?:by|and|with|times) {_N}$", r"\1 * \2"),
        (rf"^(?:divide|split|share) {_N} (?:by|between|among|over|into) {_N}(?: ways| people| parts)?$", r"\1 / \2"),
        (rf"^(?:remainder (?:when|if) you divide|remainder of) {_N} (?:by|divided by|over|and) {_N}$", r"\1 mod \2"),
        (rf"^(?:sum of|sum) {_N} (?:and|plus) {_N}$", r"\1 + \2"),
        (rf"^product of {_N} (?:and|times) {_N}$", r"\1 * \2"),
        (rf"^difference between {_N} and {_N}$", r"\2 - \1"),
        (rf"^quotient of {_N} and {_N}$", r"\1 / \2"),
        (rf"^{_N} as a (?:percentage|percent|%) of {_N}$", r"\1 / \2 as %"),
        (rf"^(?:what )?(?:percent|percentage|%) (?:of )?{_N} is {_N}$", r"\2 / \1 as %"),
        (rf"^{_N} (?:off|off of) {_N}$", r"\2 - \1"),
        (rf"^{_N} tip (?:on|for|of) {_N}$", r"\1 of \2"),
        (rf"^(?:double|twice) {_N}$", r"2 * \1"),
        (rf"^(?:triple|thrice) {_N}$", r"3 * \1"),
        (rf"^half {_N}$", r"\1 / 2"),
    )
)
_AVERAGE = re.compile(r"^(?:average|mean)(?: of)? (.+)$")
_TOTAL = re.compile(r"^(?:sum|total)(?: of)? (.+)$")
_LIST = re.compile(r"\s*(?:,|\band\b|\bplus\b)\s*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

_WORDS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bsquare root(?: of)?\b|\bsquareroot(?: of)?\b|(?<!cube )\broot of\b", " sqrt "),
        (r"\bcube root(?: of)?\b", " cbrt "),
        (r"\bnatural (?:log|logarithm)(?: of)?\b", " ln "),
        (r"\b(?:log|logarithm)(?: of)?\b", " log "),
        (r"\b(?:raised )?to the (\d+)(?:st|nd|rd|th)(?: power)?\b", r" ^ \1 "),
        (r"\b(?:raised )?to the power(?: of)?\b|\braised to\b|\bto the\b(?= -?\d)", " ^ "),
        (r"\bsquared\b", " ^ 2 "),
        (r"\bcubed\b", " ^ 3 "),
        (r"\bper ?cent\b|\bpct\b", " % "),
        (r"\b(?:multiplied by|multiply by|times)\b|(?<=[\d)])\s*x\s*(?=[\d(])", " * "),
        (r"\b(?:divided by|divide by|over)\b", " / "),
        (r"\b(?:plus|added to)\b|(?<=\d) and (?=\d)", " + "),
        (r"\b(?:minus|less|negative)\b", " - "),
        (r"\bmodulo\b", " mod "),
        (r"\bfactorial(?: of)? (\d+)\b", r" \1 ! "),
        (r"\bfactorial\b", " ! "),
        (r"\bopen (?:bracket|parenthesis)\b", " ( "),
        (r"\bclosed? (?:bracket|parenthesis)\b", " ) "),
    )
)


def sum_in(text: str) -> str:
    """The sum that `text` asks for, without the words around it; empty where there is none."""
    text = _END.sub("", _CARRIER.sub("", text[:LONGEST].strip().casefold().replace("’", "'"))).strip()
    return "" if text in _NO_SUM else text


_NO_SUM = frozenset(
    {
        "do a sum",
        "sum",
        "i have a math problem",
        "do some arithmetic",
        "do some math",
        "do some maths",
        "do a calculation",
    }
)


def expression_of(text: str) -> str:
    """The expression behind a sum in words. What it cannot turn stays as it is, for the parser to refuse."""
    text = " ".join(_MONEY.sub(" ", plain(text[:LONGEST])).split())
    text = _END.sub("", _CARRIER.sub("", text)).strip()
    text = _shaped(_listed(text))
    for pattern, replacement in _WORDS:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def _shaped(text: str) -> str:
    for pattern, replacement in _SHAPES:
        if pattern.match(text):
            return pattern.sub(replacement, text)
    return text


def _listed(text: str) -> str:
    """The average or total of a list of numbers as an expression."""
    average, total = _AVERAGE.match(text), _TOTAL.match(text)
    match = average or total
    numbers = [part for part in _LIST.split(match[1]) if part] if match else []
    if not numbers or not all(_NUMBER.fullmatch(number) for number in numbers):
        return text
    added = " + ".join(numbers)
    return f"({added}) / {len(numbers)}" if average else added
