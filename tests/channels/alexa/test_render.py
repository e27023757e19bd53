"""What Alexa says and shows for a reply, and that it never is more than Amazon takes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.answer import MAX_BYTES, MAX_CARD, MAX_ENVELOPE, MAX_SPEECH
from channels.alexa.render import EMPTY, render_turn
from channels.alexa.rules import complaints
from shared.errors import Conflict, DeadlineExceeded, LimitExceeded, PluginInvalid, StoreUnavailable
from shared.testing.adapter.values import rich_reply, turn_of
from shared.turn import (
    Card,
    Choice,
    Confirm,
    Device,
    Elicit,
    Kind,
    Media,
    Outcome,
    PlatformIntent,
    Reply,
    Request,
    SlotValue,
)

Golden = Callable[[str, Any], None]


def asked(event: str = "IntentRequest", kind: Kind = Kind.UTTERANCE, **more: Any) -> Request:
    native = {"intent": "CatchAllIntent", "slots": ["utterance"], "dialog": None}
    facts = {
        "app": "a",
        "channel": "alexa",
        "message_id": "m",
        "conversation": "c",
        "user": "u",
        "received_at": 0.0,
        "deadline": 7.5,
    }
    return Request(**{**facts, "event": event, "kind": kind, "native": native, **more})


ORDER = asked(
    intent=PlatformIntent("OrderIntent", {"size": SlotValue("big", "LARGE")}),
    native={"intent": "OrderIntent", "slots": ["size", "topping"], "dialog": "STARTED"},
)
LINK = {"card": {"type": "LinkAccount"}}
FILM = {"directives": [{"type": "VideoApp.Launch", "videoItem": {"source": "https://films.example/1.mp4"}}]}
SCREEN = {
    "type": "Alexa.Presentation.APL.RenderDocument",
    "token": "t",
    "document": {"type": "APL", "version": "2024.3"},
}
SONG = {
    "directives": [
        {
            "type": "AudioPlayer.Play",
            "playBehavior": "REPLACE_ALL",
            "audioItem": {"stream": {"url": "https://songs.example/1.mp3", "token": "1", "offsetInMilliseconds": 0}},
        }
    ]
}

REPLIES: dict[str, tuple[Request, Reply]] = {
    "plain": (asked(), Reply(text='Tom & "Jerry" <3')),
    "ssml": (asked(), Reply(text="now", speech='Wait <break time="500ms"/> &amp; <b>see</b>')),
    "human": (asked(), Reply(text="", human="Somebody of us has taken over.")),
    "asks": (asked(), Reply(text="Which one?", expects_answer=True, reprompt="Which one, please?")),
    "ends": (asked(), Reply(text="Goodbye.", end_session=True, reprompt="ignored", expects_answer=True)),
    "choices": (
        asked(),
        Reply(text="Tea?", choices=(Choice("yes", "y"), Choice("no", "n"), Choice("maybe", "m")), expects_answer=True),
    ),
    "one_choice": (asked(), Reply(text="Sure?", speech="Sure?", choices=(Choice("A & B", "x"),), expects_answer=True)),
    "card": (asked(), Reply(text="Here.", cards=(Card("Title", "Text", None, "https://links.example/1"),))),
    "picture": (asked(), Reply(text="Here.", cards=(Card("Title", "Text", "https://pictures.example/1.png"),))),
    "http_picture": (asked(), Reply(text="Here.", cards=(Card("Title", "Text", "http://pictures.example/1.png"),))),
    "media": (asked(), Reply(text="Listen.", media=(Media("https://sounds.example/1.mp3", "audio/mpeg", "a bird"),))),
    "media_and_a_screen": (
        asked(device=Device(screen=True)),
        Reply(text="Listen.", media=(Media("https://sounds.example/1.mp3", "audio/mpeg", "a bird"),)),
    ),
    "sounds": (
        asked(),
        Reply(
            text="Cat & dog:",
            choices=(Choice("again", "a"),),
            media=(
                Media("https://sounds.example/cat.mp3?a=1&b=2", "audio/mpeg", "a cat"),
                Media("https://sounds.example/dog.mp3", "audio/mp3", "a dog"),
                Media("https://sounds.example/cow.ogg", "audio/ogg", "a cow"),
                Media("http://sounds.example/pig.mp3", "audio/mpeg", "a pig"),
                Media("https://sounds.example/two words.mp3", "audio/mpeg", "a hen"),
            ),
            expects_answer=True,
        ),
    ),
    "sounds_beside_speech": (
        asked(),
        Reply(
            text="Six sounds.",
            speech='Six: <audio src="https://sounds.example/0.mp3"/>',
            media=tuple(Media(f"https://sounds.example/{number}.mp3", "audio/mpeg") for number in range(1, 6)),
        ),
    ),
    "two_cards": (
        asked(),
        Reply(
            text="Here.",
            cards=(
                Card("One", "First", None, "https://links.example/1"),
                Card("Two", "", "https://pictures.example/2.png"),
            ),
        ),
    ),
    "picture_medium": (
        asked(),
        Reply(text="Look.", media=(Media("https://pictures.example/1.png", "image/png", "a map"),)),
    ),
    "film_medium": (
        asked(),
        Reply(text="Watch.", media=(Media("https://films.example/1.mp4", "video/mp4", "a film"),)),
    ),
    "long": (asked(), Reply(text=" ".join(f"Sentence number {number}." for number in range(500)))),
    "long_reprompt": (asked(), Reply(text="Well?", reprompt="Well, well? " * 700, expects_answer=True)),
    "nothing_said": (asked(), Reply(text="", cards=(Card("Title", "Text"),))),
    "rich": (asked(), rich_reply()),
    "elicit_free": (asked(), Reply(text="What shall I remember?", elicit=Elicit("notes.remember", "note"))),
    "elicit_own": (ORDER, Reply(text="Which topping?", elicit=Elicit("order.pizza", "topping"))),
    "elicit_other": (ORDER, Reply(text="What else?", elicit=Elicit("notes.remember", "note"))),
    "elicit_at_launch": (asked("LaunchRequest", Kind.OPEN, native={}), Reply(text="What?", elicit=Elicit("a.b", "c"))),
    "elicit_elsewhere": (ORDER, Reply(text="Which?", elicit=Elicit("a.b", "topping", foreign=True))),
    "confirm_intent": (ORDER, Reply(text="Shall I?", confirm=Confirm("order.pizza"))),
    "confirm_slot": (
        ORDER,
        Reply(text="Ham?", confirm=Confirm("order.pizza", "topping", {"topping": SlotValue("ham", "ham")})),
    ),
    "confirm_free": (asked(), Reply(text="Shall I?", reprompt="Well?", confirm=Confirm("notes.forget"))),
    "delegate": (
        replace(ORDER, native={**ORDER.native, "dialog": "IN_PROGRESS"}),
        Reply(
            text="Which topping?",
            reprompt="Which?",
            elicit=Elicit("order.pizza", "topping", {"size": SlotValue("big", "L")}, plain=True),
        ),
    ),
    "native_card": (asked(), Reply(text="Link me.", native={"alexa": LINK})),
    "native_film": (asked(), Reply(text="Film.", native={"alexa": FILM})),
    "native_song": (
        asked("PlaybackController.PlayCommandIssued", Kind.ACTION),
        Reply(text="x", native={"alexa": SONG}),
    ),
    "native_can": (
        asked("CanFulfillIntentRequest", Kind.EVENT),
        Reply(text="x", native={"alexa": {"canFulfillIntent": {"canFulfill": "YES"}}}),
    ),
    "native_screen": (
        asked(),
        Reply(text="See.", reprompt="Seen?", native={"alexa": {"directives": [SCREEN], "shouldEndSession": False}}),
    ),
    "attributes": (asked(native={**asked().native, "attributes": {"score": 3}}), Reply(text="Noon.")),
    "in_a_mounted_session": (
        asked(native={**asked().native, "attributes": {"score": 3}, "open": True}),
        Reply(text="Noon."),
    ),
    "mounted": (
        asked(),
        Reply(text="said", native={"alexa": {"envelope": {"version": "1.0", "response": {"directives": [SCREEN]}}}}),
    ),
    "native_silent_session": (asked(), Reply(text="x", native={"alexa": {"shouldEndSession": None}})),
    "native_api": (
        asked("Dialog.API.Invoked", Kind.EVENT),
        Reply(text="", native={"alexa": {"apiResponse": {"price": 7}}}),
    ),
}


@pytest.mark.parametrize("name", REPLIES)
def test_replies(name: str, golden: Golden) -> None:
    request, reply = REPLIES[name]
    body = render_turn(request, turn_of(request, reply))
    assert complaints(envelope_of(request), body) == []
    golden(f"render_{name}", {"answer": json.loads(body)})


def test_long_words_are_cut_at_a_sentence_and_go_on_in_the_card() -> None:
    sentences = [f"This is sentence number {number}." for number in range(400)]
    response = _response(Reply(text=" ".join(sentences)))
    said, shown = response["outputSpeech"]["text"], response["card"]["content"]
    assert MAX_SPEECH - 100 < len(said) <= MAX_SPEECH
    assert said.endswith(".")
    assert f"{said} {shown}" == " ".join(sentences)


def test_words_without_end_are_cut_all_the_same() -> None:
    response = _response(Reply(text="x" * 12_000))
    assert len(response["outputSpeech"]["text"]) == MAX_SPEECH
    assert response["card"]["content"] == "x" * 4_000


def test_long_ssml_becomes_words() -> None:
    response = _response(Reply(text="t", speech="<s>Here &amp; there.</s> " * 400))
    assert response["outputSpeech"]["type"] == "PlainText"
    assert response["outputSpeech"]["text"].startswith("Here & there. Here & there.")


def test_choices_are_said_after_long_words() -> None:
    response = _response(
        Reply(text="word " * 3_000, choices=(Choice("left", "l"), Choice("right", "r")), expects_answer=True)
    )
    assert response["outputSpeech"]["text"].endswith("You can say “left” or “right”.")


def test_choices_that_were_said_are_not_said_again() -> None:
    choices = (Choice("Roll a die", "roll"), Choice("Stop", "stop"))
    response = _response(Reply(text="Try “roll a die”.", choices=choices, expects_answer=True))
    assert response["outputSpeech"]["text"] == "Try “roll a die”. You can say “Stop”."


def test_sounds_leave_room_for_the_words() -> None:
    """What cannot be played is on the card, as all sounds are: nothing that is said is given up for them."""
    sound = (Media("https://sounds.example/1.mp3", "audio/mpeg", "a bell"),)
    response = _response(Reply(text="x" * 7_990, media=sound))
    assert response["outputSpeech"] == {"type": "PlainText", "text": "x" * 7_990}
    assert "https://sounds.example/1.mp3" in response["card"]["content"]
    speech = "<s>Here &amp; there.</s>" * 300
    response = _response(Reply(text="t", speech=speech, media=(*sound * 5, Media("https://a.example/", "audio/mp3"))))
    assert response["outputSpeech"]["ssml"].count("<audio ") == 5
    response = _response(Reply(text="t", speech=speech + "<s>x</s>" * 80, media=sound * 5))
    assert response["outputSpeech"]["ssml"].startswith("<speak><s>Here &amp; there.</s>")
    assert "<audio " not in response["outputSpeech"]["ssml"]


def test_more_sounds_in_speech_than_alexa_plays_leave_its_words() -> None:
    response = _response(Reply(text="t", speech='Seven <audio src="https://sounds.example/1.mp3"/>' * 7))
    assert response["outputSpeech"]["text"].startswith("Seven Seven")


def test_control_characters_are_not_said() -> None:
    response = _response(Reply(text="a\x00b\x1bc\nd\u200de\x85", reprompt="\ud800x", expects_answer=True))
    assert response["outputSpeech"]["text"] == "abc\nd\u200de"
    assert response["reprompt"]["outputSpeech"]["text"] == "x"


TEXTS = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    ["😀" * 9_000, '"\\' * 9_000, "word. " * 4_000, "&<>" * 4_000]
)
URLS = TEXTS | st.sampled_from(["https://x.example/1.png", "https://x.example/" + "a" * 3_000])
CARDS = st.builds(Card, TEXTS, TEXTS, st.none() | URLS, st.none() | URLS)
NATIVE = st.none() | st.builds(
    lambda text: {"alexa": {"directives": [{"type": "X", "text": text.encode("utf-8", "ignore").decode()}]}}, TEXTS
)
REPLY = st.builds(
    lambda native, **fields: Reply(**fields, native=native or {}),
    native=NATIVE,
    text=TEXTS,
    speech=st.none() | TEXTS,
    cards=st.lists(CARDS, max_size=3).map(tuple),
    choices=st.lists(st.builds(Choice, TEXTS, TEXTS), max_size=3).map(tuple),
    media=st.lists(st.builds(Media, URLS, st.sampled_from(["image/png", "audio/mpeg"]), TEXTS), max_size=2).map(tuple),
    reprompt=st.none() | TEXTS,
    expects_answer=st.booleans(),
    end_session=st.booleans(),
    elicit=st.none() | st.just(Elicit("a.b", "topping")) | st.just(Elicit("a.b", "c")),
)
ATTRIBUTES = st.sampled_from([{}, {"attributes": {"said": "x"}}, {"attributes": {"large": "ü" * 9_000}}])
REQUESTS = st.builds(
    lambda request, more: replace(request, native={**request.native, **more}),
    st.sampled_from(
        [asked(), ORDER, asked("LaunchRequest", Kind.OPEN, native={}), asked("AudioPlayer.PlaybackStarted", Kind.EVENT)]
    ),
    ATTRIBUTES,
)


@pytest.mark.fuzz
@settings(max_examples=150, deadline=None)  # the contract's properties take 2,000 of what any door must say
@given(REQUESTS, REPLY, st.sampled_from(list(Outcome)))
def test_amazon_takes_every_answer(request_: Request, reply: Reply, outcome: Outcome) -> None:
    turn = turn_of(request_, reply, outcome)
    body = render_turn(request_, turn)
    assert complaints(envelope_of(request_), body) == []
    assert len(body) <= MAX_BYTES
    assert body == render_turn(request_, turn)


def test_the_largest_reply_still_fits_and_keeps_its_question() -> None:
    text = "😀 " * 20_000
    native = {"alexa": {"directives": [{"type": "X", "text": "y" * 100_000}]}}
    reply = Reply(text=text, cards=(Card(text, text),), reprompt=text, elicit=Elicit("a.b", "c"), native=native)
    response = _response(reply)
    assert response["outputSpeech"]["text"]
    assert response["shouldEndSession"] is False
    assert response["card"]["title"]
    assert len(response["card"]["title"]) + len(response["card"]["content"]) <= MAX_CARD


@pytest.mark.parametrize("attributes", [{"said": "x" * 5_000}, {"said": "x" * 20_000}])
def test_session_attributes_go_back_before_words_do(attributes: dict[str, Any]) -> None:
    """What a skill wrote there is its memory; words that have no room are on the card, or are shorter."""
    request = asked(native={**asked().native, "attributes": attributes})
    body = render_turn(request, turn_of(request, Reply(text="word " * 8_000)))
    answer = json.loads(body)
    assert complaints(envelope_of(request), body) == []
    assert answer["sessionAttributes"] == attributes
    assert answer["response"]["outputSpeech"]["text"].startswith("word word")


def test_session_attributes_that_leave_no_room_are_given_up() -> None:
    request = asked(native={**asked().native, "attributes": {"said": "x" * 24_000}})
    body = render_turn(request, turn_of(request, Reply(text="Hello.")))
    assert complaints(envelope_of(request), body) == []
    assert "sessionAttributes" not in json.loads(body)


def test_a_replys_own_session_attributes_come_first() -> None:
    request = asked(native={**asked().native, "attributes": {"said": "x"}})
    reply = Reply(text="x", native={"alexa": {"sessionAttributes": {}}})
    assert json.loads(render_turn(request, turn_of(request, reply)))["sessionAttributes"] == {}


def test_a_whole_answer_is_sent_as_it_is() -> None:
    """Where there may be one at all, and where it is not larger than Amazon takes any."""
    envelope = {"version": "1.0", "response": {"shouldEndSession": True}, "userAgent": "x"}
    reply = Reply(text="said", native={"alexa": {"envelope": envelope}})
    assert json.loads(render_turn(asked(), turn_of(asked(), reply))) == envelope
    closed = asked("SessionEndedRequest", Kind.CLOSE)
    assert render_turn(closed, turn_of(closed, reply)) == EMPTY
    large = Reply(text="said", native={"alexa": {"envelope": {"x": "y" * MAX_ENVELOPE}}})
    assert "went wrong" in render_turn(asked(), turn_of(asked(), large)).decode()


def test_a_native_answer_that_alexa_has_not_is_a_fault_of_the_skill() -> None:
    wrong: list[Any] = [{"directive": []}, {"directives": {}}, [], {"card": "x"}]
    for native in wrong:
        with pytest.raises(PluginInvalid, match="native"):
            _response(Reply(text="x", native={"alexa": native}))


def test_other_channels_natives_are_not_looked_at() -> None:
    assert _response(Reply(text="x", native={"web": 7}))["outputSpeech"]["text"] == "x"


@pytest.mark.parametrize("error", [StoreUnavailable("x"), DeadlineExceeded("x"), LimitExceeded("x", 1.0)])
def test_errors_are_spoken_and_the_session_stays_open(error: Any, door: AlexaAdapter) -> None:
    reply = door.render_error(error, asked())
    response = json.loads(reply.body)["response"]
    assert reply.status == 200
    assert complaints(envelope_of(asked()), reply.body) == []
    assert response["outputSpeech"]["text"]
    assert response["reprompt"]["outputSpeech"]["text"]
    assert response["shouldEndSession"] is False
    assert "directives" not in response


def test_errors_nobody_can_hear_have_a_status(door: AlexaAdapter) -> None:
    assert door.render_error(Conflict("x"), asked()).status == 409
    event = asked("AlexaSkillEvent.SkillDisabled", Kind.EVENT)
    assert door.render_error(StoreUnavailable("x"), event).status == 503
    assert door.render_error(StoreUnavailable("x"), asked("SessionEndedRequest", Kind.CLOSE)).body == EMPTY


def test_every_outcome_is_spoken() -> None:
    texts = {
        outcome: json.loads(render_turn(asked(), turn_of(asked(), None, outcome)))["response"]["outputSpeech"]["text"]
        for outcome in Outcome
    }
    assert all(texts.values())
    assert "working" in texts[Outcome.RUNNING]


def _response(reply: Reply) -> dict[str, Any]:
    body = render_turn(asked(), turn_of(asked(), reply))
    assert complaints(envelope_of(asked()), body) == []
    response: dict[str, Any] = json.loads(body)["response"]
    return response


def envelope_of(request: Request) -> dict[str, Any]:
    return {"request": {"type": request.event}}
