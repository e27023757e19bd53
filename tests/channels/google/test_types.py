"""Google's own types read what the door answers, with no field that they do not know."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from google.cloud import dialogflow_v2, dialogflowcx_v3
from google.protobuf import json_format  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings

from shared.testing.adapter.replies import Told, any_told
from shared.turn import Reply, Request
from tests.channels.google.conftest import SAMPLES
from tests.channels.google.replies import DIGITS, LONG, NATIVE, REPLIES
from tests.channels.google.test_render import rendered

Understand = Callable[[str, bytes], Request]

_ES = [path.stem for path in sorted((SAMPLES / "es").glob("*.json"))]
_CX = [path.stem for path in sorted((SAMPLES / "cx").glob("*.json"))]


def es_type(body: bytes) -> dialogflow_v2.WebhookResponse:
    """The answer as google-cloud-dialogflow has it. Raises ParseError for an unknown field or a wrong type."""
    answer = dialogflow_v2.WebhookResponse()
    json_format.Parse(body, dialogflow_v2.WebhookResponse.pb(answer), ignore_unknown_fields=False)
    return answer


def cx_type(body: bytes) -> dialogflowcx_v3.WebhookResponse:
    """The answer as google-cloud-dialogflow-cx has it. Raises ParseError for an unknown field or a wrong type."""
    answer = dialogflowcx_v3.WebhookResponse()
    json_format.Parse(body, dialogflowcx_v3.WebhookResponse.pb(answer), ignore_unknown_fields=False)
    return answer


def test_the_types_are_strict() -> None:
    with pytest.raises(json_format.ParseError):
        es_type(b'{"fulfilmentText": "misspelt"}')
    with pytest.raises(json_format.ParseError):
        cx_type(b'{"fulfillmentResponse": {"messages": [{"text": {"texts": []}}]}}')


@pytest.mark.parametrize("name", _ES)
def test_es(name: str, understand: Understand) -> None:
    request = understand("es", (SAMPLES / "es" / f"{name}.json").read_bytes())
    for reply in (*REPLIES.values(), *NATIVE["es"].values()):
        for rich in (True, False):
            es_type(rendered(request, reply, rich))


@pytest.mark.parametrize("name", _CX)
def test_cx(name: str, understand: Understand) -> None:
    request = understand("cx", (SAMPLES / "cx" / f"{name}.json").read_bytes())
    for reply in (*REPLIES.values(), *NATIVE["cx"].values()):
        for rich in (True, False):
            cx_type(rendered(request, reply, rich))


def test_digits_are_gathered_by_the_form(understand: Understand) -> None:
    """No message of an answer gathers keys; the parameter that is not filled does, with the key-press settings of its page."""
    gathering = [name for name in dialogflowcx_v3.ResponseMessage.meta.fields if "dtmf" in name or "gather" in name]
    assert gathering == []
    assert "dtmf_settings" in dialogflowcx_v3.AdvancedSettings.meta.fields
    assert "advanced_settings" in dialogflowcx_v3.Form.Parameter.meta.fields
    call = understand("cx", (SAMPLES / "cx" / "keys_gathered.json").read_bytes())
    states = dialogflowcx_v3.PageInfo.FormInfo.ParameterInfo.ParameterState
    for name, state in (("elicited_again", states.INVALID), ("emptied", states.EMPTY), ("taken", states.FILLED)):
        answer = cx_type(rendered(call, DIGITS[name]))
        [parameter] = answer.page_info.form_info.parameter_info
        assert (parameter.display_name, parameter.state) == ("pin", state)
        assert any(message.output_audio_text.ssml for message in answer.fulfillment_response.messages)
    assert cx_type(rendered(call, DIGITS["from_another_page"])).target_page.endswith("/pages/pin")


def test_the_types_find_what_was_meant(understand: Understand) -> None:
    chat = understand("es", (SAMPLES / "es" / "facebook.json").read_bytes())
    messages = es_type(rendered(chat, REPLIES["everything"])).fulfillment_messages
    assert all(message.platform == dialogflow_v2.Intent.Message.Platform.FACEBOOK for message in messages)
    assert [message.card.title for message in messages if message.card.title] == ["Tokyo", "Paris"]
    assert [list(m.quick_replies.quick_replies) for m in messages if m.quick_replies.quick_replies] == [["Yes", "No"]]
    call = understand("cx", (SAMPLES / "cx" / "telephone.json").read_bytes())
    answer = cx_type(rendered(call, REPLIES["everything"])).fulfillment_response.messages
    assert [message.play_audio.audio_uri for message in answer if message.play_audio.audio_uri] == [
        "https://media.example/sound.mp3"
    ]
    assert "You can say" in next(m.output_audio_text.ssml for m in answer if m.output_audio_text.ssml)
    page = cx_type(rendered(call, REPLIES["end"])).target_page
    assert page.endswith("/flows/00000000-0000-0000-0000-000000000000/pages/END_SESSION")


@pytest.mark.fuzz
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(told=any_told())
def test_any_reply_is_of_googles_types(told: Told, requests: list[Request]) -> None:
    for request in requests:
        body = rendered(request, told.reply or Reply(text=LONG))
        if request.native["form"] == "es":
            es_type(body)
        else:
            cx_type(body)


@pytest.fixture
def requests(understand: Understand) -> list[Request]:
    """A request of every sort of client of Dialogflow's."""
    names = [("es", name) for name in ("fallback", "facebook", "telephone", "assistant")]
    names += [("cx", name) for name in ("no_match", "spoken", "telephone")]
    return [understand(form, (SAMPLES / form / f"{name}.json").read_bytes()) for form, name in names]


@pytest.mark.parametrize("form", ["es", "cx"])
def test_samples_are_requests_of_googles_types(form: str) -> None:
    """As far as they know the fields: real requests hold more, which is why the door does not use these types."""
    types: dict[str, Any] = {"es": dialogflow_v2.WebhookRequest, "cx": dialogflowcx_v3.WebhookRequest}
    strict = types[form]
    refused = []
    for path in sorted((SAMPLES / form).glob("*.json")):
        value = json.loads(path.read_bytes())
        json_format.ParseDict(value, strict.pb(strict()), ignore_unknown_fields=True)
        try:
            json_format.ParseDict(value, strict.pb(strict()), ignore_unknown_fields=False)
        except json_format.ParseError:
            refused.append(path.stem)
    assert "unknown_fields" in refused
