"""Messages of the web chat: what a body becomes, what a turn looks like, and what is refused."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.web.adapter import TEXT_LIMIT, WebAdapter
from shared.channel import Verified, Wire
from shared.errors import Malformed, NotAuthentic
from shared.testing.fakes import FakeClock
from shared.turn import Card, Choice, Kind, Media, Outcome, Reply, Request, SlotValue, Turn, Understanding
from tests.channels.web.door import PAGE, open_door, open_session, wire

SAMPLES = Path(__file__).parents[3] / "channels" / "web" / "samples"
DOOR = open_door()


def parse(body: bytes, visitor: str = "ada") -> Request:
    return DOOR.parse(Verified(wire(body), "default", visitor))


def turn_of(request: Request, outcome: Outcome = Outcome.ANSWERED, reply: Reply | None = None) -> Turn:
    """A turn that uses every part of a reply that the web chat can show."""
    rich = Reply(
        text="Your spare key is under the mat.",
        speech="Your spare key is <emphasis>under the mat</emphasis>.",
        cards=(Card("Spare key", "under the mat", "https://pictures.example/mat.png", "https://page.example/notes/1"),),
        choices=(Choice("Forget it", "forget the spare key"),),
        media=(Media("https://sounds.example/key.mp3", "audio/mpeg", "A key that turns"),),
        reprompt="Anything else?",
        expects_answer=True,
    )
    understood = Understanding("notes.recall", 0.98765, slots={"thing": SlotValue("the spare key", "spare key")})
    return Turn(
        app=request.app,
        channel=request.channel,
        message_id=request.message_id,
        conversation=request.conversation,
        outcome=outcome,
        at=request.received_at,
        reply=rich if outcome is Outcome.ANSWERED else reply,
        understanding=understood,
        timings_ms={"understand": 3.2},
    )


async def test_a_sample_becomes_a_request_of_its_visitor() -> None:
    clock = FakeClock()
    door = open_door(clock)
    session = await open_session(door)
    body = (SAMPLES / "message.json").read_bytes()
    request = door.parse(await door.verify(wire(body, token=session.token)))
    assert request.user == request.conversation == session.visitor
    assert (request.app, request.channel, request.kind) == ("default", "web", Kind.UTTERANCE)
    assert (request.text, request.message_id) == ("Where is the spare key?", "m-1")
    assert (request.received_at, request.deadline) == (clock.now(), clock.now() + WebAdapter.budget_s)
    assert request.device.screen


async def test_two_visitors_never_share_a_conversation() -> None:
    door = open_door()
    one, two = await open_session(door), await open_session(door)
    body = b'{"text": "hello", "message_id": "same", "user": {"id": "somebody else"}, "conversation": "theirs"}'
    requests = [door.parse(await door.verify(wire(body, token=session.token))) for session in (one, two)]
    assert [request.user for request in requests] == [one.visitor, two.visitor]
    assert [request.conversation for request in requests] == [one.visitor, two.visitor]


def test_makes_an_id_where_none_is_sent() -> None:
    assert parse(b'{"text":"hi"}').message_id != parse(b'{"text":"hi"}').message_id
    assert parse(b'{"text":"hi","message_id":null}').message_id.startswith("id-")


def test_cleans_text() -> None:
    assert parse(rb'{"text":" a\u0000b \ud800 c \ud83d\ude00 "}').text == "ab  c 😀"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "text"),
        (b'{"text":""}', "text"),
        (b'{"text":" \\u0000\\n"}', "text"),
        (b'{"text":7}', "text"),
        (b'{"text":null}', "text"),
        (b'{"text":["a"]}', "text"),
        (json.dumps({"text": "x" * (TEXT_LIMIT + 1)}).encode(), "text"),
        (b'{"text":"a","message_id":""}', "message_id"),
        (b'{"text":"a","message_id":"a b"}', "message_id"),
        (b'{"text":"a","message_id":"a\\n"}', "message_id"),
        (b'{"text":"a","message_id":7}', "message_id"),
        (json.dumps({"text": "a", "message_id": "m" * 129}).encode(), "message_id"),
    ],
)
def test_names_the_field_that_is_wrong(body: bytes, field: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(body)
    assert caught.value.fields == (field,)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[", b"[]", b'"text"', b"null", b'{"text":"a"}x', b"[" * 100_000, b'{"a":' * 50_000]
)
def test_refuses_what_is_no_message(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)


_NEARLY = st.fixed_dictionaries({"text": st.text()}, optional={"message_id": st.text()})


@pytest.mark.fuzz
@settings(max_examples=2_000, deadline=None)
@given(st.one_of(st.binary(), _NEARLY.map(lambda message: json.dumps(message).encode())))
def test_any_bytes_parse_or_are_malformed(body: bytes) -> None:
    try:
        request = parse(body)
    except Malformed:
        return
    assert request.text == request.text.strip() != ""
    request.text.encode()
    assert 1 <= len(request.message_id) <= 128


_HEADERS = st.lists(
    st.tuples(st.sampled_from([b"origin", b"authorization", b"host"]), st.binary(max_size=64)), max_size=3
)


@pytest.mark.fuzz
@settings(max_examples=2_000, deadline=None)
@given(_HEADERS, st.binary(max_size=64), st.booleans(), st.booleans())
def test_nobody_comes_in_by_chance(
    extra: list[tuple[bytes, bytes]], body: bytes, from_page: bool, bearer: bool
) -> None:
    headers = [(b"origin", PAGE.encode())] * from_page + [(b"authorization", b"Bearer " + body)] * bearer + extra
    with pytest.raises(NotAuthentic):
        DOOR.verify(Wire("POST", "/channels/web", tuple(headers), body)).send(None)  # it never waits: no loop needed


@pytest.mark.parametrize(
    "authorization", [None, b"", b"Bearer", b"Bearer ", b"Basic YTpi", b"Bearer\xff\xfe", b"Bearer a.b.c"]
)
async def test_wants_a_bearer_token(authorization: bytes | None) -> None:
    plain = wire(b"not even JSON")
    headers = plain.headers if authorization is None else (*plain.headers, (b"authorization", authorization))
    with pytest.raises(NotAuthentic):
        await DOOR.verify(msgspec.structs.replace(plain, headers=headers))


async def test_two_tokens_at_once_are_none() -> None:
    session = await open_session(DOOR)
    good = wire(token=session.token)
    with pytest.raises(NotAuthentic):
        await DOOR.verify(msgspec.structs.replace(good, headers=(*good.headers, good.headers[-1])))


def test_a_failed_authentication_is_a_problem() -> None:
    reply = DOOR.render_error(NotAuthentic("no"))
    assert reply.status == 401
    assert dict(reply.headers)[b"content-type"] == b"application/problem+json"
    assert dict(reply.headers)[b"www-authenticate"].startswith(b"Bearer")


def test_renders_the_golden_answer() -> None:
    request = parse((SAMPLES / "message.json").read_bytes())
    reply = DOOR.render(request, turn_of(request))
    assert reply.status == 200
    assert dict(reply.headers) == {b"content-type": b"application/json", b"cache-control": b"no-store"}
    assert msgspec.json.format(reply.body, indent=2) + b"\n" == (SAMPLES / "answer.json").read_bytes()
    assert DOOR.render(request, turn_of(request)) == reply


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Outcome.REFUSED, 200), (Outcome.RUNNING, 202), (Outcome.DEFERRED, 202), (Outcome.FAILED, 503)],
)
def test_the_status_says_the_outcome(outcome: Outcome, status: int) -> None:
    request = parse(b'{"text":"hi"}')
    reply = DOOR.render(request, turn_of(request, outcome))
    assert reply.status == status
    assert msgspec.json.decode(reply.body)["outcome"] == outcome.value
