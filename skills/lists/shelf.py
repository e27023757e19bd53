"""A person's lists as they are kept: which there are, what is on each, and the last changes.

They lie in documents of the person: `lists` (which there are), `lists.ID` (what is on one) and `lists.undo.N` (one change
each), so that the longest lists fit, and a change writes three small documents.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.effects import Effect, Keep
from shared.ports import Documents

SHOPPING, TODO = "shopping", "todo"
MOST_ITEMS, MOST_LISTS, MOST_STEPS = 200, 50, 10
LONGEST_ITEM, LONGEST_NAME = 200, 60  # characters
_INDEX = "lists"


class Entry(Struct, frozen=True):
    """A list: its id, what the person calls it ("" for the shopping and the to-do list), and how many things are on it."""

    id: str
    name: str = ""
    count: int = 0


class Step(Struct, frozen=True):
    """A change: what was done to which list, and the things it was about with their places from 0.

    `made`: the list was made by this very change.
    """

    kind: str  # "added", "removed", "cleared", "created", "deleted"
    entry: Entry
    items: tuple[tuple[int, str], ...] = ()
    made: bool = False

    @property
    def texts(self) -> list[str]:
        """The things alone."""
        return [text for _, text in self.items]


class Shelf(Struct, frozen=True):
    """Which lists there are, oldest first; where the last changes are kept, oldest first; and the number of the next list."""

    lists: tuple[Entry, ...] = ()
    steps: tuple[int, ...] = ()
    next: int = 1

    def entry(self, id: str) -> Entry | None:
        """The list of an id."""
        return next((entry for entry in self.lists if entry.id == id), None)

    def new(self, name: str) -> Entry:
        """A list called `name`, which is not on the shelf yet."""
        return Entry(f"{self.next}", name)


async def shelf_of(documents: Documents) -> Shelf:
    """The person's lists."""
    content = await documents.get(_INDEX)
    return msgspec.convert(content, Shelf) if content else Shelf()


async def items_of(documents: Documents, entry: Entry) -> list[str]:
    """What is on a list."""
    content = await documents.get(f"{_INDEX}.{entry.id}") if entry.count else None
    return list(content["items"]) if content else []


async def last_step(documents: Documents, shelf: Shelf) -> Step | None:
    """The last change that was not taken back."""
    content = await documents.get(_undo(shelf.steps[-1])) if shelf.steps else None
    return msgspec.convert(content, Step) if content else None


def added(shelf: Shelf, entry: Entry, before: Sequence[str], texts: Sequence[str]) -> tuple[Effect, ...]:
    """`texts` put at the end of a list, which is made where there is none."""
    step = Step("added", entry, tuple(enumerate(texts, len(before))), made=shelf.entry(entry.id) is None)
    return _changed(_with(shelf, entry, len(before) + len(texts)), entry, [*before, *texts], step)


def removed(
    shelf: Shelf, entry: Entry, before: Sequence[str], places: Sequence[int], kind: str = "removed"
) -> tuple[Effect, ...]:
    """What stands at `places` taken off a list."""
    step = Step(kind, entry, tuple((place, before[place]) for place in sorted(places)))
    left = [text for place, text in enumerate(before) if place not in places]
    return _changed(_with(shelf, entry, len(left)), entry, left, step)


def created(shelf: Shelf, entry: Entry) -> tuple[Effect, ...]:
    """A new list with nothing on it."""
    return _changed(_with(shelf, entry, 0), entry, None, Step("created", entry, made=True))


def deleted(shelf: Shelf, entry: Entry, before: Sequence[str]) -> tuple[Effect, ...]:
    """A list taken away, with all that is on it."""
    return _changed(_without(shelf, entry), entry, None, Step("deleted", entry, tuple(enumerate(before))))


def taken_back(shelf: Shelf, step: Step, now: Sequence[str]) -> tuple[Effect, ...]:
    """The shelf as it was before its last change, given what is on that list now."""
    slot = shelf.steps[-1]
    shelf = replace(shelf, steps=shelf.steps[:-1])
    items = _restored(step, now)
    shelf = _without(shelf, step.entry) if step.made else _with(shelf, step.entry, len(items))
    return (*_written(shelf, step.entry, items or None), Keep(_undo(slot), None))


def _restored(step: Step, now: Sequence[str]) -> list[str]:
    items = list(now)
    if step.kind == "added":
        for place, text in reversed(step.items):
            if place < len(items) and items[place] == text:
                del items[place]
        return items
    for place, text in step.items:
        items.insert(place, text)
    return items


def _changed(shelf: Shelf, entry: Entry, items: list[str] | None, step: Step) -> tuple[Effect, ...]:
    """What is to be kept after a change; of the changes the last ten."""
    steps = shelf.steps[-MOST_STEPS + 1 :]
    slot = next(number for number in range(MOST_STEPS) if number not in steps)
    shelf = replace(shelf, steps=(*steps, slot))
    return (*_written(shelf, entry, items or None), Keep(_undo(slot), _plain(step)))


def _written(shelf: Shelf, entry: Entry, items: list[str] | None) -> tuple[Effect, ...]:
    return Keep(_INDEX, _plain(shelf)), Keep(f"{_INDEX}.{entry.id}", {"items": items} if items else None)


def _with(shelf: Shelf, entry: Entry, count: int) -> Shelf:
    """The shelf with a list of so many things."""
    entry = replace(entry, count=count)
    if shelf.entry(entry.id) is not None:
        return replace(shelf, lists=tuple(entry if one.id == entry.id else one for one in shelf.lists))
    used = shelf.next + 1 if entry.id == str(shelf.next) else shelf.next
    return replace(shelf, lists=(*shelf.lists, entry), next=used)


def _without(shelf: Shelf, entry: Entry) -> Shelf:
    return replace(shelf, lists=tuple(one for one in shelf.lists if one.id != entry.id))


def _undo(slot: int) -> str:
    return f"{_INDEX}.undo.{slot}"


def _plain(value: Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain
