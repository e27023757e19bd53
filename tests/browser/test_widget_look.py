"""How the widget looks and feels: screen readers, small screens, dark rooms, right to left, few colours, little motion."""

from typing import Literal

import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat, Chats, reply
from tests.browser.widget import Host, Look, Widget, faults

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_WIDTH = "document.documentElement.scrollWidth"
_RICH = reply(
    "Here is what I found:",
    cards=[{"title": "Harbour", "text": "Brass, for the table.\n€ 48", "image_url": "/static/favicon.svg", "url": "https://shop.example/harbour"}],
    choices=[{"title": "Show me more", "value": "more"}, {"title": "Thanks", "value": "thanks"}],
    media=[{"url": "/static/nothing.mp3", "media_type": "audio/mpeg", "alt": "A bell"}],
)  # fmt: skip


async def rich(widget: Widget) -> Chat:
    """The chat with everything in it that can be in it: an answer of every kind, and something that went wrong."""
    chat = await widget.open()
    await chat.answer_with(_RICH, reply(""), lambda route: route.fulfill(status=400, body="{}"))
    await chat.ask("Which lanterns do you have?")
    await chat.say("And now?")
    return chat


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(host: Host, scheme: Literal["light", "dark"]) -> None:
    widget = await host.open(Look(scheme=scheme))
    assert await faults(widget.page) == []
    chat = await widget.open()
    await chat.answer_with(_RICH, lambda route: route.fulfill(status=400, body="{}"))
    assert await faults(await widget.frame()) == []
    await chat.ask("Which lanterns do you have?")
    await widget.photograph(f"cards-{scheme}")
    await chat.say("And now?")
    await expect(chat.trouble).to_be_visible()
    await widget.photograph(scheme)
    assert await faults(widget.page) == []
    assert await faults(await widget.frame()) == []
    await chat.root.get_by_role("button", name="Start over").click()
    await widget.photograph(f"start-over-{scheme}")
    assert await faults(await widget.frame()) == []


async def test_axe_finds_nothing_in_the_other_pages(chats: Chats) -> None:
    chat = await chats.open()
    await chat.answer_with(_RICH)
    await chat.ask("Which lanterns do you have?")
    assert await faults(chat.page) == []
    missing = await chats.tab(chat.page.context, "/nothing")
    assert await faults(missing.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_demonstration(host: Host, scheme: Literal["light", "dark"]) -> None:
    widget = await host.open(Look(scheme=scheme))
    await widget.page.goto(f"{host.url}/widget/demo")
    await expect(widget.launcher).to_be_visible()
    assert await faults(widget.page) == []


async def test_says_what_it_is(widget: Widget) -> None:
    await expect(widget.launcher).to_have_role("button")
    await expect(widget.launcher).to_have_accessible_name("Ask the shop")
    await expect(widget.launcher).to_have_attribute("aria-haspopup", "dialog")
    await expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    chat = await widget.open()
    await expect(widget.launcher).to_have_attribute("aria-expanded", "true")
    await expect(widget.panel).to_have_role("dialog")
    await expect(widget.panel).to_have_accessible_name("Ask the shop")
    await expect(widget.element.locator("iframe")).to_have_attribute("title", "Ask the shop")
    await expect(chat.log).to_have_attribute("role", "log")
    await expect(chat.root.locator("#absence")).to_have_role("status")


async def test_a_small_screen_is_filled(host: Host) -> None:
    widget = await host.open(Look(320, 568, touch=True))
    await widget.photograph("small-closed")
    await widget.launcher.tap()
    chat = widget.chat
    await expect(chat.field).to_be_visible()
    await widget.panel.evaluate("panel => Promise.all(panel.getAnimations().map(({finished}) => finished))")
    assert await widget.panel.bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 568}
    await chat.answer_with(reply("wide" * 100), _RICH)
    await chat.ask("https://example.org/" + "y" * 120)
    await chat.ask("Which lanterns do you have?")
    await widget.photograph("small")
    assert await chat.log.evaluate(f"() => {_WIDTH}") == 320
    assert await widget.page.evaluate(_WIDTH) == 320
    await expect(chat.field).to_be_in_viewport(ratio=1)
    await widget.leave.tap()
    await expect(widget.panel).to_be_hidden()
    await expect(widget.launcher).to_be_visible()


