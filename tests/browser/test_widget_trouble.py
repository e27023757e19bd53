"""The widget when the network, NEXUS or a place to keep things is missing: nothing is lost, and nothing said twice."""

import pytest
from playwright.async_api import Route, expect

from tests.browser.chat import answer_lost, problem, reply, unreachable
from tests.browser.widget import Host, Look, Widget
from tests.integration.conftest import Nexus

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_NOTHING_KEPT = (
    "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
)


def turns(nexus: Nexus) -> int:
    """How many messages of the web chat NEXUS has recorded."""
    with nexus.database() as database:
        row = database.execute("select count(*) from turns where channel = 'web'").fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


async def test_offline_messages_wait_and_are_sent_once(widget: Widget, running: Nexus) -> None:
    chat = await widget.open()
    await chat.ask("hello")
    before = turns(running)
    await widget.page.context.set_offline(True)
    await expect(chat.root.get_by_text("You are offline.")).to_be_visible()
    await chat.say("remember that the kayak is at the boathouse")
    await chat.say("where is the kayak?")
    await expect(chat.held).to_have_text(["Waiting to be sent"] * 2)
    await widget.photograph("offline")
    await expect(chat.theirs).to_have_count(1)
    await chat.answer_with()
    await widget.page.context.set_offline(False)
    await expect(chat.theirs).to_have_count(3)
    await expect(chat.held).to_have_count(0)
    await expect(chat.theirs.last).to_contain_text("boathouse")
    await expect(chat.root.locator("#away")).to_be_hidden()
    assert [message["text"] for message in chat.sent] == [
        "remember that the kayak is at the boathouse",
        "where is the kayak?",
    ]
    assert turns(running) == before + 2


async def test_messages_wait_over_a_reload_even_with_the_panel_closed(widget: Widget, running: Nexus) -> None:
    chat = await widget.open()
    before = turns(running)
    await widget.page.route(chat.door, unreachable)
    await chat.say("seven times six")
    await expect(chat.held).to_be_visible()
    waiting = (await chat.stored("talk"))[0]["id"]
    await widget.page.reload()
    await expect(chat.held).to_be_visible()
    await widget.launcher.click()
    await expect(widget.panel).to_be_hidden()
    await widget.page.unroute(chat.door)
    await chat.answer_with()
    await widget.page.reload()
    await expect(widget.element.locator(".badge")).to_have_text("1")
    await widget.open()
    await expect(chat.theirs).to_contain_text("42")
    assert [message["message_id"] for message in chat.sent] == [waiting]
    assert turns(running) == before + 1


async def test_an_answer_that_got_lost_is_fetched_and_nothing_is_done_twice(widget: Widget, running: Nexus) -> None:
    chat = await widget.open()
    before = turns(running)
    await chat.answer_with(answer_lost)
    await chat.say("remember that the canoe is at the lake house")
    await expect(chat.theirs).to_have_count(1)
    assert len(chat.sent) == 2
    assert len({message["message_id"] for message in chat.sent}) == 1
    assert turns(running) == before + 1


async def test_an_unreachable_nexus_can_be_tried_at_once(widget: Widget) -> None:
    chat = await widget.open()
    await chat.answer_with(*[unreachable] * 3, reply("Back."))
    await chat.say("hello")
    await expect(chat.root.get_by_text("NEXUS cannot be reached just now.")).to_be_visible()
    await widget.photograph("unreachable")
    for _ in range(3):
        await chat.root.get_by_role("button", name="Try now").click()
    await expect(chat.theirs).to_have_text("Back.")


async def test_a_crowd_is_said_kindly(widget: Widget) -> None:
    chat = await widget.open()
    await chat.answer_with(*[problem(429, "rate_limited", retry_after="0")] * 3, reply("Here I am."))
    await chat.say("hello")
    await expect(chat.trouble).to_contain_text("Please wait a moment")
    await widget.photograph("crowd")
    await chat.trouble.get_by_role("button", name="Try again").click()
    await expect(chat.theirs).to_have_text("Here I am.")


async def test_where_nothing_may_be_kept_it_works_and_says_so(host: Host) -> None:
    widget = await host.open(Look(before=_NOTHING_KEPT))
    chat = await widget.open()
    await expect(chat.root.get_by_text("does not let this chat keep anything")).to_be_visible()
    await chat.ask("remember that the tent is in the attic")
    assert "attic" in await chat.ask("where is the tent?")
    await widget.photograph("nothing-kept")
    await widget.page.keyboard.press("Escape")
    await widget.open()
    await expect(chat.mine).to_have_count(2)


async def test_a_chat_that_does_not_load_is_said_and_tried_again(host: Host) -> None:
    widget = await host.open()

    async def gone(route: Route) -> None:
        await route.abort("connectionrefused")

    await widget.page.route("**/channels/web/frame", gone)
    await widget.launcher.click()
    await expect(widget.trouble).to_contain_text("The chat cannot be reached just now.")
    await widget.photograph("not-loaded")
    await widget.page.unroute("**/channels/web/frame")
    await widget.element.get_by_role("button", name="Try again").click()
    await expect(widget.chat.field).to_be_visible()
    assert all("target origin" in said or "no answer from" in said for said in host.complaints), host.complaints
    host.complaints.clear()
