"""Finds the devices that somebody means: by their names, by parts of them such as a room, and by words for their kind."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from rapidfuzz import fuzz

from skills.home.hass import Device
from skills.home.kinds import KINDS

MEANT = 80.0  # how alike two words are that mean the same, 0 to 100
PART = 85.0  # how well a compound is covered by a word that it begins or ends with: "Küchenlampe", "Küche"
SHORTEST_PART = 4  # letters of such a word
SHORTEST_BEFORE = 3
NEAR = 3.0
LONGEST = 300  # characters that are looked at
ALIKE = 76.0  # from here on a device fits what was said


class Heard(Struct, frozen=True):
    """The words of a language that say something else than a name: `kinds`, "all", and those that say nothing."""

    kinds: dict[str, frozenset[str]]
    every: frozenset[str]
    small: frozenset[str]


class Said(Struct, frozen=True):
    """What was said of devices: the words that name them, their kind ("" for none), and whether all of them are meant.

    `whole` is all of it but small words, kinds and all, run together.
    """

    words: tuple[str, ...]
    kind: str
    every: bool
    whole: str

    def __bool__(self) -> bool:
        return bool(self.words or self.kind or self.every)


def heard_in(answers: Mapping[str, Sequence[str]]) -> Heard:
    """The words as a locale's answers list them."""
    kinds = {kind: frozenset(map(_joined, answers.get(f"heard.{kind}", ()))) for kind in KINDS}
    every, small = (frozenset(map(_joined, answers.get(f"heard.{name}", ()))) for name in ("all", "small"))
    return Heard(kinds, every, small)


def folded(text: str) -> list[str]:
    """Words in small letters without marks: "Küche: Decke" is kuche, decke."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in plain).split()


def read(text: str, heard: Heard) -> Said:
    """What `text` says of devices."""
    told = folded(text[:LONGEST])
    every = any(word in heard.every for word in told)
    said = [word for word in told if word not in heard.every and word not in heard.small]
    kind = next((found for word in said if (found := kind_of(word, heard))), "")
    if kind:
        words = [word for word in said if word not in heard.kinds[kind]]
    else:
        kind, words = _parted(said, heard)
    return Said(tuple(words), kind, every, "".join(said))


def _parted(said: list[str], heard: Heard) -> tuple[str, list[str]]:
    """The kind that a compound ends in, and what is before it: "Wohnzimmerlampe" is a lamp, "wohnzimmer"."""
    for place, word in enumerate(said):
        for kind, names in heard.kinds.items():
            for name in names:
                before = word.removesuffix(name)
                if len(name) >= SHORTEST_PART and word != before and len(before) >= SHORTEST_BEFORE:
                    return kind, [*said[:place], before, *said[place + 1 :]]
    return "", said


def kind_of(word: str, heard: Heard) -> str:
    """The kind that a word is for, or ""."""
    return next((kind for kind, names in heard.kinds.items() if word in names), "")


def fitting(said: Said, devices: Iterable[Device], heard: Heard) -> list[Device]:
    """The devices that are meant, the best only; several where nothing tells them apart."""
    pool = _of_kind(said, devices, heard)
    if not said.words:
        return pool if said.kind or said.every else []
    scored = [(score(said, device), device) for device in pool]
    best = max((value for value, _ in scored), default=0.0)
    fit = [device for value, device in scored if value >= max(ALIKE, best - NEAR)]
    return _said_wholly(said, fit, heard) or fit


def score(said: Said, device: Device) -> float:
    """How well a device's name covers what was said, 0 to 100."""
    names = _names(device)
    whole = fuzz.ratio(said.whole, "".join(folded(device.name)))
    each = [max((_alike(word, name) for name in names), default=0.0) for word in said.words]
    covered = sum(each) / len(each) if each else 0.0
    return max(covered, whole if whole >= PART else 0.0)


def nearest(said: Said, devices: Iterable[Device], heard: Heard) -> list[Device]:
    """The devices that could be told of where none is meant: those of the kind, the most similar first."""
    pool = _of_kind(said, devices, heard) or list(devices)
    return sorted(pool, key=lambda device: (-score(said, device), device.name))


def _of_kind(said: Said, devices: Iterable[Device], heard: Heard) -> list[Device]:
    """The devices of the kind that was said; a switch that is called a light is one, too."""
    pool = list(devices)
    if not said.kind:
        return pool
    words = heard.kinds[said.kind]
    return [one for one in pool if KINDS[said.kind](one) or words & set(folded(one.name))]


def _alike(word: str, name: str) -> float:
    ratio = fuzz.ratio(word, name)
    if ratio >= MEANT:
        return ratio
    short, long = sorted((word, name), key=len)
    part = len(short) >= SHORTEST_PART and (long.startswith(short) or long.endswith(short))
    return PART if part else 0.0


def _said_wholly(said: Said, fit: list[Device], heard: Heard) -> list[Device]:
    """Of those that fit the ones whose names were said to the end: "kitchen" is not "kitchen ceiling"."""
    small = {word for words in heard.kinds.values() for word in words} | heard.small
    whole = []
    for device in fit:
        names = [name for name in folded(device.name) if name not in small]
        if all(any(_alike(word, name) >= PART for word in said.words) for name in names):
            whole.append((len(names), device))
    most = max((count for count, _ in whole), default=0)
    return [device for count, device in whole if count == most]


def _names(device: Device) -> list[str]:
    return list(dict.fromkeys((*folded(device.name), *folded(device.id.partition(".")[2].replace("_", " ")))))


def _joined(word: str) -> str:
    return "".join(folded(word))
