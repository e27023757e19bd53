"""The chat page as a person uses it: say, read, press; and what a test does to the network in between."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, Route, expect

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
Answer = Callable[[Route], Awaitable[None]]


class Chats:
    """Opens chats in fresh profiles and gathers what the browser complains about."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.url = url
        self.complaints: list[str] = []

    async def open(
        self,
        width: int = 1100,
        height: int = 800,
        scheme: Literal["light", "dark"] = "light",
        touch: bool = False,
        before: str | None = None,
    ) -> "Chat":
        """A chat in a profile of its own; the script `before` runs before the page's own."""
        context = await self._browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=touch, is_mobile=touch
        )
        self._contexts.append(context)
        if before is not None:
            await context.add_init_script(before)
        return await self.tab(context)

    async def tab(self, context: BrowserContext, path: str = "/") -> "Chat":
        """Another tab of the same profile."""
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("request", lambda request: self._hear_request(request.url))
        await page.goto(self.url + path)
        chat = Chat(page, self.url)
        if path == "/":
            await expect(page.locator("body[data-ready]")).to_be_attached()
        return chat

    async def close(self) -> None:
        """Close what was opened."""
        for context in self._contexts:
            await context.close()

    def _hear(self, kind: str, text: str) -> None:
        # The browser itself reports every answer that is no 2xx; tests cause those on purpose.
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.complaints.append(f"{kind}: {text}")

    def _hear_request(self, url: str) -> None:
        if not url.startswith(self.url + "/"):
            self.complaints.append(f"request to elsewhere: {url}")


class Chat:
    """A chat in a tab: the page itself, or what is in `frame`."""

    def __init__(self, page: Page, url: str, frame: FrameLocator | None = None, door: str = "/channels/web") -> None:
        self.page = page
        self.url = url
        self.door = url + door
        self.root = page if frame is None else frame
        self.field = self.root.get_by_label("Your message")
        self.send = self.root.get_by_role("button", name="Send")
        self.log = self.root.get_by_role("log", name="Talk with NEXUS")
        self.held = self.log.locator(".held")
        self.mine = self.log.locator(".mine .bubble")
        self.theirs = self.log.locator(".theirs .bubble:not(.typing)")
        self.trouble = self.log.locator(".trouble")
        self.choices = self.log.get_by_role("list", name="Answers to pick from").get_by_role("button")
        self.sent: list[dict[str, Any]] = []
        self.tokens: list[str] = []

    async def say(self, text: str) -> None:
        """Type a message and send it with Enter; does not wait for the answer."""
        await self.field.fill(text)
        await self.field.press("Enter")

    async def ask(self, text: str) -> str:
        """Say something and wait for the answer's text."""
        number = await self.theirs.count()
        await self.say(text)
        answer = self.theirs.nth(number)
        await expect(answer).to_be_visible(timeout=20_000)
        return await answer.inner_text()

    async def answer_with(self, *answers: Answer) -> None:
        """Give these answers to the next messages, one each; after them the server answers. Notes what was sent."""
        left = list(answers)

        async def handle(route: Route) -> None:
            self.sent.append(json.loads(route.request.post_data or "{}"))
            self.tokens.append(route.request.headers.get("authorization", ""))
            await (left.pop(0)(route) if left else route.continue_())

        await self.page.route(self.door, handle)

    async def stored(self, key: str) -> Any:
        """What the chat keeps in the browser under `nexus.<key>.1`."""
        kept = await self.log.evaluate("(log, key) => localStorage.getItem(key)", f"nexus.{key}.1")
        return json.loads(kept or "null")

    async def photograph(self, name: str) -> None:
        """Keep a picture of the page for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


def reply(text: str, **parts: Any) -> Answer:
    """An answer of the door, with further parts of a reply."""
    return outcome(
        "answered", {"text": text, "speech": None, "choices": [], "cards": [], "expects_answer": False, **parts}
    )


def outcome(name: str, said: dict[str, Any] | None = None, status: int = 200) -> Answer:
    """An answer of the door with another outcome."""
    body = {"message_id": "m", "conversation": "c", "outcome": name, "reply": said, "timings_ms": {}}
    body["understanding"] = {"intent": None, "score": 0, "slots": {}}
    return lambda route: route.fulfill(status=status, content_type="application/json", body=json.dumps(body))


def problem(status: int, code: str, **headers: str) -> Answer:
    """A refusal of the door."""
    body = json.dumps({"type": f"urn:nexus:problem:{code}", "status": status, "code": code, "detail": "…"})
    sent = {"content-type": "application/problem+json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return lambda route: route.fulfill(status=status, headers=sent, body=body)


async def unreachable(route: Route) -> None:
    """The message does not arrive."""
    await route.abort("connectionrefused")


async def answer_lost(route: Route) -> None:
    """The message arrives, its answer does not."""
    await route.fetch()
    await route.abort("connectionreset")


def when(event: asyncio.Event, answer: Answer) -> Answer:
    """`answer`, once the event happened."""

    async def later(route: Route) -> None:
        await event.wait()
        await answer(route)

    return later
