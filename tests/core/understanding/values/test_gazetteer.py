"""The gazetteer is loaded once, however many ask for it first."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, cast

import pytest

from core.understanding.values import gazetteer


def test_who_asks_while_it_loads_waits_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[gazetteer.Gazetteer] = []

    @lru_cache(maxsize=1)
    def load() -> gazetteer.Gazetteer:
        time.sleep(0.05)
        loaded.append(cast(Any, object()))
        return loaded[-1]

    monkeypatch.setattr(gazetteer, "_gazetteer", load)
    with ThreadPoolExecutor(4) as threads:
        found = [each.result() for each in [threads.submit(gazetteer.gazetteer) for _ in range(4)]]
    assert found == loaded * 4
