"""Where a text may be cut without tearing apart what people see as one character (after Unicode UAX #29)."""

import unicodedata

_JOINER = "\u200d"
_HANGUL = ("\u1100", "\u11ff")


def is_boundary(text: str, at: int) -> bool:
    """Whether `text` may be cut before its character number `at`."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return False
    if after.isascii():
        return True
    if _continues(after) or before == _JOINER:
        return False
    if _HANGUL[0] <= after <= _HANGUL[1] and (_HANGUL[0] <= before <= _HANGUL[1] or "\uac00" <= before <= "\ud7a3"):
        return after < "\u1160" and not before < "\u1160"
    return not (_is_flag_half(after) and _flag_halves_before(text, at) % 2)


def boundary_before(text: str, at: int, least: int) -> int:
    """The last place at or before `at` where `text` may be cut, but after `least`; `at` itself where there is none."""
    place = at
    while place > least and not is_boundary(text, place):
        place -= 1
    return place if place > least else at


def _continues(character: str) -> bool:
    """Whether a character belongs to the one before: marks, joiners, skin tones, tags."""
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character in (_JOINER, "\u200c")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    start = at
    while start and _is_flag_half(text[start - 1]):
        start -= 1
    return at - start
