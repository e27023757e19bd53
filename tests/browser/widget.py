"""The widget in a page of another site, as a person uses it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, Frame, Locator, Page, expect

from tests.browser.chat import SCREENSHOTS, Chat
from tests.browser.foreign import Site

# What a page that trusts nobody needs to allow, and no more.
STRICT = (
    "default-src 'none'; script-src {nexus}; frame-src {nexus}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_PAGE = """<html lang="en" {html}>
<head><title>A shop</title><meta name="viewport" content="width=device-width, initial-scale=1">{script}</head>
<body>
  <main><h1>A shop</h1><p>Lanterns for long evenings.</p><button id="own">Ask us</button>{more}</main>
</body></html>"""


@dataclass
class Look:
    """How a page with the widget is opened."""

    width: int = 1000
    height: int = 760
    scheme: Literal["light", "dark"] = "light"
    touch: bool = False
    html: str = ""  # attributes of the page's <html>
    more: str = ""  # what else is in the page
    policy: str | None = STRICT
    headers: dict[str, str] = field(default_factory=dict)  # further ones of the page
    before: str | None = None  # a script that runs before those of the page, in every frame
    forced: Literal["active", "none"] = "none"  # colours
    motion: Literal["no-preference", "reduce"] = "no-preference"
    scripts: tuple[str, ...] = ("data-title='Ask the shop'",)  # the attributes of each script element


@dataclass
class Host:
    """Opens pages of a site with the widget in them; gathers what the browser complains about."""

    browser: Browser
    url: str
    site: Site
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    pages: int = 0

    async def open(self, look: Look | None = None, site: Site | None = None) -> "Widget":
        """A page in a fresh profile."""
        look = look or Look()
        context = await self.browser.new_context(
            viewport={"width": look.width, "height": look.height},
            color_scheme=look.scheme,
            forced_colors=look.forced,
            reduced_motion=look.motion,
            has_touch=look.touch,
            is_mobile=look.touch,
        )
        self.contexts.append(context)
        if look.before is not None:
            await context.add_init_script(look.before)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", lambda said: self._hear(said.type, said.text))
        await page.goto(self.address(look, site or self.site))
        widget = Widget(page, self.url)
        await expect(widget.launcher).to_be_visible()
        return widget

    def address(self, look: Look, site: Site) -> str:
        """The address of a page like that on `site`."""
        self.pages += 1
        script = "\n".join(f'<script src="{self.url}/widget.js" {one} async></script>' for one in look.scripts)
        html = _PAGE.format(html=look.html, script=script, more=look.more)
        headers = {} if look.policy is None else {"content_security_policy": look.policy.format(nexus=self.url)}
        return site.put(f"/{self.pages}", html, **headers, **look.headers)

    async def close(self) -> None:
        """Close what was opened."""
        for context in self.contexts:
            await context.close()

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.complaints.append(f"{kind}: {text}")


class Widget:
    """The widget of one app in a page."""

    def __init__(self, page: Page, url: str, app: str = "default") -> None:
        self.page = page
        self.url = url
        self.door = "/channels/web" if app == "default" else f"/apps/{app}/channels/web"
        own = f'nexus-chat[data-app="{app}"]'
        self.element = page.locator(f"nexus-chat:not([data-app]), {own}" if app == "default" else own)
        self.launcher = self.element.locator(".launcher")
        self.panel = self.element.locator("dialog")
        self.trouble = self.element.locator(".note")
        self.chat = Chat(page, url, self.element.frame_locator("iframe"), self.door)
        self.title = self.chat.root.get_by_role("heading", level=1)
        self.leave = self.chat.root.get_by_role("button", name="Close the chat")

    async def open(self) -> Chat:
        """Press the button and wait for the chat."""
        await self.launcher.click()
        await expect(self.chat.field).to_be_visible()
        return self.chat

    async def frame(self) -> Frame:
        """The frame of the chat."""
        handle = await self.element.locator("iframe").element_handle()
        assert handle is not None
        frame = await handle.content_frame()
        assert frame is not None
        return frame

    async def events(self) -> list[Any]:
        """What the page heard from the element since `listen`."""
        heard: list[Any] = await self.page.evaluate("window.heard")
        return heard

    async def listen(self) -> None:
        """Note the element's events in the page."""
        await self.page.evaluate(
            """() => { window.heard = [];
                ["nexus-open", "nexus-close", "nexus-unread"].forEach((name) => document.addEventListener(name,
                  (event) => heard.push([name, event.target.dataset.title, event.detail?.count ?? null]))) }"""
        )

    async def photograph(self, name: str) -> None:
        """Keep a picture of the page for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"widget-{name}.png", animations="disabled")


async def faults(where: Page | Frame) -> list[str]:
    """What axe finds wrong in a page or a frame; the frames inside it are asked for themselves."""
    results = await Axe().run(where, options={"resultTypes": ["violations"], "iframes": False})
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in results.response["violations"]]


async def focused(where: Locator) -> bool:
    """Whether the document of `where` has the focus."""
    inside: bool = await where.evaluate("element => element.ownerDocument.hasFocus()")
    return inside
