"""How a value is said back, in the person's language: dates, times, lengths, money, amounts as CLDR writes them."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.understanding.values.language import Language, language

if TYPE_CHECKING:
    from babel import Locale

_ISO = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")
_UNITS = ("year", "month", "day", "hour", "minute", "second")
_ORDINALS = {"de": "{}.", "es": "{}.º", "it": "{}º", "fr": "{}e"}


def number(value: Any, tongue: Language) -> str:
    """ "1.234,5" """
    from babel.numbers import format_decimal

    return format_decimal(Decimal(str(value)), locale=tongue.locale)


def ordinal(value: Any, tongue: Language) -> str:
    """ "3rd", "3.", "1er" """
    if value < 0:
        return next((said for said, rank in tongue.data["numbers"]["ordinals"].items() if rank == value), str(value))
    if tongue.code == "fr" and value == 1:
        return "1er"
    return _ORDINALS[tongue.code].format(value) if tongue.code in _ORDINALS else f"{value}{_english_suffix(value)}"


def _english_suffix(value: int) -> str:
    return "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def percentage(value: Any, tongue: Language) -> str:
    """ "20 %" """
    from babel.numbers import format_percent

    return format_percent(Decimal(str(value)) / 100, locale=tongue.locale, decimal_quantization=False)


def day(value: Any, tongue: Language) -> str:
    """ "Donnerstag, 24. Dezember 2026" """
    from babel.dates import format_date

    return format_date(date.fromisoformat(value), "full", locale=tongue.locale)


def hour(value: Any, tongue: Language) -> str:
    """ "3:00 PM", "15:00" """
    from babel.dates import format_time

    return format_time(time.fromisoformat(value), "short", locale=tongue.locale)


def moment(value: Any, tongue: Language) -> str:
    """The day, the time, or both: what was said."""
    at = datetime.fromisoformat(value["at"])
    said_day, said_hour = day(at.date().isoformat(), tongue), hour(at.time().isoformat(), tongue)
    if value["said"] != "datetime":
        return said_day if value["said"] == "date" else said_hour
    pattern = str(tongue.locale.datetime_formats["medium"]).replace("'", "")
    return pattern.format(said_hour, said_day)


def duration(value: Any, tongue: Language) -> str:
    """ "1 Stunde und 30 Minuten" """
    from babel.lists import format_list

    match = _ISO.fullmatch(value["iso"])
    counts = match.groups() if match else ()
    said = [
        _unit(Decimal(count), f"duration-{unit}", tongue.locale)
        for count, unit in zip(counts, _UNITS, strict=False)
        if count
    ]
    return format_list(said, locale=tongue.locale) if said else _unit(Decimal(0), "duration-second", tongue.locale)


def _unit(count: Decimal, unit: str, locale: "Locale") -> str:
    from babel.units import format_unit

    long, short = (format_unit(count, unit, length, locale=locale) for length in ("long", "short"))
    return short if unit in long else long  # where both are alike CLDR has the short one only


def money(value: Any, tongue: Language) -> str:
    """ "12,50 €" """
    from babel.numbers import format_currency

    amount = Decimal(value["amount"])
    return format_currency(amount, value["currency"], locale=tongue.locale, decimal_quantization=False)


def quantity(value: Any, tongue: Language) -> str:
    """ "2 Kilogramm"; the unit as pint writes it where CLDR has no words."""
    from core.understanding.values.quantities import units

    unit = next((cldr for cldr, pint in units().items() if pint == value["unit"]), "")
    if not unit:
        return f"{number(value['amount'], tongue)} {value['unit'].replace('_', ' ')}"
    return _unit(Decimal(str(value["amount"])), unit, tongue.locale)


def phone(value: Any, tongue: Language) -> str:
    """ "030 901820" at home, "+49 30 901820" elsewhere."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return str(value)
    return phonenumbers.format_out_of_country_calling_number(parsed, tongue.region)


def place(value: Any, tongue: Language) -> str:
    """ "Paris, Frankreich"; a country by itself."""
    name, country = str(value["name"]), str(tongue.locale.territories.get(value["country"], value["country"]))
    english = language("en-US").locale.territories.get(value["country"])
    if name in (english, country):
        return country
    return name if value["country"] == tongue.region else f"{name}, {country}"


def choice(value: Any, tongue: Language) -> str:
    """The identifier with blanks; a list has its own words for people."""
    return str(value).replace("_", " ")


def boolean(value: Any, tongue: Language) -> str:
    """ "yes", "nein" """
    said: list[str] = tongue.data["boolean"]["yes" if value else "no"]
    return said[0]


def plain(value: Any, tongue: Language) -> str:
    """As it is."""
    return str(value)


Wording = Callable[[Any, Language], str]
