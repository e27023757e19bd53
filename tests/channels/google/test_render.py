"""Every feature of a reply, in each form and on each sort of device."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from channels.google.actions.render import render as actions
from channels.google.adapter import GoogleAdapter
from channels.google.apologies import asks, reply_of
from channels.google.dialogflow_cx.render import render as cx
from channels.google.dialogflow_es.render import render as es
from channels.google.rooms import MAX_BYTES
from channels.google.twins import actions_rules, cx_rules, es_rules
from shared.errors import Conflict, DeadlineExceeded, LimitExceeded, NexusError, PluginInvalid, StoreUnavailable
from shared.testing.adapter.replies import Told, any_told, missing, moderate_told
from shared.testing.adapter.values import strings, turn_of
from shared.turn import Outcome, Reply, Request
from tests.channels.google.conftest import SAMPLES
from tests.channels.google.replies import CARD, DIGITS, LONG, NATIVE, REPLIES
from tests.channels.replies import HOLDING

Understand = Callable[[str, bytes], Request]

# Where the golden files are made: a form, a sample of a request there, and whether rich content may be sent.
PLACES = {
    "actions_phone": ("actions", "no_match", True),
    "actions_display": ("actions", "smart_display", True),
    "actions_speaker": ("actions", "speaker", True),
    "es_chat": ("es", "fallback", True),
    "es_words": ("es", "fallback", False),
    "es_facebook": ("es", "facebook", True),
    "es_telephone": ("es", "telephone", True),
    "es_assistant": ("es", "assistant", True),
    "es_assistant_speaker": ("es", "assistant_speaker", True),
    "cx_chat": ("cx", "no_match", True),
    "cx_words": ("cx", "no_match", False),
    "cx_voice": ("cx", "spoken", True),
    "cx_telephone": ("cx", "telephone", True),
}
_NATIVE_SAMPLES = {"actions": "slot_empty", "es": "fallback", "cx": "form_filled"}
_RULES = {"actions": actions_rules.refusals, "es": es_rules.refusals, "cx": cx_rules.refusals}


def rendered(request: Request, reply: Reply, rich: bool = True) -> bytes:
    """The body of the answer."""
    form = request.native["form"]
    if form == "actions":
        return actions(request, reply)
    return es(request, reply, rich) if form == "es" else cx(request, reply, rich)


def checked(form: str, body: bytes, request: Request, reply: Reply, rich: bool = True) -> Any:
    """The answer, against which the platform has nothing."""
    out = rendered(request, reply, rich)
    assert len(out) <= MAX_BYTES
    answer = json.loads(out)
    assert _RULES[form](json.loads(body), answer) == []
    return answer


@pytest.mark.parametrize("place", PLACES)
def test_every_feature(place: str, understand: Understand, golden: Callable[[str, Any], None]) -> None:
    form, sample, rich = PLACES[place]
    body = (SAMPLES / form / f"{sample}.json").read_bytes()
    request = understand(form, body)
    golden(place, {name: checked(form, body, request, reply, rich) for name, reply in REPLIES.items()})


@pytest.mark.parametrize("place", PLACES)
def test_an_answer_that_takes_long(place: str, understand: Understand, golden: Callable[[str, Any], None]) -> None:
    """What is said in its place, in two languages, and nothing of ours; the talk goes on."""
    form, sample, rich = PLACES[place]
    body = (SAMPLES / form / f"{sample}.json").read_bytes()
    request = understand(form, body)
    found = {}
    for name, reply in HOLDING.items():
        said = reply_of(turn_of(request, reply, Outcome.DEFERRED), request.locale)
        assert asks(said)
        found[name] = checked(form, body, request, said, rich)
    golden(f"later_{place}", found)


@pytest.mark.parametrize("form", NATIVE)
def test_what_only_this_form_has(form: str, understand: Understand, golden: Callable[[str, Any], None]) -> None:
    body = (SAMPLES / form / f"{_NATIVE_SAMPLES[form]}.json").read_bytes()
    request = understand(form, body)
    golden(f"native_{form}", {name: checked(form, body, request, reply) for name, reply in NATIVE[form].items()})


def test_digits_on_the_telephone(understand: Understand, golden: Callable[[str, Any], None]) -> None:
    body = (SAMPLES / "cx" / "keys_gathered.json").read_bytes()
    request = understand("cx", body)
    golden("cx_digits", {name: checked("cx", body, request, reply) for name, reply in DIGITS.items()})


@pytest.mark.parametrize("form", NATIVE)
def test_what_other_forms_have_is_left_to_them(form: str, understand: Understand) -> None:
    body = (SAMPLES / form / f"{_NATIVE_SAMPLES[form]}.json").read_bytes()
    shared = {"messages", "payload", "replace", "table", "sessionParams"}
    for other in NATIVE.keys() - {form}:
        for reply in NATIVE[other].values():
            if not shared & reply.native["google"].keys():
                checked(form, body, understand(form, body), reply)


def _places(understand: Understand) -> Iterator[tuple[str, bytes, Request, bool]]:
    for form, sample, rich in PLACES.values():
        body = (SAMPLES / form / f"{sample}.json").read_bytes()
        yield form, body, understand(form, body), rich


_MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.fuzz
@_MANY
@given(told=any_told())
def test_any_reply_is_taken_everywhere(told: Told, places: list[tuple[str, bytes, Request, bool]]) -> None:
    if told.reply is not None:
        for form, body, request, rich in places:
            checked(form, body, request, told.reply, rich)


@pytest.mark.fuzz
@_MANY
@given(told=moderate_told())
def test_nothing_is_dropped_anywhere(told: Told, places: list[tuple[str, bytes, Request, bool]]) -> None:
    assert told.reply is not None
    for form, body, request, rich in places:
        said = "\n".join(strings(checked(form, body, request, told.reply, rich)))
        said += said.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
        assert missing(told.reply, said, reprompts=True) == []


@pytest.fixture
def places(understand: Understand) -> list[tuple[str, bytes, Request, bool]]:
    """A request at every place."""
    return list(_places(understand))


def test_what_was_asked_is_taken_back_once_it_is_answered(understand: Understand) -> None:
    done = Reply(text="It is five.", end_session=True)
    request = understand("actions", (SAMPLES / "actions" / "no_input.json").read_bytes())
    assert json.loads(actions(request, done))["session"]["params"] == dict.fromkeys(
        ("nexus_reprompt", "nexus_intent", "nexus_slot")
    )
    request = understand("cx", (SAMPLES / "cx" / "form_filled.json").read_bytes())
    assert json.loads(cx(request, done, True))["sessionInfo"]["parameters"] == dict.fromkeys(
        ("nexus_reprompt", "nexus_intent", "nexus_slot")
    )
    request = understand("es", (SAMPLES / "es" / "answer_to_a_question.json").read_bytes())
    contexts = json.loads(es(request, done, True))["outputContexts"]
    assert [(one["name"].rpartition("/")[2], one["lifespanCount"]) for one in contexts] == [("nexus", 0)]


def test_a_persons_storage_comes_back_with_the_id(understand: Understand) -> None:
    body = json.loads((SAMPLES / "actions" / "main_first_time.json").read_bytes())
    body["user"]["params"] = {"score": 7}
    request = understand("actions", json.dumps(body).encode())
    answer = json.loads(actions(request, Reply(text="Hi", native={"google": {"userParams": {"level": 2}}})))
    assert answer["user"]["params"] == {"score": 7, "nexus_user": request.user, "level": 2}
    body["user"]["params"] = {"much": "x" * 20_000}
    request = understand("actions", json.dumps(body).encode())
    assert json.loads(actions(request, Reply(text="Hi")))["user"]["params"] == {"nexus_user": request.user}


def test_reports_of_a_player_are_acknowledged_in_silence(understand: Understand) -> None:
    request = understand("actions", (SAMPLES / "actions" / "media_finished.json").read_bytes())
    answer = json.loads(actions(request, Reply(text="Sorry, I can't do anything with that.")))
    assert answer["prompt"] == {"content": {"media": {"mediaType": "MEDIA_STATUS_ACK"}}}
    assert "scene" not in answer


def test_a_wrong_native_part_is_the_skills_mistake(places: list[tuple[str, bytes, Request, bool]]) -> None:
    wrong: list[dict[str, Any]] = [
        {"unknown": 1},
        {"table": {"rows": 1}},
        {"contexts": [{"lifespanCount": 1}]},
        {"slots": {"a": {"valeu": 1}}},
    ]
    for _, _, request, rich in places:
        for native in wrong:
            with pytest.raises(PluginInvalid, match="google: a skill's native answer"):
                rendered(request, Reply(text="x", native={"google": native}), rich)


def test_too_much_is_shortened_and_still_an_answer(places: list[tuple[str, bytes, Request, bool]]) -> None:
    much = Reply(text=LONG * 60, cards=(CARD,) * 200, choices=REPLIES["many_choices"].choices * 20)
    native = {"google": {"sessionParams": {"much": "x" * 70_000}}}
    for form, body, request, rich in places:
        answer = checked(form, body, request, much, rich)
        assert any("…" in text for text in strings(answer))
        kept = checked(form, body, request, Reply(text="x", native=native), rich)
        assert "xxxx" not in json.dumps(kept)


@pytest.mark.parametrize(
    "error", [NexusError("x"), StoreUnavailable("x"), DeadlineExceeded("x"), LimitExceeded("x", 1)]
)
def test_errors_are_told_in_the_form_of_the_request(
    error: NexusError, door: GoogleAdapter, places: list[tuple[str, bytes, Request, bool]]
) -> None:
    for form, body, request, _ in places:
        reply = door.render_error(error, request)
        assert reply.status == 200
        answer = json.loads(reply.body)
        assert _RULES[form](json.loads(body), answer) == []
        assert b"ask" in reply.body
        assert "END" not in json.dumps(answer), "the talk goes on"


def test_an_id_used_twice_is_a_conflict(door: GoogleAdapter, places: list[tuple[str, bytes, Request, bool]]) -> None:
    for _, _, request, _ in places:
        assert door.render_error(Conflict("x"), request).status == 409


def test_a_turn_without_reply_says_why(door: GoogleAdapter, places: list[tuple[str, bytes, Request, bool]]) -> None:
    for _, _, request, _ in places:
        for outcome, words in (
            (Outcome.DEFERRED, "still working"),
            (Outcome.FAILED, "went wrong"),
            (Outcome.REFUSED, "can't"),
        ):
            body = door.render(request, turn_of(request, None, outcome)).body
            assert any(words in text for text in strings(msgspec.json.decode(body)))
