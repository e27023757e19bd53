"""Visitor tokens: they hold for one visitor on one origin of one app until they expire, and nothing else does."""

import base64
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.web.verify import LIFETIME_S, Visitors
from shared.errors import NotAuthentic, SignatureInvalid
from shared.testing.fakes import FakeClock
from tests.channels.web.door import FOREIGN, PAGE, SECRET, SHOP, open_door, open_session, wire

NOW = 1_800_000_000.0
VISITORS = Visitors("default", SECRET)


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(**changes: object) -> dict[str, object]:
    """The claims of a good token, changed."""
    good = {"sub": "ada", "iss": "default", "aud": PAGE, "iat": int(NOW), "exp": int(NOW) + LIFETIME_S}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(**changes: object) -> str:
    return jwt.encode(claims(**changes), SECRET, "HS256")


@given(visitor=st.text(st.characters(codec="utf-8"), min_size=1), age=st.integers(0, LIFETIME_S - 1))
def test_names_its_visitor_until_it_expires(visitor: str, age: int) -> None:
    issued = VISITORS.issue(visitor, PAGE, NOW)
    assert issued.expires_at == NOW + LIFETIME_S
    assert VISITORS.check(issued.token, PAGE, NOW + age) == visitor


def test_expires() -> None:
    issued = VISITORS.issue("ada", PAGE, NOW)
    with pytest.raises(NotAuthentic, match="expired"):
        VISITORS.check(issued.token, PAGE, issued.expires_at)


def test_holds_for_its_origin_only() -> None:
    issued = VISITORS.issue("ada", PAGE, NOW)
    with pytest.raises(SignatureInvalid, match="another origin"):
        VISITORS.check(issued.token, SHOP, NOW)


def test_holds_for_its_app_only() -> None:
    token = VISITORS.issue("ada", PAGE, NOW).token
    for other in (Visitors("shop", SECRET), Visitors("default", b"another secret of thirty-two bytes")):
        with pytest.raises(SignatureInvalid):
            other.check(token, PAGE, NOW)


@pytest.mark.parametrize("missing", ["sub", "iss", "aud", "exp", "iat"])
def test_wants_every_claim(missing: str) -> None:
    with pytest.raises(SignatureInvalid):
        VISITORS.check(signed(**{missing: None}), PAGE, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": 7},
        {"sub": ["ada"]},
        {"exp": "never"},
        {"exp": {}},
        {"iat": "x"},
        {"aud": [PAGE, SHOP]},
        {"aud": 3},
        {"iss": None},
    ],
)
def test_wants_claims_as_issued(changes: dict[str, object]) -> None:
    with pytest.raises(NotAuthentic):
        VISITORS.check(signed(**changes), PAGE, NOW)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "HS512", "RS256", "HS256 "])
def test_no_other_algorithm(algorithm: str) -> None:
    header, body = segment({"alg": algorithm, "typ": "JWT"}), segment(claims())
    signature = VISITORS.issue("ada", PAGE, NOW).token.rpartition(".")[2]
    for token in (f"{header}.{body}.", f"{header}.{body}.{signature}", f"{header}.{body}"):
        with pytest.raises(SignatureInvalid):
            VISITORS.check(token, PAGE, NOW)


def test_another_strength_does_not_hold() -> None:
    with pytest.raises(SignatureInvalid):
        VISITORS.check(jwt.encode(claims(), SECRET * 2, "HS512"), PAGE, NOW)


def test_a_header_that_is_not_ours_is_never_parsed() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 200_000).decode()
    with pytest.raises(SignatureInvalid):
        VISITORS.check(f"{deep}.e30.x", PAGE, NOW)


@given(st.data())
def test_one_changed_character_breaks_it(data: st.DataObject) -> None:
    token = VISITORS.issue("ada", PAGE, NOW).token
    at = data.draw(st.integers(0, len(token) - 2))  # the last character carries bits that base64 ignores
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=% é"))
    forged = token[:at] + other + token[at + 1 :]
    if other != token[at]:
        with pytest.raises(NotAuthentic):
            VISITORS.check(forged, PAGE, NOW)


@pytest.mark.fuzz
@given(st.one_of(st.text(st.characters(max_codepoint=255)), st.from_regex(r"\A[\w-]{0,40}(\.[\w-]{0,40}){0,4}\Z")))
def test_no_text_is_a_token(text: str) -> None:
    start = VISITORS.issue("ada", PAGE, NOW).token.split(".")[0]
    for token in (text, f"{start}.{text}", f"{start}.{text}.{text}"):
        with pytest.raises(NotAuthentic):
            VISITORS.check(token, PAGE, NOW)


async def test_every_session_is_somebody_else() -> None:
    door = open_door()
    first, second = await open_session(door), await open_session(door)
    assert first.visitor != second.visitor
    assert (await door.verify(wire(token=first.token))).principal == first.visitor
    assert (await door.verify(wire(token=second.token))).principal == second.visitor


async def test_a_session_is_renewed_for_the_same_visitor() -> None:
    clock = FakeClock()
    door = open_door(clock)
    first = await open_session(door)
    clock.move(LIFETIME_S - 1)
    renewed = await open_session(door, token=first.token)
    assert renewed.visitor == first.visitor
    assert renewed.expires_at == first.expires_at + LIFETIME_S - 1


async def test_an_expired_or_foreign_token_is_not_renewed() -> None:
    clock = FakeClock()
    door = open_door(clock)
    mine = await open_session(door)
    elsewhere = await open_session(door, SHOP, mine.token)
    assert elsewhere.visitor != mine.visitor
    clock.move(LIFETIME_S)
    assert (await open_session(door, token=mine.token)).visitor != mine.visitor
    assert (await open_session(door, token="nonsense")).visitor != mine.visitor


async def test_a_token_survives_a_restart_of_the_door() -> None:
    clock = FakeClock()
    session = await open_session(open_door(clock))
    assert (await open_door(clock).verify(wire(token=session.token))).principal == session.visitor


async def test_a_token_of_another_app_is_refused() -> None:
    clock = FakeClock()
    session = await open_session(open_door(clock, "shop", b"the secret of the app called shop"))
    with pytest.raises(SignatureInvalid):
        await open_door(clock).verify(wire(token=session.token))


async def test_a_token_from_another_origin_is_refused() -> None:
    door = open_door()
    session = await open_session(door)
    for origin in (SHOP, FOREIGN, PAGE.upper(), PAGE + "/", "null", "", None):
        with pytest.raises(NotAuthentic):
            await door.verify(wire(origin=origin, token=session.token))
