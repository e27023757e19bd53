"""The part of SSML that every voice platform speaks, for Reply.speech: a fragment without the <speak> element.

Elements (SSML 1.1, as Amazon and Google both document them): break, emphasis, p, s, prosody, say-as, sub, phoneme, lang, audio.
Whatever is not an element of this subset with its attributes and its partner is text, and is spoken as text.
"""

import re
from collections.abc import Iterator
from html import unescape as _unescape

from msgspec import Struct

_TAG = re.compile(r"<(/?)([a-z-]{1,16})((?:\s+[a-z:-]{1,24}\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\s*(/?)>")
_ATTRIBUTE = re.compile(r"([a-z:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
# What XML 1.0 cannot hold, escaped or not: control characters, surrogates, two non-characters.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_SPECIAL = re.compile('[&<>"]')

_LEVEL = "strong|moderate|reduced|none"
_RELATIVE = r"[+-]?\d{1,3}(?:\.\d{1,2})?%"


class _Element(Struct, frozen=True):
    """An element: patterns of its attributes, which of them must be there, whether it holds nothing."""

    attributes: dict[str, re.Pattern[str]]
    required: frozenset[str] = frozenset()
    empty: bool = False
    pause: bool = False  # sets its text apart from what is around it


def _element(required: str = "", empty: bool = False, pause: bool = False, **patterns: str) -> _Element:
    compiled = {name.replace("_", "-"): re.compile(pattern) for name, pattern in patterns.items()}
    return _Element(compiled, frozenset(required.split()), empty, pause)


_ELEMENTS = {
    "p": _element(pause=True),
    "s": _element(pause=True),
    "break": _element(
        time=r"(?:\d{1,5}ms|\d{1,2}(?:\.\d{1,3})?s)",
        strength="none|x-weak|weak|medium|strong|x-strong",
        empty=True,
        pause=True,
    ),
    "emphasis": _element(level=_LEVEL),
    "prosody": _element(
        rate=f"x-slow|slow|medium|fast|x-fast|{_RELATIVE}",
        pitch=f"x-low|low|medium|high|x-high|{_RELATIVE}",
        volume=r"silent|x-soft|soft|medium|loud|x-loud|[+-]\d{1,2}(?:\.\d{1,2})?dB",
    ),
    "say-as": _element("interpret-as", interpret_as="[a-z-]{1,24}", format="[a-z]{1,8}"),
    "sub": _element("alias", alias=".{1,500}"),
    "phoneme": _element("alphabet ph", alphabet="ipa|x-sampa", ph=".{1,200}"),
    "lang": _Element({"xml:lang": re.compile("[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")}, frozenset({"xml:lang"})),
    "audio": _element("src", src=r"https://[^\s]{1,2000}"),
}


def escape(text: str) -> str:
    """`text` as SSML that says exactly this. Characters that XML cannot hold are left out."""
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], _NOT_XML.sub("", text))


def sanitise(fragment: str) -> str:
    """`fragment` as well-formed SSML of the subset. Doing it twice changes nothing."""
    if fragment.isprintable() and "<" not in fragment and "&" not in fragment and ">" not in fragment:
        return fragment
    return "".join(piece.ssml for piece in _pieces(_NOT_XML.sub("", fragment)))


def plain(fragment: str) -> str:
    """The words of `fragment`: no tags, no entities. Where an element makes a pause, words do not run together."""
    if fragment.isprintable() and "<" not in fragment and "&" not in fragment:
        return fragment
    pieces = list(_pieces(_NOT_XML.sub("", fragment)))
    words = "".join((" " if piece.pause else "") if piece.tag else _unescape(piece.ssml) for piece in pieces)
    return re.sub(" {2,}", " ", words).strip() if any(piece.tag and piece.pause for piece in pieces) else words


class _Piece(Struct, frozen=True):
    """A stretch of a fragment, already safe: a tag, or text."""

    ssml: str
    tag: bool = False
    pause: bool = False


def _pieces(fragment: str) -> Iterator[_Piece]:
    good = _partners(fragment)
    at = 0
    for match in _TAG.finditer(fragment):
        if match.start() not in good:
            continue
        if at < match.start():
            yield _Piece(_text(fragment[at : match.start()]))
        yield _Piece(_tag(match), True, _ELEMENTS[match[2]].pause)
        at = match.end()
    if at < len(fragment):
        yield _Piece(_text(fragment[at:]))


def _partners(fragment: str) -> set[int]:
    """Where the tags start that are of the subset and, unless they stand alone, have a partner inside the same element."""
    good: set[int] = set()
    open_: list[tuple[str, int]] = []
    for match in _TAG.finditer(fragment):
        closing, name, _, alone = match.groups()
        if not _allowed(match):
            continue
        if closing:
            _close(open_, name, match.start(), good)
        elif alone:
            good.add(match.start())
        else:
            open_.append((name, match.start()))
    return good


def _close(open_: list[tuple[str, int]], name: str, at: int, good: set[int]) -> None:
    """Pair the closing tag at `at` with the innermost open one of its name; what was opened in between stays without partner."""
    for depth in range(len(open_) - 1, -1, -1):
        if open_[depth][0] == name:
            good.update((open_[depth][1], at))
            del open_[depth:]
            return


def _allowed(match: re.Match[str]) -> bool:
    closing, name, attributes, alone = match.groups()
    element = _ELEMENTS.get(name)
    if element is None or (closing and (attributes.strip() or alone)):
        return False
    if closing:
        return not element.empty
    if element.empty and not alone:
        return False
    found = _attributes(attributes)
    return (
        len(found) == len({key for key, _ in found})
        and element.required <= {key for key, _ in found}
        and all(key in element.attributes and element.attributes[key].fullmatch(value) for key, value in found)
    )


def _attributes(text: str) -> list[tuple[str, str]]:
    """Names with their values, entities resolved."""
    return [(match[1], _unescape(match[2] if match[3] is None else match[3])) for match in _ATTRIBUTE.finditer(text)]


def _tag(match: re.Match[str]) -> str:
    closing, name, attributes, alone = match.groups()
    written = "".join(f' {key}="{escape(value)}"' for key, value in _attributes(attributes))
    return f"<{closing}{name}{written}{alone}>"


def _text(text: str) -> str:
    """Text with the entities it has kept, and everything else that is special escaped."""
    out: list[str] = []
    at = 0
    for match in _ENTITY.finditer(text):
        out += (escape(text[at : match.start()]), escape(_unescape(match[0])))
        at = match.end()
    return "".join((*out, escape(text[at:])))
