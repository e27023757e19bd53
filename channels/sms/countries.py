"""The locale of a telephone number: what most people speak where it is from, of the languages that NEXUS speaks."""

from functools import lru_cache

from babel.core import get_global
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from shared.locales import DEFAULT, LANGUAGES

_LONGEST_CODE = 3


def locale_of(number: str) -> str:
    """`de-AT` of `+43664…`; that of those who say nothing about theirs for short codes and names."""
    if not number.startswith("+"):
        return DEFAULT
    codes = (number[1 : 1 + length] for length in range(1, _LONGEST_CODE + 1))
    return next((_of_country(int(code)) for code in codes if _is_code(code)), DEFAULT)


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) in COUNTRY_CODE_TO_REGION_CODE


@lru_cache(maxsize=256)
def _of_country(code: int) -> str:
    region = COUNTRY_CODE_TO_REGION_CODE[code][0]
    spoken = get_global("territory_languages").get(region, {})
    official = {name: about["population_percent"] for name, about in spoken.items() if about.get("official_status")}
    known = [name for name in official if name in LANGUAGES]
    return f"{max(known, key=official.__getitem__)}-{region}" if known else DEFAULT
