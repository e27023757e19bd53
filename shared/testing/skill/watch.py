"""Sees a skill that looks at the real clock or throws dice: answers would differ from test to test, and from retry to retry."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

_FORBIDDEN = frozenset(
    {
        "now",
        "today",
        "utcnow",
        "time",
        "time_ns",
        "localtime",
        "gmtime",
        "random",
        "getrandbits",
        "urandom",
        "token_bytes",
        "uuid4",
        "uuid1",
    }
)
_MODULES = ("time", "datetime", "random", "_random", "posix", "os", "uuid", "secrets")


def impure_calls(action: Callable[[], object], folder: Path) -> list[str]:
    """The names of the real clock's and of random functions that code in `folder` called during `action`, in any thread."""
    called: list[str] = []

    def watch(frame: FrameType, event: str, arg: Any) -> None:
        name = arg.__name__ if event == "c_call" else frame.f_code.co_name if event == "call" else ""
        if name in _FORBIDDEN and _is_impure(frame, event, arg, folder):
            called.append(name)

    before = sys.getprofile()
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        action()
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    return called


def _is_impure(frame: FrameType, event: str, arg: Any, folder: Path) -> bool:
    if event == "c_call":
        return _inside(frame, folder) and _is_source(arg)
    return _inside(frame.f_back, folder) and frame.f_globals.get("__name__", "") in _MODULES


def _inside(frame: FrameType | None, folder: Path) -> bool:
    return frame is not None and folder in Path(frame.f_code.co_filename).parents


def _is_source(function: Any) -> bool:
    """Whether it belongs to a clock or dice, not to some object that happens to have a method of the name."""
    owner = getattr(function, "__self__", None)
    module = (
        getattr(function, "__module__", None) or getattr(owner, "__module__", None) or getattr(owner, "__name__", "")
    )
    return str(module).partition(".")[0] in _MODULES
