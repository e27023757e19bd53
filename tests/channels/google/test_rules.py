"""What each of Google's forms refuses in an answer, as the twins know it."""

import json
from typing import Any

import pytest

from channels.google.twins import actions_rules, cx_rules, es_rules
from channels.google.twins.cx import FLOW
from channels.google.twins.shapes import ANY, FLAG, NEEDED, OBJECT, URL, Fields, Many, Named, Number, OneOf, complaints
from tests.channels.google.conftest import SAMPLES


def request_of(form: str, name: str) -> Any:
    """A sample's body."""
    return json.loads((SAMPLES / form / f"{name}.json").read_bytes())


def prompt(**parts: Any) -> dict[str, Any]:
    """An answer of Actions' with this prompt."""
    return {"prompt": {"firstSimple": {"speech": "x"}, **parts}}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"sesion": {}}, "does not know"),
        ({"session": {"id": "another"}}, "another session"),
        ({"session": {}}, "lacks id"),
        (prompt(firstSimple={"speech": "x", "text": "x" * 641}), "641"),
        (prompt(firstSimple={}), "nothing"),
        (prompt(firstSimple={"speech": "<speak><b></speak>"}), "well-formed"),
        (prompt(firstSimple={"speech": "<speak><blink>x</blink></speak>"}), "blink"),
        (prompt(firstSimple={"speech": 7}), "no text"),
        (prompt(suggestions=[{"title": "x" * 26}]), "26"),
        (prompt(suggestions=[{"title": str(number)} for number in range(9)]), "9 items"),
        (prompt(suggestions=[{"title": "x"}, {"title": "x"}]), "same title"),
        (prompt(content={"card": {"title": "x"}}), "text or an image"),
        (prompt(content={"card": {"text": "x"}, "image": {}}), "exactly one"),
        (prompt(content={"card": {"text": "x" * 751}}), "751"),
        (prompt(content={"card": {"text": "x" * 501, "image": {"url": "https://x.example", "alt": "x"}}}), "500"),
        (prompt(content={"image": {"url": "https://x.example"}}), "lacks alt"),
        (prompt(content={"image": {"url": "http://x.example", "alt": "x"}}), "https"),
        (prompt(content={"list": {"items": [{"key": "a"}]}}), "1 items"),
        (prompt(content={"media": {"mediaType": "AUDIO"}}), "nothing to play"),
        (prompt(content={"table": {"columns": [], "rows": [{}], "subtitle": "x"}}), "needs a title"),
        ({"prompt": {"content": {"card": {"text": "x"}}}}, "firstSimple"),
        ({"scene": {"slots": {"nobody": {}}}}, "no slot"),
        ({"scene": {"next": {}}}, "lacks name"),
    ],
)
def test_what_the_assistant_refuses(answer: dict[str, Any], says: str) -> None:
    assert any(says in one for one in actions_rules.refusals(request_of("actions", "no_match"), answer))


def test_what_a_speaker_cannot_show() -> None:
    speaker = request_of("actions", "speaker")
    browse = {"items": [{"title": "x", "openUriAction": {"url": "https://x.example"}}] * 2}
    for part, says in (
        ({"suggestions": [{"title": "x"}]}, "suggestions"),
        ({"content": {"card": {"text": "x"}}}, "rich content"),
        ({"content": {"collectionBrowse": browse}}, "opens no pages"),
    ):
        assert any(says in one for one in actions_rules.refusals(speaker, prompt(**part)))


SESSION = "projects/nexus-agent/agent/sessions/b2a1c0de-0000-4000-8000-0123456789ab"


def message(**parts: Any) -> dict[str, Any]:
    """An answer of ES' with one message."""
    return {"fulfillmentMessages": [parts]}


def rich(**item: Any) -> dict[str, Any]:
    """An item of rich content."""
    return {"payload": {"richContent": [[item]]}}


