"""Training and test data: JSON Lines of `{"text", "intent", "slots": [{"slot", "start", "end", "value"}]}`.

Offsets are in code points. The intent `oos` marks what no intent is for. Other keys are ignored.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from shared.errors import DataInvalid
from shared.text import clean

OUTSIDE = "oos"
"""The intent of rows that no intent is for."""


class Slot(Struct, frozen=True):
    """A stretch of a text and what it is: `value` is the stretch itself."""

    slot: str
    start: int
    end: int
    value: str = ""


class Row(Struct, frozen=True):
    """A text and what it means."""

    text: str
    intent: str
    slots: tuple[Slot, ...] = ()


class Loaded(Struct, frozen=True):
    """The rows of a file, and what is odd about them, a line each with file and line number."""

    rows: tuple[Row, ...]
    warnings: tuple[str, ...]


def read_rows(path: Path, *, distinct: bool = True) -> Loaded:
    """The rows of a file; those to learn from (`distinct`) without the ones that say the same twice.

    Raises DataInvalid with file and line: no JSON, no text, no intent, a slot outside its text; of rows to learn
    from, also the same text under two intents. Warns of repeated rows and of intents with a single example.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DataInvalid(f"{path}: {error.strerror or error}") from None
    numbered = [(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise DataInvalid(f"{path}: there are no rows")
    rows = [(where, _row(where, line)) for where, line in numbered]
    if not distinct:
        return Loaded(tuple(row for _, row in rows), ())
    kept, warnings = _distinct(rows)
    return Loaded(tuple(row for _, row in kept), (*warnings, *_lonely(kept)))


def _row(where: str, line: bytes) -> Row:
    try:
        row = msgspec.json.decode(line, type=Row)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataInvalid(f"{where}: {error}") from None
    if clean(row.text) != row.text:
        return _cleaned(where, row)
    _check(where, row)
    return row


def _cleaned(where: str, row: Row) -> Row:
    """`row` without white space around its text; slots move along."""
    text = clean(row.text)
    shift = row.text.find(text[:1]) if text else 0
    slots = tuple(Slot(s.slot, s.start - shift, s.end - shift, s.value) for s in row.slots)
    cleaned = Row(text, row.intent, slots)
    _check(where, cleaned)
    return cleaned


def _check(where: str, row: Row) -> None:
    if not row.text:
        raise DataInvalid(f"{where}: the text is empty")
    if not row.intent.strip():
        raise DataInvalid(f"{where}: the intent is empty")
    end = 0
    for slot in sorted(row.slots, key=lambda one: one.start):
        if not (slot.slot and end <= slot.start < slot.end <= len(row.text)):
            raise DataInvalid(f"{where}: slot {slot.slot!r} from {slot.start} to {slot.end} overlaps or lies outside")
        end = slot.end


def _distinct(rows: Sequence[tuple[str, Row]]) -> tuple[list[tuple[str, Row]], list[str]]:
    """The first of rows that say the same, and warnings of the others."""
    seen: dict[str, tuple[str, Row]] = {}
    warnings: list[str] = []
    for where, row in rows:
        first_where, first = seen.setdefault(row.text.casefold(), (where, row))
        if first is row:
            continue
        if first.intent != row.intent:
            raise DataInvalid(
                f"{where}: the same text is {row.intent!r} here and {first.intent!r} in {first_where}; keep one of them"
            )
        warnings.append(f"{where}: repeats {first_where}; left out")
    return list(seen.values()), warnings


def _lonely(rows: Iterable[tuple[str, Row]]) -> Iterator[str]:
    count: Counter[str] = Counter()
    first: dict[str, str] = {}
    for where, row in rows:
        count[row.intent] += 1
        first.setdefault(row.intent, where)
    return (f"{first[i]}: {i!r} has one example; give ten or more" for i, n in count.items() if n == 1)


def by_intent(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by intent, in order."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.intent].append(row)
    return dict(found)
