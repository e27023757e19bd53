"""Which timers are meant: by name, by length, by place in the list, all, or the only one there is."""

from collections.abc import Sequence

from msgspec import Struct
from rapidfuzz import fuzz

from shared.locales import language_of
from shared.skill import TurnContext
from shared.turn import SlotValue
from skills.timers.kept import Timer
from skills.timers.words import fold, means_all, name_in

_ALIKE = 80  # of 100


class Asked(Struct, frozen=True):
    """What was said about which timer. `place` counts from 1, -1 is the last; `listed` are the ids that it counts in."""

    name: str = ""
    seconds: float | None = None
    place: int | None = None
    all: bool = False
    listed: tuple[int, ...] = ()

    @property
    def is_anything(self) -> bool:
        """Whether something was said that tells timers apart."""
        return bool(self.name) or self.seconds is not None or self.place is not None


def asked(turn: TurnContext) -> Asked:
    """What the slots of a turn say."""
    place, scope = turn.slots.get("place"), turn.slot("scope")
    listed = turn.state.get("asked")
    return Asked(
        name_of(turn),
        seconds_of(turn.slot("length")),
        place if isinstance(place, int) and place else None,
        scope is not None and scope.value == "all" and means_all(scope.text),
        tuple(one for one in listed if isinstance(one, int)) if isinstance(listed, list) else (),
    )


def name_of(turn: TurnContext) -> str:
    """The name that was said, without what other slots stand for."""
    slot = turn.slot("name")
    others = [turn.slot(other) for other in ("duration", "length", "place", "scope")]
    said = [other.text for other in others if other is not None]
    return name_in(slot.text, language_of(turn.locale), *said) if slot is not None else ""


def seconds_of(slot: SlotValue | None) -> float | None:
    """The seconds of a `duration`; None where there is none."""
    value = slot.value if slot is not None else None
    seconds = value.get("seconds") if isinstance(value, dict) else None
    return seconds if isinstance(seconds, int | float) else None


def chosen(meant: Asked, timers: Sequence[Timer]) -> list[Timer]:
    """Those of `timers` that fit; all where nothing tells them apart."""
    if meant.all:
        return list(timers)
    if meant.place is not None:
        return _at(meant, timers)
    found = [timer for timer in timers if meant.seconds is None or timer.seconds == meant.seconds]
    return _named(meant.name, found) if meant.name else found


def _at(meant: Asked, timers: Sequence[Timer]) -> list[Timer]:
    by_id = {timer.id: timer for timer in timers}
    order = [by_id[one] for one in meant.listed if one in by_id] or list(timers)
    place = (meant.place or 1) - 1 if (meant.place or 1) > 0 else len(order) - 1
    return order[place : place + 1]


def _named(name: str, timers: Sequence[Timer]) -> list[Timer]:
    """Those of exactly this name, else those whose name it is a part of or nearly."""
    said = fold(name)
    same = [timer for timer in timers if fold(timer.name) == said]
    return same or [timer for timer in timers if timer.name and _alike(said, fold(timer.name))]


def _alike(said: str, name: str) -> bool:
    one, other = set(said.split()), set(name.split())
    return one <= other or other <= one or fuzz.ratio(said, name) >= _ALIKE
