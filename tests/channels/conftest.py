"""Golden files: what a door says to a sample, kept in the folder `golden` beside its tests."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """Compare a value with its golden file: text with `NAME` as it is, anything else as JSON with `NAME.json`.

    `--update-goldens` writes the file first.
    """

    def check(name: str, found: Any) -> None:
        path = request.path.parent / "golden" / (name if isinstance(found, str) else f"{name}.json")
        text = found if isinstance(found, str) else _json(found)
        if request.config.getoption("--update-goldens"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert text == path.read_text()

    return check


def _json(value: Any) -> str:
    plain = msgspec.json.decode(msgspec.json.encode(value))
    return json.dumps(plain, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
