"""When something goes wrong: said in words, tried again with the same id, and nothing is doubled."""

import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat, answer_lost, outcome, problem, reply, unreachable

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_unreachable_is_said_and_tried_again_with_the_same_id(chat: Chat) -> None:
    await chat.answer_with(unreachable, unreachable)
    await chat.say("seven times six")
    await expect(chat.page.get_by_text("NEXUS cannot be reached just now.")).to_be_visible()
    await expect(chat.held).to_have_text("Waiting to be sent")
    await chat.photograph("unreachable")
    await chat.page.get_by_role("button", name="Try now").click()
    await expect(chat.theirs).to_contain_text("42")
    await expect(chat.held).to_have_count(0)
    await expect(chat.mine).to_have_count(1)
    assert len({str(message) for message in chat.sent}) == 1


async def test_a_lost_answer_is_fetched_and_nothing_is_said_twice(chat: Chat) -> None:
    await chat.answer_with(answer_lost)
    await chat.say("remember that the canoe is at the lake house")
    await expect(chat.theirs).to_have_count(1)
    assert chat.sent[0]["message_id"] == chat.sent[1]["message_id"]
    assert (await chat.ask("where is the canoe?")).count("lake house") == 1


async def test_what_is_said_offline_is_sent_when_the_network_is_back(chat: Chat) -> None:
    await chat.page.context.set_offline(True)
    await chat.say("seven times six")
    await expect(chat.page.get_by_text("You are offline.")).to_be_visible()
    await expect(chat.held).to_be_visible()
    await chat.page.context.set_offline(False)
    await expect(chat.theirs).to_contain_text("42")
    await expect(chat.page.locator("#away")).to_be_hidden()


async def test_a_message_on_its_way_survives_a_reload(chat: Chat) -> None:
    await chat.answer_with(*[outcome("running", status=202)] * 3)
    await chat.say("seven times six")
    await expect(chat.log.locator(".typing")).to_be_visible()
    await chat.photograph("typing")
    await chat.page.reload()
    await expect(chat.theirs).to_contain_text("42")
    assert len({message["message_id"] for message in chat.sent}) == 1


async def test_a_running_message_is_asked_for_until_it_is_answered(chat: Chat) -> None:
    await chat.answer_with(outcome("running", status=202), outcome("running", status=202), reply("There you are."))
    assert await chat.ask("take your time") == "There you are."
    assert len({message["message_id"] for message in chat.sent}) == 1
    assert len(chat.sent) == 3


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (503, "store_unavailable")])
async def test_a_short_trouble_passes_by_itself(chat: Chat, status: int, code: str) -> None:
    await chat.answer_with(problem(status, code, retry_after="1"), reply("Here I am."))
    assert await chat.ask("hello") == "Here I am."
    assert chat.sent[0] == chat.sent[1]
    await expect(chat.trouble).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(429, "rate_limited", "Please wait a moment"), (503, "store_unavailable", "cannot answer just now")],
)
async def test_a_long_trouble_is_said(chat: Chat, status: int, code: str, words: str) -> None:
    await chat.answer_with(*[problem(status, code, retry_after="0")] * 3, reply("Back again."))
    await chat.say("hello")
    await expect(chat.trouble).to_contain_text(words)
    await chat.trouble.get_by_role("button", name="Try again").click()
    await expect(chat.theirs).to_have_text("Back again.")
    assert len({message["message_id"] for message in chat.sent}) == 1


async def test_a_failed_answer_is_tried_again_as_a_new_message(chat: Chat) -> None:
    await chat.answer_with(outcome("failed", status=503), reply("Now it works."))
    await chat.say("hello")
    await expect(chat.trouble).to_contain_text("could not answer")
    await chat.trouble.get_by_role("button", name="Try again").click()
    await expect(chat.theirs).to_have_text("Now it works.")
    await expect(chat.mine).to_have_count(1)
    assert chat.sent[0]["message_id"] != chat.sent[1]["message_id"]


async def test_a_lost_session_is_opened_anew(chat: Chat) -> None:
    await chat.ask("hello")
    await chat.page.evaluate(
        """() => { const kept = JSON.parse(localStorage["nexus.session.1"]);
                   localStorage["nexus.session.1"] = JSON.stringify({...kept, token: kept.token.slice(0, -9) + "forged..."}) }"""
    )
    await chat.answer_with()
    await chat.ask("seven times six")
    assert len(chat.tokens) == 2
    assert chat.sent[0] == chat.sent[1]
    await expect(chat.trouble).to_have_count(0)


async def test_an_old_session_is_renewed_for_the_same_visitor(chat: Chat) -> None:
    await chat.ask("hello")
    visitor = (await chat.stored("session"))["visitor"]
    await chat.page.evaluate(
        """() => { const kept = JSON.parse(localStorage["nexus.session.1"]);
                   localStorage["nexus.session.1"] = JSON.stringify({...kept, expires_at: Date.now() / 1000 + 60}) }"""
    )
    await chat.ask("hello again")
    renewed = await chat.stored("session")
    assert renewed["visitor"] == visitor
    assert renewed["expires_at"] > await chat.page.evaluate("Date.now() / 1000 + 86400")


async def test_a_page_that_is_not_allowed_is_told_so(chat: Chat) -> None:
    await chat.page.route("**/channels/web/session", lambda route: problem(401, "not_authentic")(route))
    await chat.say("hello")
    await expect(chat.trouble).to_contain_text("does not accept messages from this address")


async def test_an_answer_that_is_no_json_is_trouble_too(chat: Chat) -> None:
    await chat.answer_with(lambda route: route.fulfill(content_type="application/json", body="<html>"))
    await chat.say("hello")
    await expect(chat.trouble).to_contain_text("cannot answer just now")


async def test_a_message_that_is_too_long_is_not_sent(chat: Chat) -> None:
    most = int(await chat.page.locator("body").get_attribute("data-most") or 0)
    await chat.answer_with()
    await chat.field.fill("😀" * (most + 2))
    await expect(chat.page.locator("#hint")).to_have_text("Too long by 2 characters")
    await expect(chat.send).to_be_disabled()
    await chat.field.press("Enter")
    await chat.photograph("too-long")
    await chat.field.fill("hello")
    await expect(chat.send).to_be_enabled()
    await expect(chat.page.locator("#hint")).to_contain_text("Enter sends")
    assert chat.sent == []
