"""Who may show the chat, and whom it listens to."""

from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.chat import reply
from tests.browser.foreign import Site
from tests.browser.widget import Host, Look, Widget

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_FRAMED = """url => new Promise((tell) => {
  const frame = Object.assign(document.createElement("iframe"), {src: url, onload: () => tell()});
  document.body.append(frame);
})"""
_STATE: dict[str, Any] = {
    "nexus": 1, "kind": "state", "title": "Forged", "theme": "dark", "dir": "rtl", "shown": True, "focus": True,
}  # fmt: skip
_TO_ALL_FRAMES = """messages => { for (let index = 0; index < top.length; index += 1)
  messages.forEach((message) => top[index].postMessage(message, "*")) }"""


async def test_a_page_that_is_not_allowed_cannot_show_it(host: Host, stranger: Site) -> None:
    widget = await host.open(Look(policy=None), stranger)
    await widget.launcher.click()
    await expect(widget.trouble).to_contain_text("The chat cannot be reached just now.")
    await expect(widget.chat.field).to_have_count(0)
    assert any("frame-ancestors" in complaint for complaint in host.complaints), host.complaints
    assert any(f"is {stranger.origin} one of its allowed origins?" in said for said in host.complaints), host.complaints
    host.complaints.clear()


@pytest.mark.parametrize("path", ["/", "/widget/demo", "/apps/nosuch/channels/web/frame", "/nothing"])
async def test_nothing_else_can_be_framed_by_anybody(host: Host, path: str) -> None:
    widget = await host.open(Look(policy=None))
    await widget.page.evaluate(_FRAMED, host.url + path)
    assert await widget.page.frame_locator("iframe").locator("main").count() == 0
    assert any("frame-ancestors" in complaint for complaint in host.complaints), host.complaints
    host.complaints.clear()


async def test_an_allowed_page_inside_one_that_is_not_cannot_show_it(host: Host, stranger: Site) -> None:
    inner = host.address(Look(policy=None), host.site)
    widget = await host.open(Look(policy=None, more=f'<iframe src="{inner}"></iframe>'), stranger)
    within = widget.page.frame_locator("main iframe").locator("nexus-chat")
    await within.locator(".launcher").click()
    await expect(within.locator(".note")).to_contain_text("The chat cannot be reached just now.")
    assert any("frame-ancestors" in complaint for complaint in host.complaints), host.complaints
    host.complaints.clear()


async def test_what_cannot_be_shown_is_said_on_a_page(nexus: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{nexus}/apps/nosuch/channels/web/frame")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert "There is nothing here" in answer.text


async def test_the_page_does_not_listen_to_strangers(widget: Widget) -> None:
    await widget.listen()
    await widget.open()
    await widget.page.evaluate(
        """() => { const send = (message) => postMessage(message, location.origin);
            send({nexus: 1, kind: "unread", count: 7}); send({nexus: 1, kind: "close"}); }"""
    )
    wrong: list[Any] = [
        None,
        7,
        "close",
        {},
        {"kind": "close"},
        {"nexus": 2, "kind": "close"},
        {"nexus": 1, "kind": "x"},
    ]
    wrong += [{"nexus": 1, "kind": "unread", "count": count} for count in (-1, 1.5, "7", None)]
    frame = await widget.frame()
    await frame.evaluate("wrong => wrong.forEach((message) => parent.postMessage(message, '*'))", wrong)
    await widget.chat.ask("hello")
    await expect(widget.panel).to_be_visible()
    assert await widget.events() == [["nexus-open", "Ask the shop", None]]


async def test_the_chat_does_not_listen_to_strangers(host: Host, stranger: Site) -> None:
    other = stranger.put("/other", "<p>another frame of the page</p>")
    widget = await host.open(Look(policy=None, more=f'<iframe name="other" src="{other}"></iframe>'))
    chat = await widget.open()
    own = next(frame for frame in widget.page.frames if frame.url == other)
    await own.evaluate(_TO_ALL_FRAMES, [_STATE])
    changes: list[dict[str, Any]] = [
        {"nexus": 2}, {"kind": "x"}, {"title": 7}, {"title": "x" * 81}, {"theme": None}, {"dir": []}, {"shown": 1},
        {"focus": "y"},
    ]  # fmt: skip
    await widget.page.evaluate(_TO_ALL_FRAMES, [None, 7, *({**_STATE, **change} for change in changes)])
    await chat.ask("hello")
    await expect(widget.title).to_have_text("Ask the shop")
    await expect(chat.root.locator("html")).to_have_attribute("dir", "ltr")
    await expect(chat.root.locator("html")).to_have_attribute("data-theme", "")


async def test_alone_in_a_window_it_is_a_chat_that_obeys_nobody(host: Host) -> None:
    widget = await host.open()
    async with widget.page.expect_popup() as opened:
        await widget.page.evaluate("url => { window.popup = window.open(url) }", f"{host.url}/channels/web/frame")
    popup = await opened.value
    await expect(popup.locator("body[data-ready]")).to_be_attached()
    await widget.page.evaluate("state => popup.postMessage(state, '*')", _STATE)
    await popup.get_by_label("Your message").fill("seven times six")
    await popup.get_by_label("Your message").press("Enter")
    await expect(popup.locator(".theirs")).to_contain_text("42")
    await expect(popup.get_by_role("heading", level=1)).to_have_text("Chat")
    await expect(popup.locator("#leave")).to_be_hidden()


async def test_what_is_said_stays_text_and_links_open_apart(widget: Widget) -> None:
    chat = await widget.open()
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    card = {"title": evil, "text": evil, "image_url": "data:text/html,x", "url": f"{widget.url}/nothing"}
    await chat.answer_with(reply(evil, cards=[card]))
    assert await chat.ask(evil) == evil
    assert await chat.log.locator("script, img").count() == 0
    async with widget.page.expect_popup() as opened:
        await chat.log.get_by_role("link").click()
    elsewhere = await opened.value
    await expect(elsewhere.get_by_role("heading")).to_have_text("There is nothing here")
    assert await elsewhere.evaluate("window.opener") is None
