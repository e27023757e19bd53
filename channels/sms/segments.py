"""How many segments a text costs: GSM-7 holds 160 characters, 153 each in parts; UCS-2 holds 70, 67 each in parts.

3GPP TS 23.038 (the alphabet, 6.2.1, and its extension, whose characters count two), TS 23.040 9.2.3.24 (parts). Neither an
escaped character nor a surrogate pair is torn apart between two parts.
"""

import re
from typing import Literal

from msgspec import Struct

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"

GSM_ALONE, GSM_PART = 160, 153  # septets
UCS_ALONE, UCS_PART = 70, 67  # UTF-16 code units

_GSM = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*")
_EXTENDED = re.compile(f"[{re.escape(EXTENSION)}]")
_IS_BASIC, _IS_EXTENDED = frozenset(BASIC), frozenset(EXTENSION)


class Segments(Struct, frozen=True):
    """What a text costs: its encoding, its length in units of it (septets, UTF-16 code units), and the segments."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def segments(text: str) -> Segments:
    """What `text` costs. Nothing costs a segment too."""
    meter = Meter()
    meter.add(text)
    return Segments("GSM-7" if meter.gsm else "UCS-2", meter.units, meter.count)


def utf16_units(text: str) -> int:
    """The length of `text` as carriers count characters: what lies beyond the basic plane counts two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-be", "surrogatepass")) // 2


def surely_fits(text: str, most: int) -> bool:
    """Whether `text` costs at most `most` segments, by a quick look: False where it would have to be counted."""
    if most == 1:
        gsm, ucs = GSM_ALONE, UCS_ALONE
    else:
        gsm, ucs = most * (GSM_PART - 1), most * (UCS_PART - 1)
    if len(text) <= ucs // 2:
        return True
    if _GSM.fullmatch(text):
        return len(text) + len(_EXTENDED.findall(text)) <= gsm
    return utf16_units(text) <= ucs


class _Packing:
    """Fills parts of `size` units one character after the other; a text of up to `alone` units needs no parts."""

    __slots__ = ("_alone", "_fill", "_parts", "_size", "units")

    def __init__(self, alone: int, size: int) -> None:
        self._alone, self._size = alone, size
        self._parts, self._fill, self.units = 1, 0, 0

    def add(self, units: int) -> None:
        self.units += units
        self._fill += units
        if self._fill > self._size:
            self._parts += 1
            self._fill = units

    @property
    def count(self) -> int:
        return 1 if self.units <= self._alone else self._parts


class Meter:
    """Counts segments while a text grows."""

    def __init__(self) -> None:
        self.gsm = True
        self._septets, self._units = _Packing(GSM_ALONE, GSM_PART), _Packing(UCS_ALONE, UCS_PART)

    def add(self, text: str) -> None:
        """The text goes on with `text`."""
        for character in text:
            if self.gsm:
                self._add_septets(character)
            self._units.add(2 if character > "\uffff" else 1)

    @property
    def count(self) -> int:
        """Segments so far."""
        return self._septets.count if self.gsm else self._units.count

    @property
    def units(self) -> int:
        """Units of the encoding so far."""
        return self._septets.units if self.gsm else self._units.units

    def _add_septets(self, character: str) -> None:
        if character in _IS_BASIC:
            self._septets.add(1)
        elif character in _IS_EXTENDED:
            self._septets.add(2)
        else:
            self.gsm = False
