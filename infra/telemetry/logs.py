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
        self._lines.append(self.format(record))
        if record.levelno >= logging.WARNING:
            self.flush()
        elif len(self._lines) == 1:
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
            self._some.clear()
            self.flush()


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
    kept = {name: value for name, value in given.items() if name in FIELDS and _harmless(value)}
    if len(given) - len(kept) > _USUAL:
        refused = sorted(given.keys() - kept.keys() - _STANDARD)
        return {**kept, "refused": refused} if refused else kept
    return kept


def _harmless(value: object) -> bool:
    """Numbers that are no telephone's, and single words of letters, digits and joints."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return abs(value) < 10_000_000
    return isinstance(value, str) and (
        not value or (_WORD.fullmatch(value) is not None and not _LONG_NUMBER.search(value))
    )


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