def google(*items: Any, **more: Any) -> dict[str, Any]:
    """An answer for the Assistant."""
    return {"payload": {"google": {"expectUserResponse": True, "richResponse": {"items": list(items), **more}}}}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"fulfilmentText": "x"}, "does not know"),
        ({"fulfillmentText": 7}, "no text"),
        (message(), "exactly one"),
        (message(text={"text": ["x"]}, card={"title": "x"}), "exactly one"),
        (message(text={"text": [""]}), "empty"),
        (message(text={"text": ["x" * 2_001]}), "2001"),
        (message(text={"text": ["<speak>x"]}), "well-formed"),
        (message(text={"text": [f"<speak>{'x' * 5_001}</speak>"]}), "5,000 bytes"),
        (message(text={"text": ["x"]}, platform="MYSPACE"), "MYSPACE"),
        (message(card={"subtitle": "x"}), "lacks title"),
        (message(card={"title": "x", "buttons": [{"text": "x"}] * 4}), "4 items"),
        (message(quickReplies={"title": "x", "quickReplies": ["x" * 21]}), "21"),
        (message(**rich(type="carousel")), "carousel"),
        (message(**rich(type="info")), "lacks title"),
        (message(**rich(type="info", title="x", anchor={"href": "https://x.example"})), "does not know"),
        (message(payload={"richContent": [{"type": "info"}]}), "list of lists"),
        ({"outputContexts": [{"name": "order"}]}, "no context"),
        ({"outputContexts": [{"name": f"{SESSION}/contexts/Order"}]}, "no context"),
        ({"outputContexts": [{"name": f"{SESSION}/contexts/a"}] * 2}, "twice"),
        ({"outputContexts": [{"name": f"{SESSION}/contexts/a", "lifespanCount": -1}]}, "no number"),
        (google(), "0 items"),
        (google({"basicCard": {"title": "x", "formattedText": "x"}}), "begins with"),
        (google(*[{"simpleResponse": {"textToSpeech": "x"}}] * 3), "two simple"),
        (google({"simpleResponse": {"textToSpeech": "x" * 641}}), "640"),
        (google({"simpleResponse": {"textToSpeech": "x", "ssml": "x"}}), "exactly one"),
    ],
)
def test_what_es_refuses(answer: dict[str, Any], says: str) -> None:
    assert any(says in one for one in es_rules.refusals(request_of("es", "fallback"), answer))


def test_the_assistant_behind_es_needs_its_payload() -> None:
    assert es_rules.refusals(request_of("es", "assistant"), {"fulfillmentText": "x"}) == [
        "the Assistant needs payload.google"
    ]


def said(**part: Any) -> dict[str, Any]:
    """An answer of CX' with one message."""
    return {"fulfillmentResponse": {"messages": [part]}}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"fulfillment_response": {}}, "does not know"),
        (said(), "exactly one"),
        (said(text={"text": []}), "0 items"),
        (said(text={"text": [""]}), "empty"),
        (said(endInteraction={}), "only Dialogflow"),
        (said(mixedAudio={}), "only Dialogflow"),
        (said(outputAudioText={"text": "x", "ssml": "y"}), "exactly one"),
        (said(outputAudioText={"ssml": "<speak>"}), "well-formed"),
        (said(outputAudioText={"ssml": f"<speak>{'x' * 5_001}</speak>"}), "5,000 bytes"),
        (said(telephonyTransferCall={"phoneNumber": "0800 1234"}), "+18005550100"),
        (said(**rich(type="info", title="x", actionLink="https://x.example")), "does not know"),
        ({"targetPage": "END_SESSION"}, "no page"),
        ({"targetFlow": f"{FLOW}/pages/1"}, "no flow"),
        ({"targetPage": f"{FLOW}/pages/1", "targetFlow": FLOW}, "not both"),
        ({"pageInfo": {"formInfo": {"parameterInfo": [{"displayName": "x", "state": "EMPTY"}]}}}, "no parameter"),
        ({"pageInfo": {"formInfo": {"parameterInfo": [{"displayName": "x"}]}}}, "lacks state"),
        ({"sessionInfo": {"parameters": []}}, "no object"),
    ],
)
def test_what_cx_refuses(answer: dict[str, Any], says: str) -> None:
    assert any(says in one for one in cx_rules.refusals(request_of("cx", "no_match"), answer))


def test_the_table_of_fields_finds_wrong_types() -> None:
    shape = Fields(
        {
            "n": Number(1, 3),
            "f": FLAG,
            "o": OBJECT,
            "a": ANY,
            "u": URL,
            "w": OneOf(("x",)),
            "l": Many(NEEDED),
            "m": Named(FLAG),
        },
        ("n",),
    )
    good = {"n": 1, "f": True, "o": {}, "a": None, "u": "https://x.example", "w": "x", "l": ["a"], "m": {"k": False}}
    assert list(complaints(good, shape)) == []
    wrong = {"n": True, "f": 1, "o": [], "u": "x", "w": "y", "l": [""], "m": {"k": 0}}
    assert len(list(complaints(wrong, shape))) == len(wrong)
    broken: list[Any] = [[], None, {"n": 4}, {"n": 1, "l": {}}, {"n": 1, "m": []}]
    for value in broken:
        assert len(list(complaints(value, shape))) == 1
