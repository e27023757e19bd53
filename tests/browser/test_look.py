"""How the page looks and feels: keyboard, screen readers, small screens, dark rooms, other scripts; and text that stays text."""

import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat, Chats, problem, reply, unreachable

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_WIDTH = "document.documentElement.scrollWidth"
_CONTRAST = """selector => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    const colour = rgb(getComputedStyle(e).backgroundColor);
    return colour.length === 4 && colour[3] === 0 ? ground(e.parentElement) : colour;
  };
  const element = document.querySelector(selector);
  const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
_RICH = reply(
    "Here is what I found:",
    cards=[
        {"title": "Marienplatz", "text": "The central square.\nOpen all day.", "image_url": "/static/favicon.svg", "url": "https://www.muenchen.de/x"},
        {"title": "Only words", "text": "", "image_url": None, "url": None},
    ],
    choices=[{"title": "Show me the way", "value": "navigate to Marienplatz"}, {"title": "Thanks", "value": "thanks"}],
)  # fmt: skip


async def test_enter_sends_and_shift_enter_makes_a_line(chat: Chat) -> None:
    await chat.answer_with(reply("Two lines."))
    await expect(chat.field).to_be_focused()
    await chat.page.keyboard.type("one")
    await chat.page.keyboard.press("Shift+Enter")
    await chat.page.keyboard.type("two")
    await expect(chat.mine).to_have_count(0)
    await chat.page.keyboard.press("Enter")
    await expect(chat.theirs).to_have_text("Two lines.")
    assert chat.sent[0]["text"] == "one\ntwo"
    await expect(chat.field).to_be_focused()
    await expect(chat.field).to_have_value("")


async def test_blank_is_not_sent_and_composing_is_not_sending(chat: Chat) -> None:
    await chat.answer_with()
    await chat.say("  \n ")
    await expect(chat.send).to_be_disabled()
    await chat.field.fill("にほん")
    await chat.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await expect(chat.field).to_have_value("にほん")
    assert chat.sent == []


async def test_all_can_be_done_by_keyboard(chat: Chat) -> None:
    await chat.answer_with(_RICH, reply("This way."))
    await chat.page.get_by_role("list", name="Things to try").get_by_role("button").first.focus()
    await chat.page.keyboard.press("Enter")
    await expect(chat.theirs).to_have_count(1)
    await chat.choices.first.focus()
    await chat.page.keyboard.press("Space")
    await expect(chat.theirs).to_have_text(["Here is what I found:", "This way."])
    assert chat.sent[1]["text"] == "navigate to Marienplatz"
    await expect(chat.field).to_be_focused()


async def test_a_screen_reader_hears_who_said_what_and_only_what_is_new(chat: Chat) -> None:
    await chat.answer_with(reply("First."), reply("Second."))
    await chat.ask("one")
    await chat.page.evaluate("window.before = [...document.querySelectorAll('#log > *')]")
    await chat.ask("two")
    assert await chat.page.evaluate("window.before.every((element) => element.isConnected)")
    said = await chat.log.text_content() or ""
    heard = [said.index(words) for words in ("You: one", "NEXUS: First.", "You: two", "NEXUS: Second.")]
    assert heard == sorted(heard)
    await expect(chat.log).to_have_attribute("role", "log")
    assert await chat.log.get_attribute("aria-busy") is None
    await expect(chat.page.get_by_role("main")).to_have_count(1)
    await expect(chat.page.locator("html")).to_have_attribute("lang", "en")


async def test_cards_choices_and_media_are_shown(chat: Chat) -> None:
    media = [{"url": "/static/nothing.mp3", "media_type": "audio/mpeg", "alt": "A bell"}]
    await chat.answer_with(_RICH, reply("And a sound.", media=media))
    await chat.ask("show me")
    card = chat.log.locator(".card").first
    await expect(card.get_by_role("heading")).to_have_text("Marienplatz")
    await expect(card.locator("img")).to_be_visible()
    link = card.get_by_role("link", name="www.muenchen.de")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(chat.choices).to_have_text(["Show me the way", "Thanks"])
    await chat.photograph("cards")
    await chat.ask("more")
    await expect(chat.choices).to_have_count(0)
    await expect(chat.log.get_by_label("A bell")).to_be_visible()


async def test_a_picture_that_does_not_load_leaves_no_hole(chat: Chat) -> None:
    await chat.answer_with(
        reply("Look:", cards=[{"title": "Gone", "text": "", "image_url": "/static/gone.png", "url": None}])
    )
    await chat.ask("show me")
    await expect(chat.log.locator(".card")).to_have_text("Gone")
    await expect(chat.log.locator("img")).to_have_count(0)


async def test_text_stays_text(chat: Chat) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    card = {"title": evil, "text": evil, "image_url": "data:text/html,x", "url": "javascript:alert(3)"}
    await chat.answer_with(reply(evil, cards=[card], choices=[{"title": evil, "value": evil}]))
    assert await chat.ask(evil) == evil
    await expect(chat.mine).to_have_text(evil)
    await expect(chat.choices).to_have_text(evil)
    assert await chat.log.locator("script, img, a").count() == 0


async def test_the_policy_of_the_page_stops_markup_and_foreign_scripts(chats: Chats) -> None:
    chat = await chats.open()
    stopped = await chat.page.evaluate(
        """async () => {
          const heard = new Promise((tell) => addEventListener("securitypolicyviolation", (e) => tell(e.effectiveDirective)));
          const write = () => { document.body.innerHTML = "<b>x</b>" };
          const tried = await Promise.resolve().then(write).then(() => "done", (error) => error.name);
          return [tried, await heard];
        }"""
    )
    assert stopped == ["TypeError", "require-trusted-types-for"]
    assert [text for text in chats.complaints if "TrustedHTML" not in text and "Trusted Type" not in text] == []
    chats.complaints.clear()


async def test_a_page_of_another_origin_gets_nothing(chats: Chats) -> None:
    chat = await chats.open()
    page = await chat.page.context.new_page()
    await page.route("http://evil.example/", lambda route: route.fulfill(content_type="text/html", body="<p>evil"))
    await page.goto("http://evil.example/")
    got = await page.evaluate(
        "url => fetch(url, {method: 'POST'}).then((r) => r.text(), (error) => error.name)",
        f"{chats.url}/channels/web/session",
    )
    assert got == "TypeError"
    framed = await page.evaluate(
        """url => new Promise((tell) => { const frame = document.createElement("iframe"); frame.src = url;
             frame.onload = () => { try { tell(String(frame.contentDocument)) } catch { tell("foreign") } };
             document.body.append(frame) })""",
        chats.url,
    )
    assert framed in ("null", "foreign")
    assert await page.frame_locator("iframe").locator("#composer").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_can_be_read(chats: Chats, scheme: str) -> None:
    chat = await chats.open(scheme="dark" if scheme == "dark" else "light")
    await chat.answer_with(_RICH, problem(400, "malformed"), *[unreachable] * 9)
    await chat.ask("show me")
    await chat.say("and now?")
    await expect(chat.trouble).to_be_visible()
    await chat.say("still there?")
    await expect(chat.held).to_be_visible()
    await chat.photograph(f"desktop-{scheme}")
    for selector in (
        ".name p", ".welcome h2", ".welcome > p", ".choice", ".mine .bubble", ".theirs .bubble", "time", ".card h3", ".card p",
        ".card a", ".trouble", ".trouble button", "#hint", "#text", "#over", ".held", ".stuck .bubble", "#absence", "#retry",
    ):  # fmt: skip
        assert await chat.page.evaluate(_CONTRAST, selector) >= 4.5, selector


async def test_fits_a_small_screen(chats: Chats) -> None:
    chat = await chats.open(320, 568, "dark", touch=True)
    await chat.photograph("small-welcome")
    assert await chat.page.evaluate(_WIDTH) == 320
    await chat.answer_with(reply("wide" * 200), reply("W" * 300 + " " + "words " * 400), _RICH)
    await chat.ask("x" * 400)
    await chat.ask("https://example.org/" + "y" * 200)
    assert await chat.page.evaluate(_WIDTH) == 320
    await expect(chat.theirs.nth(1)).to_be_in_viewport()
    top = await chat.theirs.nth(1).bounding_box()
    assert top is not None
    assert top["y"] >= 0, "a long answer is read from its start"
    await chat.photograph("small-long")
    await chat.page.get_by_role("button", name="Newest message").click()
    await chat.ask("show me")
    assert await chat.page.evaluate(_WIDTH) == 320
    await expect(chat.choices.last).to_be_in_viewport(ratio=1)
    await chat.photograph("small-cards")
    await expect(chat.field).to_be_in_viewport(ratio=1)
    for button in await chat.page.get_by_role("button").all():
        box = await button.bounding_box()
        assert box is None or (box["height"] >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= 320)


async def test_right_to_left_text_runs_right_to_left(chats: Chats) -> None:
    chat = await chats.open(700, 600)
    await chat.answer_with(
        reply(
            "مرحبا! كيف يمكنني مساعدتك اليوم؟ (NEXUS 1.0)", choices=[{"title": "كم الساعة في طوكيو؟", "value": "time"}]
        ),
        reply("שלום, NEXUS כאן."),
        reply("Left to right again."),
    )
    await chat.ask("مرحبا NEXUS، كيف حالك؟")
    await chat.photograph("right-to-left")
    await chat.ask("שלום NEXUS")
    await chat.ask("hello שלום")
    direction = "elements => elements.map((element) => getComputedStyle(element).direction)"
    assert await chat.mine.evaluate_all(direction) == ["rtl", "rtl", "ltr"]
    assert await chat.theirs.evaluate_all(direction) == ["rtl", "rtl", "ltr"]
    await chat.field.fill("مرحبا")
    assert await chat.field.evaluate("element => getComputedStyle(element).direction") == "rtl"


async def test_the_end_of_the_talk_stays_in_view_unless_somebody_reads_above(chat: Chat) -> None:
    await chat.answer_with(*[reply(f"Answer {number}.\n\n\n\n.") for number in range(8)])
    for number in range(6):
        await chat.ask(f"question {number}")
    await expect(chat.theirs.last).to_be_in_viewport(ratio=1)
    newest = chat.page.get_by_role("button", name="Newest message")
    await expect(newest).to_be_hidden()
    await chat.page.locator("#scroll").evaluate("element => { element.scrollTop = 0 }")
    await expect(newest).to_be_visible()
    await newest.click()
    await expect(chat.theirs.last).to_be_in_viewport(ratio=1)
    await expect(newest).to_be_hidden()


async def test_what_is_not_there_is_said_pleasantly(chats: Chats) -> None:
    chat = await chats.open()
    missing = await chats.tab(chat.page.context, "/no/such/page")
    await expect(missing.page.get_by_role("heading")).to_have_text("There is nothing here")
    await missing.photograph("not-found")
    await missing.page.get_by_role("link", name="Talk to NEXUS").click()
    await expect(missing.field).to_be_visible()
