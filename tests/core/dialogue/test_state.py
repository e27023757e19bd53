"""What a dialogue keeps: bounded, of one version, and read from whatever is stored."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dialogue.state import LIMIT, MOST_FRAMES, NOTHING, VERSION, Frame, Question, State, read, stored
from shared.turn import Session, SlotValue

VALUES = st.builds(
    SlotValue, st.text(max_size=30) | st.just("x" * 3_000), st.none() | st.integers() | st.text(max_size=9)
)
FRAMES = st.builds(
    Frame,
    st.text(max_size=20),
    st.dictionaries(st.text(max_size=8), VALUES, max_size=30),
    question=st.none() | st.builds(Question, st.sampled_from(["slot", "confirm"]), st.text(max_size=5)),
    text=st.text(max_size=50) | st.just("y" * 9_000),
)
STATES = st.builds(
    lambda frames, handled: State(tuple(frames), tuple(handled)),
    st.lists(FRAMES, max_size=MOST_FRAMES),
    st.lists(FRAMES, max_size=2),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@given(STATES)
@settings(max_examples=60, deadline=None)
def test_it_is_small_and_comes_back(state: State) -> None:
    kept = stored(state)
    assert len(msgspec.json.encode(kept)) <= LIMIT + 20
    again = read(msgspec.msgpack.decode(msgspec.msgpack.encode(kept)))
    assert stored(again) == kept
    if kept and state.top and len(msgspec.json.encode(state)) < LIMIT / 2:
        assert again.top is not None
        assert again.top.question == state.top.question


@given(st.dictionaries(st.sampled_from(["version", "frames", "handled", "more"]), JSON, max_size=4) | st.none())
@settings(max_examples=100, deadline=None)
def test_anything_may_have_been_stored(kept: dict[str, Any] | None) -> None:
    assert isinstance(read(kept), State)


@pytest.mark.parametrize("version", [0, VERSION + 1, "2", None])
def test_another_version_is_no_dialogue(version: object) -> None:
    kept = stored(State((Frame("lunch.order", question=Question("slot", "size")),)))
    assert kept is not None
    assert read(kept).question is not None
    assert read({**kept, "version": version}) == NOTHING


def test_nothing_is_kept_of_nothing() -> None:
    assert stored(NOTHING) is None
    assert read(None) == NOTHING


def test_a_long_value_is_asked_for_again() -> None:
    frame = Frame("lunch.tell", {"words": SlotValue("x" * 5_000), "to": SlotValue("Ann")}, ("words", "to"))
    top = read(stored(State((frame,)))).top
    assert top is not None
    assert (list(top.slots), top.order) == (["to"], ("to",))


OLD = {
    "seq": 3,
    "updated_at": 5.0,
    "pending": {"skill": "notes", "intent": "notes.remember", "slot": "note", "slots": {}},
    "last_intent": "notes.remember",
    "last_reply": "What shall I remember?",
    "skills": {"notes": {"a": [1]}},
    "version": 1,
}


def test_sessions_of_the_version_before_still_load() -> None:
    session = msgspec.msgpack.decode(msgspec.msgpack.encode(OLD), type=Session)
    assert session == Session(3, 5.0, "notes.remember", "What shall I remember?", {"notes": {"a": [1]}})
    assert msgspec.json.decode(msgspec.json.encode(OLD), type=Session) == session
    assert read(session.dialogue) == NOTHING


def test_the_version_before_reads_sessions_of_this_one() -> None:
    new = Session(4, 5.0, dialogue=stored(State((Frame("lunch.order"),))))
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(new))
    assert set(plain) - set(OLD) == {"dialogue", "language", "handoff", "deferred"}
