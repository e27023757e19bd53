"""Structured logs: one JSON object a line, through the standard library's logging.

What people say cannot get in, because nothing free-form does. A record of NEXUS is an event name and fields from the
list below, each with values of a fixed form; other fields are left out and named under `refused`. Records of other
libraries show their constant format string without its arguments. Of an exception the type and the frames are kept;
its text only where it is a NexusError, whose texts hold no secrets or messages by contract.

    log = logging.getLogger("nexus.web")
    log.info("turn recorded", extra={"trace_id": trace.id, "channel": "rest", "duration_ms": 12.5})
"""

import logging
import re
import time
import traceback
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePath
from threading import Event, Thread
from types import TracebackType
from typing import Any, TextIO

import msgspec

from shared.errors import NexusError

FIELDS = frozenset(
    {
        *(
            "trace_id",
            "app",
            "channel",
            "skill",
            "intent",
            "intents",
            "language",
            "outcome",
            "stage",
            "code",
            "status",
            "route",
            "method",
        ),
        *(
            "worker",
            "child",
            "pid",
            "host",
            "port",
            "signal",
            "exit",
            "attempt",
            "version",
            "provider",
            "store",
            "state",
        ),
        *(
            "duration_ms",
            "seconds",
            "count",
            "rows",
            "bytes",
            "limit",
            "plugin",
            "migration",
            "error",
            "sqlstate",
            "where",
        ),
    }
)
"""The fields a record may carry. A field whose values people choose freely (a text, a number to call) is never one of them."""

_EVENT = re.compile(r"[a-z][A-Za-z0-9 ,._/'()-]{0,119}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,79}")
_LONG_NUMBER = re.compile(r"(?<![A-Za-z0-9-])[0-9]{7,}(?![A-Za-z0-9-])")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_USUAL = len(vars(logging.makeLogRecord({})))  # attributes of a record without fields
_FRAMES = 12
GATHER_S = 0.2


_encode = msgspec.json.Encoder().encode


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: at, level, logger, event, fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        line.update(_fields(record))
        if record.exc_info and record.exc_info[0] is not None:
            line.update(_exception(record.exc_info[1], record.exc_info[2]))
        return _encode(line).decode()


class GatheringHandler(logging.StreamHandler[TextIO]):
    """Writes lines together, five times a second; warnings and worse at once.

    A write a turn costs more than its line: it gives up the interpreter in the middle of the turn.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._some = Event()
        Thread(target=self._write_for_ever, name="logs", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line for the next write."""
        self.add(self.format(record))
        if record.levelno >= logging.WARNING:
            self.flush()

    def add(self, line: str) -> None:
        """Keep a line for the next write."""
        self._lines.append(line)
        if not self._some.is_set():
            self._some.set()

    def flush(self) -> None:
        """Write what was gathered."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("\n".join(lines) + "\n")
                self.stream.flush()

    def _write_for_ever(self) -> None:
        while True:
            self._some.wait()
            time.sleep(GATHER_S)
            self._some.clear()  # before the write: a line that comes during it is for the next one
            self.flush()


class Events:
    """Tells events that come with every turn, without the third of a turn's cost that a log record would add."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._log = logging.getLogger(name)

    def info(self, event: str, **fields: object) -> None:
        """As `logging.getLogger(name).info(event, extra=fields)`."""
        if not self._log.isEnabledFor(logging.INFO):
            return
        handler = logging.root.handlers[0] if logging.root.handlers else None
        if isinstance(handler, GatheringHandler) and _EVENT.fullmatch(event):
            line = {"at": _time(time.time()), "level": "info", "logger": self._name, "event": event}
            handler.add(_encode(line | _kept(fields)).decode())
        else:
            self._log.info(event, extra=fields)


def configure_logging(level: str, stream: TextIO, *, gather: bool = False) -> None:
    """Log to `stream` from `level` on; other libraries from warning on. Replaces what was configured before.

    With `gather` lines are written together (see GatheringHandler); a process that forks must not.
    """
    # Nothing here shows threads or processes; looking them up for each record costs more than its JSON.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = GatheringHandler(stream) if gather else logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("nexus").setLevel(level.upper())


def _time(seconds: float) -> str:
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03}Z"


@lru_cache(maxsize=4)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _event(record: logging.LogRecord) -> str:
    """The constant part of a record: ours must look like an event name, others' must be a format string."""
    text = record.msg if isinstance(record.msg, str) else ""
    ours = record.name == "nexus" or record.name.startswith("nexus.")
    if (ours and _EVENT.fullmatch(text)) or (not ours and record.args):
        return text[:200]
    return f"at {PurePath(record.pathname).name}:{record.lineno}"


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    given = vars(record)
    if len(given) == _USUAL:
        return {}
    return _kept({name: value for name, value in given.items() if name not in _STANDARD})


def _kept(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that may be told; the names of the others under `refused`."""
    kept = {name: value for name, value in given.items() if name in FIELDS and _harmless(value)}
    return kept if len(kept) == len(given) else {**kept, "refused": sorted(given.keys() - kept.keys())}


def _harmless(value: object) -> bool:
    """Numbers that are no telephone's, and single words of letters, digits and joints."""
    if isinstance(value, str):
        return _word(value)
    return value is None or (isinstance(value, int | float) and abs(value) < 10_000_000)


@lru_cache(maxsize=256)
def _word(text: str) -> bool:
    return not text or (_WORD.fullmatch(text) is not None and not _LONG_NUMBER.search(text))


def _exception(error: BaseException | None, trace: TracebackType | None) -> dict[str, Any]:
    if error is None:
        return {}
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    said = {"said": str(error)} if isinstance(error, NexusError) else {}
    return {
        "exception": type(error).__name__,
        **said,
        "frames": [f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames],
    }
