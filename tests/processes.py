"""How the tests are shared among processes (`-n 3`): whole files, so that what a file's tests share is made once.

The folders whose tests share a running NEXUS stay together as well, and come first: they are long, and mostly wait for it.
"""

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

SHARING = ("tests/browser/", "tests/integration/")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process a file or a folder at a time, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def scope(nodeid: str) -> str:
    """What the test belongs to: its folder, where that shares a NEXUS, else its file."""
    return next((folder for folder in SHARING if nodeid.startswith(folder)), nodeid.partition("::")[0])


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests with those of the sharing folders first."""
    return sorted(items, key=lambda item: not item.nodeid.startswith(SHARING))