async def test_on_a_small_screen_the_page_behind_is_out_of_reach(host: Host) -> None:
    widget = await host.open(Look(400, 700))
    await widget.launcher.focus()
    await widget.page.keyboard.press("Enter")
    await expect(widget.chat.field).to_be_focused()
    assert await widget.panel.evaluate("dialog => dialog.matches(':modal')")
    await widget.page.keyboard.press("Escape")
    await expect(widget.launcher).to_be_focused()
    await widget.open()
    await widget.page.set_viewport_size({"width": 1000, "height": 700})
    await expect(widget.panel).not_to_have_css("width", "1000px")
    assert not await widget.panel.evaluate("dialog => dialog.matches(':modal')")
    await expect(widget.chat.field).to_be_visible()


async def test_a_large_one_leaves_the_page_in_reach(widget: Widget) -> None:
    await widget.open()
    assert not await widget.panel.evaluate("dialog => dialog.matches(':modal')")
    await widget.page.locator("#own").click()
    await expect(widget.page.locator("#own")).to_be_focused()


async def test_right_to_left(host: Host) -> None:
    widget = await host.open(Look(html='dir="rtl"'))
    box = await widget.launcher.bounding_box()
    assert box is not None
    assert box["x"] < 100, "the button is on the left"
    chat = await widget.open()
    await expect(chat.root.locator("html")).to_have_attribute("dir", "rtl")
    await chat.answer_with(
        reply("مرحبا! كيف يمكنني مساعدتك اليوم؟", choices=[{"title": "كم الساعة في طوكيو؟", "value": "time"}])
    )
    await chat.ask("مرحبا NEXUS، كيف حالك؟")
    mine, theirs = await chat.mine.bounding_box(), await chat.theirs.bounding_box()
    assert mine is not None
    assert theirs is not None
    assert mine["x"] < theirs["x"] + theirs["width"] - mine["width"], "what I said is on the left"
    await widget.photograph("right-to-left")


@pytest.mark.parametrize(("theme", "scheme"), [("dark", "light"), ("light", "dark")])
async def test_the_page_may_choose_the_colours(host: Host, theme: str, scheme: Literal["light", "dark"]) -> None:
    widget = await host.open(Look(scheme=scheme, scripts=(f"data-title='Ask the shop' data-theme='{theme}'",)))
    chat = await widget.open()
    ground = await chat.root.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert ground == {"dark": "rgb(20, 20, 28)", "light": "rgb(245, 244, 251)"}[theme]
    panel = await widget.panel.evaluate("panel => getComputedStyle(panel).backgroundColor")
    assert panel == {"dark": "rgb(32, 32, 44)", "light": "rgb(255, 255, 255)"}[theme]


async def test_forced_colours_keep_the_edges(host: Host) -> None:
    widget = await host.open(Look(forced="active", scheme="dark"))
    await expect(widget.launcher).to_have_css("border-top-style", "solid")
    await rich(widget)
    await widget.photograph("forced-colours")
    await expect(widget.panel).to_have_css("border-top-style", "solid")


async def test_little_motion_is_none(host: Host) -> None:
    still, moving = await host.open(Look(motion="reduce")), await host.open()
    for widget, name in ((still, "none"), (moving, "rise")):
        await widget.open()
        await expect(widget.panel).to_have_css("animation-name", name)


async def test_styles_of_the_page_do_not_reach_it(host: Host) -> None:
    style = ":root { font-size: 8px } * { font-family: monospace; color: red } button, dialog, iframe { display: none }"
    widget = await host.open(Look(policy=None, more=f"<style>{style}</style>"))
    box = await widget.launcher.bounding_box()
    assert box is not None
    assert box["width"] == 56
    await widget.open()
    await expect(widget.panel).not_to_have_css("font-family", "monospace")
