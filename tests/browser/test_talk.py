"""A talk with the running NEXUS: said, answered, kept over a reload, and nobody else's business."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat, Chats

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_page_says_what_nexus_can_do(chat: Chat) -> None:
    await expect(chat.page).to_have_title("NEXUS")
    await expect(chat.page.get_by_role("heading", level=1)).to_have_text("NEXUS")
    things = chat.page.get_by_role("list", name="Things to try").get_by_role("button")
    assert await things.count() >= 4
    await expect(chat.page.locator(".welcome p").first).to_contain_text("Notes")
    assert await chat.stored("session") is None, "nobody is known before they say something"
    await chat.photograph("welcome")


async def test_a_thing_to_try_is_answered(chat: Chat) -> None:
    await chat.page.get_by_role("button", name="What time is it in Tokyo?").click()
    await expect(chat.mine).to_have_text("What time is it in Tokyo?")
    await expect(chat.theirs).to_contain_text(re.compile("Tokyo"))
    await expect(chat.trouble).to_have_count(0)


async def test_help_offers_choices_and_a_choice_is_answered(chat: Chat) -> None:
    await chat.ask("What can you do?")
    assert await chat.choices.count() >= 2
    await chat.photograph("help")
    await chat.choices.first.click()
    await expect(chat.theirs).to_have_count(2)
    await expect(chat.mine).to_have_count(2)


async def test_reload_keeps_the_talk_and_the_visitor(chat: Chat) -> None:
    answer = await chat.ask("seven times six")
    assert "42" in answer or "forty-two" in answer
    session = await chat.stored("session")
    await chat.page.reload()
    await expect(chat.mine).to_have_text("seven times six")
    await expect(chat.theirs).to_have_text(answer)
    await chat.answer_with()
    await chat.ask("seven times six")
    assert chat.tokens == [f"Bearer {session['token']}"]
    assert (await chat.stored("session"))["visitor"] == session["visitor"]


async def test_notes_are_found_again_by_their_visitor_only(chats: Chats) -> None:
    ada, eve = await chats.open(), await chats.open()
    await ada.ask("remember that the spare key is under the blue mat")
    await ada.page.reload()
    assert "under the blue mat" in await ada.ask("where is the spare key?")
    assert "blue mat" not in await eve.ask("where is the spare key?")
    assert (await ada.stored("session"))["visitor"] != (await eve.stored("session"))["visitor"]


async def test_two_tabs_show_the_same_talk(chats: Chats) -> None:
    first = await chats.open()
    await first.ask("hello")
    second = await chats.tab(first.page.context)
    await expect(second.mine).to_have_text("hello")
    await second.ask("seven times six")
    await expect(first.mine).to_have_text(["hello", "seven times six"])
    await expect(first.theirs).to_have_count(2)


async def test_what_was_said_in_a_hurry_is_answered_in_order(chat: Chat) -> None:
    for text in ("two plus two", "three plus three", "ten plus ten"):
        await chat.say(text)
    await expect(chat.theirs).to_have_count(3)
    await expect(chat.mine).to_have_text(["two plus two", "three plus three", "ten plus ten"])
    answers = await chat.theirs.all_inner_texts()
    assert [found[-1] for found in (re.findall(r"\d+", answer) for answer in answers)] == ["4", "6", "20"]


async def test_start_over_clears_the_messages_and_keeps_the_visitor(chat: Chat) -> None:
    await chat.ask("hello")
    visitor = (await chat.stored("session"))["visitor"]
    await chat.page.get_by_role("button", name="Start over").click()
    await chat.page.get_by_role("button", name="Clear the messages").click()
    await expect(chat.mine).to_have_count(0)
    await expect(chat.page.get_by_role("heading", name="What can I do for you?")).to_be_in_viewport()
    await chat.ask("hello")
    assert (await chat.stored("session"))["visitor"] == visitor


async def test_start_over_as_somebody_new(chat: Chat) -> None:
    await chat.ask("hello")
    visitor = (await chat.stored("session"))["visitor"]
    await chat.page.get_by_role("button", name="Start over").click()
    await chat.photograph("start-over")
    await chat.page.get_by_role("button", name="Begin as somebody new").click()
    await expect(chat.mine).to_have_count(0)
    await chat.ask("hello")
    assert (await chat.stored("session"))["visitor"] != visitor


async def test_start_over_can_be_left(chat: Chat) -> None:
    await chat.ask("hello")
    await chat.page.get_by_role("button", name="Start over").click()
    await expect(chat.page.get_by_role("dialog", name="Start over?")).to_be_visible()
    await chat.page.keyboard.press("Escape")
    await expect(chat.page.get_by_role("dialog")).to_have_count(0)
    await expect(chat.mine).to_have_text("hello")


async def test_works_where_the_browser_forbids_storage(chats: Chats) -> None:
    forbid = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    chat = await chats.open(before=forbid)
    await chat.ask("hello")
    await chat.ask("seven times six")
    await expect(chat.mine).to_have_text(["hello", "seven times six"])
