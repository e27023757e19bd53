"""An answer that takes long: the page says so, goes on asking while somebody looks, and shows it as a message of its own."""

import json
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser.chat import Answer, Chat, Chats, outcome, problem, reply
from tests.browser.widget import Widget

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WAIT = "One moment, I am looking that up."
HOLDING: dict[str, Any] = {"text": WAIT, "speech": None, "choices": [], "cards": [], "expects_answer": False}
DEFERRED = outcome("deferred", HOLDING, status=202)
WORKING = "Still working on the answer"
HIDE = """Object.defineProperty(document, "visibilityState", { get: () => (window.hide ? "hidden" : "visible") });"""


async def found(chat: Chat, *answers: Answer) -> list[tuple[str, str, str]]:
    """Give these answers to those who ask what became of a message, the last one on and on; notes who asked for what."""
    asked: list[tuple[str, str, str]] = []
    left = list(answers)

    async def handle(route: Route) -> None:
        asked.append((route.request.method, route.request.url, route.request.headers.get("authorization", "")))
        await (left.pop(0) if len(left) > 1 else left[0])(route)

    await chat.page.route(f"{chat.door}/messages/*", handle)
    return asked


def kept(**changes: Any) -> str:
    """A script that gives the browser a talk with a deferred answer."""
    exchange = {"id": "old", "text": "a story", "at": 1, "state": "deferred", "answered": 2, "since": 2}
    talk = json.dumps([{**exchange, "answer": {"outcome": "deferred", "reply": HOLDING}, **changes}])
    return f"""localStorage.getItem("nexus.talk.1") ?? localStorage.setItem("nexus.talk.1", {json.dumps(talk)});"""


async def test_the_answer_comes_as_a_message_of_its_own(chat: Chat) -> None:
    asked = await found(chat, DEFERRED, DEFERRED, reply("It is 42.", choices=[{"title": "Why?", "value": "why"}]))
    await chat.answer_with(DEFERRED)
    assert await chat.ask("what is the answer to everything") == WAIT
    working = chat.log.get_by_text(WORKING)
    await expect(working).to_be_visible()
    await expect(chat.log.locator(".working .typing")).to_have_attribute("aria-hidden", "true")
    await expect(chat.choices).to_have_count(0)
    await chat.photograph("later_working")
    await expect(chat.theirs).to_have_text([WAIT, "It is 42."], timeout=20_000)
    await expect(working).to_have_count(0)
    await expect(chat.choices).to_have_text(["Why?"])
    await expect(chat.field).to_be_focused()
    await expect(chat.mine).to_have_count(1)
    await chat.photograph("later_answered")
    message_id = chat.sent[0]["message_id"]
    assert asked == [("GET", f"{chat.door}/messages/{message_id}", chat.tokens[0])] * 3
    assert len(chat.sent) == 1
    await chat.page.wait_for_timeout(1_500)
    assert len(asked) == 3, "what came is not asked for again"


async def test_screen_readers_hear_each_thing_once(chat: Chat) -> None:
    """The log is live: what is added to it is read, so nothing that stands there may be drawn anew."""
    await found(chat, DEFERRED, reply("It is 42."))
    await chat.answer_with(DEFERRED)
    await chat.log.evaluate(
        """(log) => { window.added = []; new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach(
            (node) => window.added.push(node.textContent)))).observe(log, { childList: true }); }"""
    )
    await chat.ask("what is the answer to everything")
    await expect(chat.theirs).to_have_count(2, timeout=20_000)
    added = await chat.page.evaluate("window.added.filter((text) => text)")
    assert [
        text.startswith(start) for text, start in zip(added, ("You: ", "NEXUS: One", WORKING, "NEXUS: It"), strict=True)
    ] == [True] * 4


async def test_a_reload_goes_on_asking(chat: Chat) -> None:
    await found(chat, DEFERRED)
    await chat.answer_with(DEFERRED)
    await chat.ask("tell me a story")
    await chat.page.reload()
    await expect(chat.log.get_by_text(WORKING)).to_be_visible()
    await chat.page.unroute(f"{chat.door}/messages/*")
    await found(chat, reply("Once upon a time."))
    await expect(chat.theirs).to_have_text([WAIT, "Once upon a time."], timeout=20_000)
    await chat.page.reload()
    await expect(chat.theirs).to_have_text([WAIT, "Once upon a time."])
    assert len(chat.sent) == 1


