"""Sums of money: "1.234,56 €", "$5", "five euros and 20 cents", "20 bucks". What "$" and "pounds" are is told by the region."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct

from core.understanding.values import words
from core.understanding.values.context import Context, Span, longest
from core.understanding.values.language import Language, language, value_of
from core.understanding.values.patterns import START, alternatives

_DOLLARS = frozenset(
    ["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "JMD", "BBD", "BSD", "BZD", "FJD", "LRD", "NAD", "TTD", "XCD"]
)
_PESOS = frozenset(["MXN", "ARS", "CLP", "COP", "UYU", "DOP", "CUP", "PHP"])
_SHARED = {  # a name that several currencies have -> those that have it, and which is meant elsewhere
    "dollars": (_DOLLARS, "USD"),
    "$": (_DOLLARS | _PESOS - {"PHP"}, "USD"),
    "pounds": (frozenset(["GBP", "EGP", "LBP", "SYP", "SDG", "GIP", "FKP", "SHP"]), "GBP"),
    "pesos": (_PESOS, "MXN"),
    "francs": (frozenset(["CHF", "XOF", "XAF", "GNF", "CDF", "RWF", "BIF", "DJF", "KMF", "XPF"]), "CHF"),
    "rupees": (frozenset(["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]), "INR"),
    "kr": (frozenset(["SEK", "NOK", "DKK", "ISK"]), "SEK"),
    "¥": (frozenset(["JPY", "CNY"]), "JPY"),
}
_SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS", "zl": "PLN", "₴": "UAH", "฿": "THB",
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "mx$": "MXN", "r$": "BRL", "$": "$", "¥": "¥", "kr": "kr",
}  # fmt: skip
# Codes that people write in small letters as well; others are words ("top", "cup", "all").
_CODES = "usd|eur|gbp|jpy|chf|cad|aud|nzd|cny|inr|mxn|brl|sek|nok|dkk|pln|czk|huf|krw|zar|sgd|hkd"
_PER_WHOLE = 100  # cents to a dollar, pence to a pound


class _Sum(Struct, frozen=True):
    start: int
    end: int
    amount: Decimal
    currency: str
    minor: bool


def find_money(text: str, context: Context) -> list[Span]:
    """`{"amount": "12.50", "currency": "EUR"}`: the amount as a decimal text with the currency's digits at least."""
    tongue = language(context.locale)
    said = tongue.plain(text)
    if not (any(each.isnumeric() for each in said.text) or _special(said.text, tongue)):
        return []
    sums = longest([Span(each.start, each.end, each) for each in _sums(said.text, tongue)])
    whole = _merged([span.value for span in sums], said.text, tongue)
    return [Span(*said.place(each.start, each.end), _json(each)) for each in whole]


def _special(text: str, tongue: Language) -> bool:
    return any(name in text for name in tongue.numerals.special)


def _json(found: _Sum) -> dict[str, str]:
    from babel.numbers import get_currency_precision

    digits = max(get_currency_precision(found.currency), -int(found.amount.normalize().as_tuple().exponent))
    return {"amount": f"{found.amount:.{digits}f}", "currency": found.currency}


def _sums(text: str, tongue: Language) -> Iterator[_Sum]:
    """Each amount with a currency before or after it."""
    names = _names(tongue)
    for match in _expression(tongue).finditer(text):
        amount = tongue.numerals.value(match["n"] or match["m"])
        said = match["before"] or match["after"]
        currency = _local(value_of(said, names) or said.upper(), tongue)
        yield _Sum(*match.span(), amount, currency, minor=False)
    for match in _minors(tongue).finditer(text):
        amount = tongue.numerals.value(match["n"]) / _PER_WHOLE
        yield _Sum(*match.span(), amount, _minor_currency(match["minor"], tongue), minor=True)


