"""A Chromium that is there (never one that Playwright fetches), a NEXUS that runs, and pages whose faults are noticed."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.chat import Chat, Chats
from tests.integration.conftest import Nexus

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium: what NEXUS_CHROMIUM names, or the first on PATH."""
    found = next(filter(None, map(shutil.which, (os.environ.get("NEXUS_CHROMIUM", ""), *_NAMES))), None)
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("there is no Chromium, and CI must have one: apt-get install chromium")
    pytest.skip("there is no Chromium here: apt-get install chromium, or set NEXUS_CHROMIUM")


@pytest.fixture(scope="session")
def nexus(short_tmp: Path) -> Iterator[str]:
    """The address of a NEXUS as `nexus up` starts it."""
    folder = short_tmp / "browser"
    folder.mkdir()
    running = Nexus(folder, workers=1)
    try:
        yield running.wait().url
    finally:
        running.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser for all tests; each gets a profile of its own from `chats`."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chats(browser: Browser, nexus: str) -> AsyncIterator[Chats]:
    """Opens chats, each as somebody else; at the end none of them may have complained."""
    opened = Chats(browser, nexus)
    yield opened
    await opened.close()
    assert opened.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def chat(chats: Chats) -> Chat:
    """The chat page as a first-time visitor sees it."""
    return await chats.open()
