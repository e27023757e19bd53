"""One rich reply through every door, as the person at the other end gets it: `python -m bench.doors`.

A Markdown table, for the README: what each platform's twin hears and sees, over HTTP, of the same reply.
"""

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.door_parts import house_of
from infra.plugins import FoundTwin, find_twins
from infra.simulator import APP
from shared.testing.platforms import API_KEY, Heard
from shared.turn import Card, Choice, Media, Reply

QUESTION = "where can I eat tonight"
REPLY = Reply(
    text="Two places near you are open.",
    cards=(
        Card("Da Mario", "Pizza until 23:00", "https://eat.example/mario.png", "https://eat.example/mario"),
        Card("Sakura", "Ramen until 22:00", None, "https://eat.example/sakura"),
    ),
    choices=(Choice("Book Da Mario", "book 1"), Choice("Book Sakura", "book 2")),
    media=(Media("https://eat.example/walk.mp3", "audio/mpeg", "the way there"),),
    reprompt="Which one shall I book?",
    expects_answer=True,
)
_KEY = "nx_bench"


def main() -> int:
    """Print the table."""
    rows: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="nxb-") as folder:
        for found in find_twins(None).found:
            rows.setdefault(_cells(_heard(found, Path(folder) / found.name)), []).append(found.name)
    print("| door | said or written | shown | to choose | then |\n|---|---|---|---|---|")
    for cells, names in rows.items():
        print(f"| {', '.join(names)} | {cells} |")
    return 0


def _heard(found: FoundTwin, folder: Path) -> Heard:
    """What somebody hears and sees who asks through this door."""
    kind = found.load()
    folder.mkdir()
    (folder / API_KEY).write_text(_KEY)
    kind.make(folder, time.time())
    house = house_of(found, kind.config(folder), _KEY, lambda _: REPLY)
    with house, kind(folder, house.url, APP, user="ada") as twin:
        return twin.say(QUESTION)


def _cells(heard: Heard) -> str:
    return " | ".join(map(_cell, ([heard.text], heard.shown, heard.choices, _then(heard))))


def _then(heard: Heard) -> Iterator[str]:
    if heard.open is not None:
        yield "listens" if heard.open else "session closed"
    if heard.reprompt:
        yield f"“{heard.reprompt}”"


def _cell(lines: Iterable[str]) -> str:
    return "<br>".join(line.replace("|", "\\|") for text in lines for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