def _merged(sums: list[_Sum], text: str, tongue: Language) -> list[_Sum]:
    """ "5 euros and 20 cents" as one; "5 euros 20" as well, at the end of what is said."""
    joined = re.compile(rf",? ?(?:{words.spelled(tongue.data['money']['and'])})? ?")
    merged: list[_Sum] = []
    for each in sums:
        last = merged[-1] if merged else None
        if last and each.minor and not last.minor and joined.fullmatch(text, last.end, each.start):
            merged[-1] = _Sum(last.start, each.end, last.amount + each.amount, last.currency, minor=True)
        else:
            merged.append(each)
    return [_with_rest(each, text) for each in merged]


def _with_rest(found: _Sum, text: str) -> _Sum:
    rest = re.compile(r" ([0-9]{2})(?= ?(?:$|[.,;!?]))").match(text, found.end)
    if rest is None or found.minor or found.amount % 1 or not text[found.end - 1].isalpha():
        return found
    return _Sum(found.start, rest.end(), found.amount + Decimal(rest[1]) / _PER_WHOLE, found.currency, minor=True)


def _local(name: str, tongue: Language) -> str:
    """The currency of a name; of one that many have, the region's own."""
    if name not in _SHARED:
        return name
    among, usual = _SHARED[name]
    here = _currency_of(tongue.region)
    return here if here in among else usual


def _minor_currency(said: str, tongue: Language) -> str:
    table = {words.spelled(text): name for name, text in tongue.data["money"]["minor"].items()}
    fit = [_local(name, tongue) for pattern, name in table.items() if re.fullmatch(pattern, said)]
    here = _currency_of(tongue.region)
    return here if here in fit else fit[0]


@lru_cache(maxsize=256)
def _currency_of(region: str) -> str:
    from babel.numbers import get_territory_currencies

    found = get_territory_currencies(region)
    return str(found[-1]) if found else ""


@lru_cache(maxsize=64)
def _names(tongue: Language) -> dict[str, str]:
    """What currencies are called, as expressions -> their code, or a name of `_SHARED`. Ours come before CLDR's."""
    money = tongue.data["money"]
    ours = dict(money["main"]) | {name: money[name] for name in _SHARED if name in money}
    found = {words.spelled(said): name for name, said in ours.items()}
    found |= {re.escape(sign): code for sign, code in _SIGNS.items()}
    return found | {name: code for name, code in _library_names(tongue).items() if name not in found}


def _library_names(tongue: Language) -> dict[str, str]:
    """CLDR's names of the currencies in use, one and many; "złoty polski" and the like."""
    from babel.numbers import get_currency_name, is_currency

    found: dict[str, str] = {}
    for code in sorted(_in_use(), key=lambda code: code not in ("USD", "EUR", "GBP", "JPY", "CHF")):
        names = [get_currency_name(code, count, tongue.locale) for count in (None, 1, 2)] if is_currency(code) else []
        for name in names:
            found.setdefault(re.escape(words.folded(name)).replace(r"\ ", " "), code)
    return found


@lru_cache(maxsize=1)
def _in_use() -> frozenset[str]:
    from babel.core import get_global
    from babel.numbers import get_territory_currencies

    regions: Any = get_global("territory_currencies")
    return frozenset(code for region in regions for code in get_territory_currencies(region))


@lru_cache(maxsize=64)
def _expression(tongue: Language) -> re.Pattern[str]:
    said = f"{alternatives(_names(tongue))}|{_CODES}"
    signs = alternatives([*map(re.escape, _SIGNS), "usd", "eur", "gbp", "chf", "cad", "aud", "jpy"])
    amount = tongue.numerals.amount
    return re.compile(
        rf"(?<![\w$€£¥])(?:(?P<before>{signs}) ?(?P<n>{amount})(?![\w%]|[.,][0-9])"
        rf"|(?<![.,/:])(?P<m>{amount})(?: (?:de|di|d'))? ?(?P<after>{said})(?!\w))"
    )


@lru_cache(maxsize=64)
def _minors(tongue: Language) -> re.Pattern[str]:
    minor = alternatives(words.spelled(said) for said in tongue.data["money"]["minor"].values())
    return re.compile(rf"{START}(?P<n>{tongue.numerals.amount}) ?(?P<minor>{minor}|¢)(?!\w)")
