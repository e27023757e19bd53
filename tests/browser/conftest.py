"""A Chromium that is there (never one that Playwright fetches), a NEXUS that runs, and pages whose faults are noticed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.chat import Chat, Chats
from tests.browser.foreign import Site
from tests.browser.widget import Host, Widget
from tests.integration.conftest import ROOT, Nexus, until

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
# Frames of other sites may keep things, apart for each site around them: the default, which some distributions change.
_PREFERENCES = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}


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
def running(short_tmp: Path) -> Iterator[Nexus]:
    """A NEXUS as `nexus up` starts it."""
    folder = short_tmp / "browser"
    folder.mkdir()
    running = Nexus(folder, workers=1)
    try:
        yield running.wait()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def nexus(running: Nexus) -> str:
    """Its address."""
    return running.url


@pytest.fixture(scope="session")
def stranger() -> Iterator[Site]:
    """A site that NEXUS was not told of."""
    with Site() as site:
        yield site


@pytest.fixture(scope="session")
def shop(running: Nexus) -> Iterator[Site]:
    """A site that whoever runs NEXUS allowed, for two apps, while it ran."""
    with Site() as site:
        environment = {**os.environ, "NEXUS_HOME": str(running.home.root), "NEXUS_PORT": str(running.port)}
        environment["XDG_RUNTIME_DIR"] = str(running.log.parent)
        configure = [sys.executable, "-m", "infra.cli", "channels", "configure", "web", f"origins={site.origin}"]
        for app in ("default", "sim"):
            subprocess.run([*configure, "--app", app], cwd=ROOT, env=environment, check=True, capture_output=True)
        for path in ("/channels/web/frame", "/apps/sim/channels/web/frame"):
            until(lambda path=path: site.origin in _policy(running.url + path), 5)  # type: ignore[misc]
        yield site


def _policy(url: str) -> str:
    return httpx.get(url).headers["content-security-policy"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str, short_tmp: Path) -> AsyncIterator[Browser]:
    """One browser for all tests; each gets a profile of its own from `chats`."""
    profile = short_tmp / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(json.dumps(_PREFERENCES))
    async with async_playwright() as playwright:
        first = await playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=list(_QUIET)
        )
        assert first.browser is not None
        yield first.browser
        await first.close()


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


@pytest_asyncio.fixture(loop_scope="session")
async def host(browser: Browser, nexus: str, shop: Site) -> AsyncIterator[Host]:
    """Opens pages of the shop; at the end no browser may have complained."""
    opened = Host(browser, nexus, shop)
    yield opened
    await opened.close()
    assert opened.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def widget(host: Host) -> Widget:
    """The widget in a page of the shop, as a first-time visitor sees it."""
    return await host.open()
