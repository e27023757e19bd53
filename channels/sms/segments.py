"""How many segments a text costs: GSM-7 holds 160 characters, 153 each in parts; UCS-2 holds 70, 67 each in parts.

3GPP TS 23.038 (the alphabet, 6.2.1, and its extension, whose characters count two), TS 23.040 9.2.3.24 (parts). Neither an
escaped character nor a surrogate pair is torn apart between two parts.
"""

import re
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"

GSM_ALONE, GSM_PART = 160, 153  # septets
UCS_ALONE, UCS_PART = 70, 67  # UTF-16 code units
MOST_UNITS, LEAST_ROOM = 2, UCS_PART - 1  # units of a character, and of a part that one of two units did not fit into

_GSM = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*")

Units = Callable[[str], int]
"""How many units a text has in an encoding; one character has one or two."""


class Segments(Struct, frozen=True):
    """What a text costs: its encoding, its length in units of it (septets, UTF-16 code units), and the segments."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


class _Encoding(Struct, frozen=True):
    """How an encoding counts, the units of a text that needs no parts, and those of a part."""

    name: Literal["GSM-7", "UCS-2"]
    units: Units
    alone: int
    part: int


def utf16_units(text: str) -> int:
    """The length of `text` as carriers count characters: what lies beyond the basic plane counts two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-be", "surrogatepass")) // 2


def _septets(text: str) -> int:
    return len(text) + sum(map(text.count, EXTENSION))


_GSM_7 = _Encoding("GSM-7", _septets, GSM_ALONE, GSM_PART)
_UCS_2 = _Encoding("UCS-2", utf16_units, UCS_ALONE, UCS_PART)


def segments(text: str) -> Segments:
    """What `text` costs. Nothing costs a segment too."""
    encoding = _GSM_7 if _GSM.fullmatch(text) else _UCS_2
    units = encoding.units(text)
    count = 1
    if units > encoding.alone:
        at = fill(text, 0, len(text), encoding.part, encoding.units)
        while at < len(text):
            at, count = fill(text, at, len(text), encoding.part, encoding.units), count + 1
    return Segments(encoding.name, units, count)


def reach(text: str, at: int, label: str, characters: int, most: int) -> int:
    """How far a message of `label` and `text` from `at` on can go; at least one character.

    It holds at most `characters` UTF-16 code units and costs at most `most` segments.
    """
    end = fill(text, at, len(text), characters - utf16_units(label), utf16_units)
    plain = _GSM.match(text, at, end) if _GSM.fullmatch(label) else None
    strange = plain.end() if plain else at  # here begins what turns the whole message into UCS-2
    found = _packed(text, at, strange, label, most, _GSM_7)
    if found == strange < end:
        found = max(found, _packed(text, at, end, label, most, _UCS_2))
    return max(found, at + 1)


def fill(text: str, at: int, end: int, room: int, units: Units) -> int:
    """How far `room` units go from `at`, at most to `end`; a character that counts two is not torn apart."""
    place = min(end, at + max(room, 0))
    # Taking away n characters takes away 2 n units at most: half of the excess never takes away too much.
    while place > at and (over := units(text[at:place]) - room) > 0:
        place -= (over + 1) // 2
    return max(place, at)


def _packed(text: str, at: int, end: int, label: str, most: int, encoding: _Encoding) -> int:
    """How far `most` segments of one encoding go, the first of which begins with `label`."""
    taken = encoding.units(label)
    if most == 1:
        return fill(text, at, end, encoding.alone - taken, encoding.units)
    furthest = max(at, min(end, at + most * encoding.part - taken))
    if encoding.units(text[at:furthest]) == furthest - at:
        return furthest
    place = at
    for _ in range(most):
        place = fill(text, place, end, encoding.part - taken, encoding.units)
        taken = max(0, taken - encoding.part)
    return place
