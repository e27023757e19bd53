"""What Twilio is told to send for a reply: every feature has its golden file, and every answer is TwiML that Twilio takes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.twiml.messaging_response import Message, MessagingResponse  # type: ignore[import-untyped]

from channels.sms.carrier import Carrier
from channels.sms.message import Outbound
from channels.sms.parts import words
from channels.sms.segments import segments
from channels.sms.twilio.twiml import MAX_BYTES, twiml
from channels.sms.twins.twiml_rules import complaints, texted
from shared.channel import WireReply
from shared.errors import Conflict, DoorShut, LimitExceeded, PluginInvalid, StoreUnavailable
from shared.testing.adapter.values import rich_reply, turn_of
from shared.testing.platforms import Answer
from shared.turn import Card, Choice, Elicit, Media, Outcome, Reply, Request
from tests.channels.sms.twilio_door import FIELDS, open_door, signed, understood

Golden = Callable[[str, Any], None]

DOOR = open_door()
REQUEST = understood(open_door(), signed(FIELDS))
ABROAD = understood(open_door(), signed(FIELDS | {"From": "+4915112345678"}))
LONG = " ".join(f"This is sentence number {n} of an answer that takes a while." for n in range(60))
PICTURE, SOUND = (
    Media("https://media.example/cat.jpg", "image/jpeg", "A cat"),
    Media("https://media.example/a.mp3", "audio/mpeg", "Meow"),
)

REPLIES: dict[str, tuple[Request, Reply]] = {
    "plain": (REQUEST, Reply(text="Tom & \"Jerry\" <3 ]]> {x} 'y'")),
    "lines": (REQUEST, Reply(text="one\ntwo\r\n\n  three\ttab")),
    "unicode": (REQUEST, Reply(text="naïve café “quoted” 東京 👩‍👩‍👧‍👦 \u202eabc\u202c")),
    "controls": (REQUEST, Reply(text="a\x00b\x07c\x1bd\x7fe\ufffef\ud800g")),
    "empty": (REQUEST, Reply(text="")),
    "speech_only": (REQUEST, Reply(text="", speech="<p>Hello &amp; welcome.</p> <break time='1s'/>Ada")),
    "asks": (REQUEST, Reply(text="Which city?", expects_answer=True, elicit=Elicit("clock.time", "place"))),
    "ends": (REQUEST, Reply(text="Goodbye.", end_session=True)),
    "reprompt": (
        REQUEST,
        Reply(text="Which city do you mean?", reprompt="You can name a country as well.", expects_answer=True),
    ),
    "reprompt_that_adds_nothing": (
        REQUEST,
        Reply(text="Say “help” to hear what I can do.", reprompt="You can say “help”.", expects_answer=True),
    ),
    "card": (
        REQUEST,
        Reply(text="Here you are.", cards=(Card("Train 7", "Leaves at 9:15", url="https://trains.example/7?a=1&b=2"),)),
    ),
    "card_that_says_the_same": (
        REQUEST,
        Reply(text="Train 7 leaves at 9:15.", cards=(Card("Train 7", "leaves at 9:15"),)),
    ),
    "card_with_picture": (
        REQUEST,
        Reply(text="Look.", cards=(Card("Cat", "Meow", "https://media.example/cat.png?size=1"),)),
    ),
    "card_with_picture_abroad": (
        ABROAD,
        Reply(text="Look.", cards=(Card("Cat", "Meow", "https://media.example/cat.png"),)),
    ),
    "choices": (
        REQUEST,
        Reply(text="Tea?", choices=(Choice("Yes", "yes"), Choice("Two sugars", "two"), Choice("No", ""))),
    ),
    "choices_in_the_text": (
        REQUEST,
        Reply(text="“Tea” or “coffee”?", choices=(Choice("Tea", "tea"), Choice("coffee", "coffee"))),
    ),
    "media": (REQUEST, Reply(text="Listen and look.", media=(PICTURE, SOUND))),
    "media_abroad": (ABROAD, Reply(text="Listen and look.", media=(PICTURE, SOUND))),
    "picture_alone": (REQUEST, Reply(text="", media=(Media("https://media.example/cat.jpg", "image/jpeg"),))),
    "pictures_not_to_be_fetched": (
        REQUEST,
        Reply(
            text="Look.",
            media=(
                Media("http://media.example/cat.jpg", "image/jpeg"),
                Media("https://media.example/cat.svg", "image/svg+xml"),
            ),
        ),
    ),
    "many_pictures": (
        REQUEST,
        Reply(text="Look.", media=tuple(Media(f"https://media.example/{n}.jpg", "image/jpeg") for n in range(12))),
    ),
    "native": (
        REQUEST,
        Reply(text="for others", native={"sms": {"text": "for phones", "media": ["https://media.example/cat.gif"]}}),
    ),
    "native_media": (REQUEST, Reply(text="for all", native={"sms": {"media": ["https://media.example/cat.gif"]}})),
    "rich": (REQUEST, rich_reply()),
    "rich_abroad": (ABROAD, rich_reply()),
    "long": (REQUEST, Reply(text=LONG)),
    "long_unicode": (REQUEST, Reply(text=LONG.replace("sentence", "“sentence”"))),
}


def rendered(
    request: Request, reply: Reply | None, outcome: Outcome = Outcome.ANSWERED, config: Mapping[str, str] | None = None
) -> WireReply:
    return open_door(config).render(request, turn_of(request, reply, outcome))


def judged(reply: WireReply) -> list[str]:
    return complaints(Answer(reply.status, {k.decode(): v.decode() for k, v in reply.headers}, reply.body))


def texts(reply: WireReply) -> list[str]:
    return [one.text for one in texted(Answer(reply.status, {}, reply.body))]


@pytest.mark.parametrize("name", REPLIES)
def test_every_feature_of_a_reply(name: str, golden: Golden) -> None:
    reply = rendered(*REPLIES[name])
    assert judged(reply) == []
    golden(f"render_{name}.xml", reply.body.decode())


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_without_a_reply(outcome: Outcome, golden: Golden) -> None:
    reply = rendered(REQUEST, None, outcome)
    assert judged(reply) == []
    golden(f"outcome_{outcome}.xml", reply.body.decode())


def test_the_answer_is_what_twilios_own_library_writes() -> None:
    """The same document, as far as XML is concerned: ours, and that of `twilio.twiml`."""
    theirs = MessagingResponse()
    message = Message()
    message.body("Look & see <this>\nA cat")
    message.media(PICTURE.url)
    theirs.append(message)
    ours = rendered(REQUEST, Reply(text="Look & see <this>", media=(PICTURE,)))
    assert _canonical(ours.body.decode()) == _canonical(str(theirs))
    assert _canonical(rendered(REQUEST, Reply(text="")).body.decode()) == _canonical(str(MessagingResponse()))


def _canonical(document: str) -> str:
    return ElementTree.canonicalize(document)


def test_nobody_is_answered_twice() -> None:
    """Twilio answers STOP itself: the turn has no words, and nothing is sent."""
    assert rendered(REQUEST, Reply(text="")).body.endswith(b"<Response/>")
    assert rendered(REQUEST, Reply(text=""), Outcome.REFUSED).body.endswith(b"<Response/>")


def test_the_same_turn_gives_the_same_bytes() -> None:
    assert len({rendered(REQUEST, rich_reply()).body for _ in range(3)}) == 1


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=400), st.text(max_size=60))
def test_any_words_arrive(text: str, title: str) -> None:
    """Whatever is said arrives letter by letter, but for what no phone could show."""
    reply = DOOR.render(REQUEST, turn_of(REQUEST, Reply(text=text, cards=(Card(title),))))
    assert judged(reply) == []
    arrived = "".join("".join(texts(reply)).split())
    assert arrived.startswith("".join(words(text).split()))
    assert "".join(words(title).split()) in arrived


# -- how long ones are answered --------------------------------------------------------------------------------------


def test_long_answers_are_numbered_messages() -> None:
    found = texts(rendered(REQUEST, Reply(text=LONG)))
    assert [text[:6] for text in found] == ["(1/3) ", "(2/3) ", "(3/3) "]
    assert all(text.endswith(".") for text in found)


@pytest.mark.parametrize(("per_message", "messages"), [(1, 10), (2, 3), (10, 10)])
def test_the_budget_of_segments_is_kept(per_message: int, messages: int) -> None:
    found = texts(
        rendered(
            REQUEST, Reply(text="word " * 20_000), config={"segments": str(per_message), "messages": str(messages)}
        )
    )
    assert len(found) == messages
    assert all(segments(text).count <= per_message for text in found)
    assert found[-1].endswith(" ...")


def test_or_one_message_with_a_link() -> None:
    link = {"long_answers": "link", "link_url": "https://app.example/answers/{message_id}?from=sms"}
    [text] = texts(rendered(REQUEST, Reply(text=LONG), config=link))
    assert text.startswith("This is sentence number 0")
    assert text.endswith(f". ...\nhttps://app.example/answers/{REQUEST.message_id.replace(':', '%3A')}?from=sms")
    assert segments(text).count <= 10
    assert texts(rendered(REQUEST, Reply(text="Short."), config=link)) == ["Short."]


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"long_answers": "link"}, "link_url"),
        ({"long_answers": "link", "link_url": "https://app.example/answers"}, "{message_id}"),
        ({"long_answers": "link", "link_url": "https://app.example/{message_id}" + "x" * 500}, "link_url"),
        ({"long_answers": "both"}, "long_answers"),
        ({"segments": "0"}, "segments"),
        ({"segments": "many"}, "segments"),
        ({"messages": "11"}, "messages"),
        ({"mms": "maybe"}, "mms"),
        ({"public_url": "nexus.example"}, "public_url"),
    ],
)
def test_settings_that_cannot_be_read_shut_the_door(config: dict[str, str], named: str) -> None:
    with pytest.raises(DoorShut) as caught:
        open_door(config)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("mms", "request_", "pictures"),
    [("auto", REQUEST, 1), ("auto", ABROAD, 0), ("always", ABROAD, 1), ("never", REQUEST, 0)],
)
def test_pictures_go_where_carriers_take_them(mms: str, request_: Request, pictures: int) -> None:
    [found] = texted(
        Answer(200, {}, rendered(request_, Reply(text="Look.", media=(PICTURE,)), config={"mms": mms}).body)
    )
    assert len(found.media) == pictures
    assert (PICTURE.url in found.text) is (pictures == 0)
    assert "A cat" in found.text


def test_what_skills_put_into_native_is_checked() -> None:
    for native in ({"texts": "x"}, {"text": 7}, {"media": "x"}, "text"):
        with pytest.raises(PluginInvalid):
            rendered(REQUEST, Reply(text="x", native={"sms": native}))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://media.example/\x07cat.gif", "https://media.example/cat.gif"),
        ("https://media.example/\x00cat.gif", "https://media.example/cat.gif"),
        ("https://media.example/\ud800cat.gif", "https://media.example/cat.gif"),
        ("http://media.example/cat.gif", "http://media.example/cat.gif"),
        ("https://media.example/my cat.gif", "https://media.example/my cat.gif"),
        ("https://media.example/" + "x" * 2_000, "https://media.example/xxx"),
        ("a cat", "a cat"),
    ],
)
@pytest.mark.parametrize("text", [{"text": "for phones"}, {}])
def test_what_is_no_address_of_a_picture_is_said_in_words(address: str, said: str, text: dict[str, str]) -> None:
    good = "https://media.example/cat.jpg"
    reply = rendered(REQUEST, Reply(text="for all", native={"sms": {"media": [address, good, address], **text}}))
    assert judged(reply) == []
    found = texted(Answer(200, {}, reply.body))
    assert found[0].media == (good,)
    assert not any(one.media for one in found[1:])
    assert "".join(texts(reply)).count(said) == 1


@pytest.mark.parametrize(
    "messages",
    [
        [Outbound("&" * 1_600)] * 10,
        [Outbound("x")] * 30,
        [Outbound("", ("https://m.example/" + "&" * 2_000,) * 10)] * 10,
    ],
)
def test_a_document_is_never_more_than_twilio_takes(messages: Sequence[Outbound]) -> None:
    reply = twiml(messages)
    assert len(reply.body) <= MAX_BYTES
    assert judged(reply) == []


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreUnavailable("the database is away"), 503), (LimitExceeded("too many", 3), 429), (Conflict("reused"), 409)],
)
def test_errors_keep_their_status(error: StoreUnavailable | LimitExceeded | Conflict, status: int) -> None:
    """Nothing is acknowledged that is not stored: Twilio asks again, or its fallback."""
    reply = open_door().render_error(error, REQUEST)
    assert reply.status == status
    assert (b"retry-after" in dict(reply.headers)) is (status in (429, 503))


def test_nothing_goes_out_by_the_api_for_an_answer() -> None:
    assert open_door().outgoing(REQUEST, turn_of(REQUEST, rich_reply())) == ()


def test_only_what_was_verified_is_parsed() -> None:
    from shared.channel import Verified

    door: Carrier = open_door()
    verified = asyncio.run(door.verify(signed(FIELDS)))
    with pytest.raises(TypeError):
        door.parse(Verified(verified.wire, verified.app, verified.principal))
