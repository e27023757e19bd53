"""The widget in a page of another site: opened, talked to, closed, kept over a reload, and used by the page."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.chat import reply, when
from tests.browser.widget import Host, Look, Widget, focused

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_TWO = ("data-title='Ask the shop'", "data-app='sim' data-title='Ask the workshop'")


async def test_a_talk_in_a_page_of_another_site(widget: Widget) -> None:
    chat = await widget.open()
    await expect(widget.title).to_have_text("Ask the shop")
    assert "42" in await chat.ask("seven times six")
    await chat.ask("What can you do?")
    assert await chat.choices.count() >= 2
    await chat.choices.first.click()
    await expect(chat.theirs).to_have_count(3)
    assert await widget.page.context.cookies() == []


async def test_a_talk_in_a_page_that_isolates_itself(host: Host) -> None:
    alone = {"cross_origin_embedder_policy": "require-corp", "cross_origin_opener_policy": "same-origin"}
    widget = await host.open(Look(headers=alone))
    assert await widget.page.evaluate("crossOriginIsolated")
    assert "42" in await (await widget.open()).ask("seven times six")


async def test_until_it_is_opened_nothing_but_the_script_is_loaded(host: Host) -> None:
    widget = await host.open()
    asked: list[str] = []
    widget.page.on("request", lambda request: asked.append(request.url))
    await widget.page.reload(wait_until="networkidle")
    assert [url for url in asked if url.startswith(host.url)] == [f"{host.url}/widget.js"]
    await expect(widget.element.locator("iframe")).to_have_count(0)
    assert await widget.page.evaluate("sessionStorage.length + localStorage.length") == 0


async def test_a_reload_keeps_the_talk_and_the_open_panel(widget: Widget) -> None:
    chat = await widget.open()
    answer = await chat.ask("seven times six")
    visitor = (await chat.stored("session"))["visitor"]
    await widget.page.reload()
    await expect(chat.theirs).to_have_text(answer)
    await expect(widget.page.locator("body")).to_be_focused()
    await chat.ask("hello")
    assert (await chat.stored("session"))["visitor"] == visitor
    await widget.leave.click()
    await widget.page.reload()
    await expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    await expect(widget.panel).to_be_hidden()
    await widget.open()
    await expect(chat.theirs).to_have_count(2)


async def test_the_page_learns_nothing_of_the_talk(widget: Widget) -> None:
    await widget.page.evaluate("window.told = []; addEventListener('message', (event) => told.push(event.data))")
    chat = await widget.open()
    await chat.ask("remember that the safe opens with canary-4711")
    await widget.launcher.click()
    await expect(widget.panel).to_be_hidden()
    told = await widget.page.evaluate("told")
    assert {one["kind"] for one in told} <= {"ready", "unread", "close"}
    assert all(set(one) <= {"nexus", "kind", "count"} for one in told)
    kept = await widget.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert kept == f'[{{}},{{"nexus-chat {widget.url} default":"closed"}}]'


async def test_everything_by_keyboard(widget: Widget) -> None:
    keyboard = widget.page.keyboard
    await keyboard.press("Tab")
    await keyboard.press("Tab")
    await expect(widget.launcher).to_be_focused()
    await keyboard.press("Enter")
    await expect(widget.chat.field).to_be_focused()
    await keyboard.type("seven times six")
    await keyboard.press("Enter")
    await expect(widget.chat.theirs).to_contain_text("42")
    await keyboard.press("Shift+Tab")  # the things to try were said by now; the talk is what scrolls
    await keyboard.press("Escape")
    await expect(widget.panel).to_be_hidden()
    await expect(widget.launcher).to_be_focused()
    await keyboard.press("Space")
    await expect(widget.chat.field).to_be_focused()
    await keyboard.press("Escape")
    await expect(widget.launcher).to_be_focused()


async def test_escape_in_a_question_leaves_the_question_only(widget: Widget) -> None:
    chat = await widget.open()
    await chat.ask("hello")
    await chat.root.get_by_role("button", name="Start over").click()
    await expect(chat.root.get_by_role("button", name="Stay")).to_be_focused()
    await widget.page.keyboard.press("Escape")
    await expect(chat.root.get_by_role("dialog")).to_have_count(0)
    await expect(widget.panel).to_be_visible()


async def test_what_comes_while_it_is_closed_is_counted(widget: Widget) -> None:
    await widget.listen()
    chat = await widget.open()
    closed = asyncio.Event()
    await chat.answer_with(when(closed, reply("First.")), reply("Second."))
    await chat.say("one")
    await chat.say("two")
    await widget.page.keyboard.press("Escape")
    await expect(widget.panel).to_be_hidden()
    closed.set()
    badge = widget.element.locator(".badge")
    await expect(badge).to_have_text("2")
    await expect(widget.launcher).to_have_accessible_name("Ask the shop, 2 unread")
    await expect(widget.element.get_by_role("status").last).to_have_text("Ask the shop: 2 unread")
    await widget.photograph("unread")
    await widget.page.reload()
    await expect(badge).to_have_text("2")
    await widget.open()
    await expect(badge).to_be_hidden()
    await widget.page.keyboard.press("Escape")
    await expect(widget.launcher).to_have_accessible_name("Ask the shop")


async def test_the_page_opens_and_closes_it_and_hears_of_it(widget: Widget) -> None:
    await widget.listen()
    await widget.page.evaluate("own.addEventListener('click', () => document.querySelector('nexus-chat').open())")
    await widget.page.locator("#own").click()
    await expect(widget.chat.field).to_be_focused()
    assert await widget.element.evaluate("element => element.opened")
    await widget.page.keyboard.press("Escape")
    await expect(widget.page.locator("#own")).to_be_focused()
    await widget.element.evaluate("element => element.open({focus: false})")
    await expect(widget.chat.field).to_be_visible()
    assert not await focused(widget.chat.field)
    await widget.element.evaluate("element => element.close()")
    await expect(widget.panel).to_be_hidden()
    opened, closed = (["nexus-open", "Ask the shop", None], ["nexus-close", "Ask the shop", None])
    assert await widget.events() == [opened, closed, opened, closed]


async def test_data_open_opens_it_until_the_person_closes_it(host: Host) -> None:
    widget = await host.open(Look(scripts=("data-open",)))
    await expect(widget.title).to_have_text("Chat")
    await widget.leave.click()
    await expect(widget.panel).to_be_hidden()
    await widget.page.reload()
    await expect(widget.launcher).to_be_visible()
    await expect(widget.panel).to_be_hidden()


async def test_attributes_may_change(widget: Widget) -> None:
    chat = await widget.open()
    set_attribute = "(element, [name, value]) => element.setAttribute(name, value)"
    for name, value in (("data-title", "Another name"), ("data-theme", "dark"), ("data-dir", "rtl")):
        await widget.element.evaluate(set_attribute, [name, value])
    await expect(widget.title).to_have_text("Another name")
    root = chat.root.locator("html")
    await expect(root).to_have_attribute("data-theme", "dark")
    await expect(root).to_have_attribute("dir", "rtl")
    await expect(widget.launcher).to_have_accessible_name("Another name")
    assert await widget.element.evaluate("element => element.side") == "left"
    await widget.element.evaluate(set_attribute, ["data-position", "right"])
    assert await widget.element.evaluate("element => element.side") == "right"


async def test_two_apps_on_one_page_are_two_chats(host: Host) -> None:
    shop = await host.open(Look(scripts=_TWO))
    workshop = Widget(shop.page, host.url, "sim")
    boxes = [await one.launcher.bounding_box() for one in (shop, workshop)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert abs(boxes[0]["x"] - boxes[1]["x"]) >= boxes[0]["width"], "one button does not cover the other"
    await (await shop.open()).ask("remember that the ladder is in the barn")
    await workshop.open()
    await expect(shop.panel).to_be_hidden()
    await expect(workshop.title).to_have_text("Ask the workshop")
    assert "barn" not in await workshop.chat.ask("where is the ladder?")
    assert await workshop.chat.stored("sim.session") != await workshop.chat.stored("session")
    await workshop.photograph("two-apps")
    await shop.open()
    await expect(shop.chat.mine).to_have_text("remember that the ladder is in the barn")
    assert "barn" in await shop.chat.ask("where is the ladder?")


async def test_taken_out_and_put_back_it_goes_on(widget: Widget) -> None:
    chat = await widget.open()
    await chat.ask("hello")
    await widget.page.evaluate("chat = document.querySelector('nexus-chat'); chat.remove()")
    await expect(widget.page.locator("iframe")).to_have_count(0)
    await widget.page.evaluate("document.body.append(chat)")
    await expect(chat.mine).to_have_text("hello")


async def test_the_demonstration_is_a_page_of_another_origin(host: Host) -> None:
    widget = await host.open()
    await widget.page.goto(f"{host.url}/widget/demo")
    await expect(widget.launcher).to_be_visible()
    await widget.photograph("demo")
    await widget.page.get_by_role("button", name="Ask us something").click()
    chat = widget.chat
    await chat.ask("seven times six")
    await chat.ask("What can you do?")
    frame = await widget.frame()
    assert re.fullmatch(r"http://localhost:\d+/channels/web/frame", frame.url)
    await widget.photograph("demo-open")
    snippet = widget.page.locator("#snippet")
    await expect(snippet).to_have_text(f'<script src="{host.url}/widget.js" data-title="Ask us" async></script>')
    await widget.page.get_by_label("Colours").select_option("dark")
    await expect(chat.root.locator("html")).to_have_attribute("data-theme", "dark")
    await widget.page.goto(f"{host.url}/widget/demo?app=sim")
    await expect(snippet).to_contain_text('data-app="sim"')