async def test_the_talk_goes_on_meanwhile(chat: Chat) -> None:
    await found(chat, DEFERRED)
    await chat.answer_with(DEFERRED, reply("Hello to you."))
    await chat.ask("tell me a story")
    assert await chat.ask("hello") == "Hello to you."
    await chat.page.unroute(f"{chat.door}/messages/*")
    await found(chat, reply("Once upon a time."))
    await expect(chat.theirs).to_have_text([WAIT, "Hello to you.", "Once upon a time."], timeout=20_000)
    said = await chat.log.locator(".bubble").all_inner_texts()
    assert said == ["tell me a story", WAIT, "hello", "Hello to you.", "Once upon a time."]
    await chat.answer_with()
    await chat.ask("what is seven times six")
    assert (await chat.log.locator(".bubble").all_inner_texts())[:5] == said


async def test_what_was_told_meanwhile_is_not_told_twice(chat: Chat) -> None:
    await found(chat, DEFERRED)
    await chat.answer_with(DEFERRED, reply("You asked for a story: Once upon a time."))
    await chat.ask("tell me a story")
    await chat.ask("go on")
    await chat.page.unroute(f"{chat.door}/messages/*")
    await found(chat, reply("Once upon a time."))
    await expect(chat.log.get_by_text(WORKING)).to_have_count(0, timeout=20_000)
    await expect(chat.theirs).to_have_count(2)


async def test_after_minutes_somebody_decides_whether_to_look_again(chats: Chats) -> None:
    chat = await chats.open(before=kept())
    asked = await found(chat, DEFERRED)
    await expect(chat.trouble).to_contain_text("The answer is not there yet.", timeout=20_000)
    before = len(asked)
    look = chat.trouble.get_by_role("button", name="Look again")
    await chat.page.unroute(f"{chat.door}/messages/*")
    await found(chat, DEFERRED, reply("Once upon a time."))
    await look.press("Enter")
    await expect(chat.trouble).to_have_count(0)
    await expect(chat.log.get_by_text(WORKING)).to_be_visible()
    await expect(chat.theirs).to_have_text([WAIT, "Once upon a time."], timeout=20_000)
    assert before >= 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (problem(404, "not_found"), "This answer got lost"),
        (outcome("failed", status=503), "This answer got lost"),
    ],
)
async def test_what_never_comes_is_said(chats: Chats, answer: Answer, words: str) -> None:
    chat = await chats.open(before=kept())
    await found(chat, answer)
    await expect(chat.trouble).to_contain_text(words, timeout=20_000)
    await chat.answer_with(reply("It is 42."))
    await chat.trouble.get_by_role("button", name="Try again").click()
    await expect(chat.theirs).to_have_text(["It is 42."])
    assert chat.sent[0]["message_id"] != "old"


async def test_nobody_asks_while_nobody_looks(chats: Chats) -> None:
    chat = await chats.open(before=f"window.hide = true; {HIDE} {kept(since=9e15)}")
    asked = await found(chat, reply("It is 42."))
    await chat.page.wait_for_timeout(2_000)
    assert asked == []
    await chat.page.evaluate("window.hide = false; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(chat.theirs).to_have_text([WAIT, "It is 42."], timeout=20_000)


async def test_a_crowd_or_a_dead_line_is_waited_out(chats: Chats) -> None:
    chat = await chats.open(before=kept(since=9e15))
    gone: Answer = lambda route: route.abort("connectionrefused")  # noqa: E731
    await found(chat, problem(429, "rate_limited", retry_after="1"), gone, reply("It is 42."))
    await expect(chat.theirs).to_have_text([WAIT, "It is 42."], timeout=20_000)
    await expect(chat.trouble).to_have_count(0)


ASK = """async (id) => { const { token } = JSON.parse(localStorage.getItem("nexus.session.1"));
    const door = document.body.dataset.door;
    return (await fetch(`${door}/messages/${id}`, { headers: { Authorization: `Bearer ${token}` } })).status; }"""


async def test_the_door_knows_a_page_that_asks(chat: Chat, widget: Widget) -> None:
    """On its own page and in the widget, where browsers leave the Origin of such a question out."""
    for one in (chat, await widget.open()):
        await one.ask("what is seven times six")
        [said] = await one.stored("talk")
        assert await one.log.evaluate(f"(log, id) => ({ASK})(id)", said["id"]) == 200
