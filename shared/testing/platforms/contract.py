"""What every twin must hold against its door: subclass TwinContract in a test and fill in the hooks; pytest collects the cases.

class TestPagerTwin(TwinContract):
    @pytest.fixture(autouse=True)
    def _house(self, tmp_path):                        # or a NEXUS that runs: see tests/integration/test_twins.py
        PagerTwin.make(tmp_path, NOW)
        door = PagerAdapter.open("default", PagerTwin.config(tmp_path), door_ports(FakeClock(NOW)))
        with House(door, lambda request: Reply(text=f"You said {request.text}.")) as self.house:
            self.folder = tmp_path
            yield

    def twin(self, user):
        return PagerTwin(self.folder, self.house.url, user=user, now=lambda: NOW)

    def turns(self):
        return len(self.house.turns)
"""

import secrets
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from shared.testing.platforms.twin import (
    API_KEY,
    NO_ANSWER,
    NOT_YET,
    Answer,
    AnswerRefused,
    Heard,
    Sent,
    Twin,
    rightly_unanswered,
    same,
)

_TOO_MUCH = 4 * 1024 * 1024  # bytes: more than any platform takes


class TwinContract(ABC):
    """All the cases. The hooks assume no scheme and no format."""

    sayings: ClassVar[tuple[str, ...]] = ("what time is it in Tokyo", "thank you", "tell me a joke")

    @abstractmethod
    def twin(self, user: str) -> Twin:
        """The twin of somebody called `user`, whom the door believes and has not seen yet."""

    @abstractmethod
    def turns(self) -> int:
        """How many turns were recorded behind the door so far."""

    def stranger(self) -> Twin:
        """A twin of the same kind with credentials of its own making, which the door does not believe."""
        known = self.twin(_somebody())
        folder = Path(tempfile.mkdtemp(prefix="nexus-stranger-"))
        (folder / API_KEY).write_text(f"nx_{secrets.token_hex(8)}_{secrets.token_hex(32)}")
        type(known).make(folder, known.now())
        app = known.url.partition("/apps/")[2].partition("/")[0] or "default"
        return type(known)(folder, known.base_url, app, user=known.user, now=known.now)

    # -- each message has one answer -------------------------------------------------------------------------------

    def test_what_is_said_is_answered(self) -> None:
        """Something that is said becomes one turn, and the person hears something."""
        with self._someone() as twin, self._recording(1):
            assert _something(twin.say(self.sayings[0]))

    def test_a_conversation_begins_as_the_platform_begins_it(self) -> None:
        """A conversation is opened as the platform opens it, and goes on."""
        with self._someone() as twin:
            begun = twin.start()
            assert begun is None or _something(begun)
            for saying in self.sayings:
                assert _something(twin.say(saying))

    def test_sent_again_it_gets_the_same_answer(self) -> None:
        """The platform's retry gets the same bytes, and makes no second turn."""
        with self._someone() as twin, self._recording(1):
            sent = twin.request(self.sayings[0])
            assert _something(twin.exchange(sent))
            first = twin.answered
            assert first is not None
            assert same(first, twin.post(sent))
            assert same(first, twin.post(sent))

    def test_delivered_twice_at_once_it_is_one_turn(self) -> None:
        """Delivered several times at once a message is one turn, and every delivery gets its answer."""
        with self._someone() as twin, self._recording(1):
            sent = twin.request(self.sayings[0])
            first, *others = twin.at_once([sent] * 4)
            self._good(twin, sent, first)
            assert all(same(first, other) for other in others)

    def test_out_of_order_every_message_is_answered_once(self) -> None:
        """Messages that come last one first are each answered once."""
        with self._someone() as twin, self._recording(len(self.sayings)):
            sent = [twin.request(saying) for saying in self.sayings]
            answers = {one.message_id: self._good(twin, one, twin.post(one)) for one in reversed(sent)}
            assert len(answers) == len(sent), "messages must have ids of their own"
            assert all(same(answers[one.message_id], twin.post(one)) for one in sent)

    def test_at_once_every_message_is_answered_once(self) -> None:
        """Messages that come at the same time are each answered once."""
        with self._someone() as twin, self._recording(len(self.sayings)):
            sent = [twin.request(saying) for saying in self.sayings]
            for one, answer in zip(sent, twin.at_once(sent), strict=True):
                self._good(twin, one, answer)
                assert same(answer, twin.post(one))

    def test_after_hanging_up_the_retry_gets_the_answer_of_the_one_turn(self) -> None:
        """After the platform hung up, its retry gets the answer of the one turn there is."""
        with self._someone() as twin, self._recording(1):
            sent = twin.hang_up(self.sayings[0])
            answer = self._good(twin, sent, twin.post(sent))
            assert same(answer, twin.again())

    def test_who_has_not_the_credentials_is_refused(self) -> None:
        """Who has other credentials is refused, and makes no turn."""
        with self.stranger() as stranger, self._recording(0):
            try:
                heard = stranger.say(self.sayings[0])
            except AnswerRefused:
                return
            raise AssertionError(f"a stranger was answered: {heard!r:.300}")

    # -- the twin complains ----------------------------------------------------------------------------------------

    def test_it_complains_about_every_fault(self) -> None:
        """An answer that the platform could not take is complained about: errors, pages, cut off, too long."""
        with self._someone() as twin:
            sent = twin.request(self.sayings[0])
            good = self._good(twin, sent, twin.post(sent))
            missed = [name for name, answer in self.faults(good) if not twin.complaints(sent, answer)]
        assert not missed, f"no complaint about {', '.join(missed)}"

    def test_it_complains_about_what_is_missing_or_of_another_type(self) -> None:
        """An answer in JSON is complained about where something is missing or of another type, and never breaks the twin."""
        with self._someone() as twin:
            sent = twin.request(self.sayings[0])
            good = self._good(twin, sent, twin.post(sent))
            for kind, answers in _json_faults(good).items():
                found = [twin.complaints(sent, answer) for answer in answers]
                assert any(found), f"no complaint about any {kind}"

    def faults(self, good: Answer) -> Iterator[tuple[str, Answer]]:
        """Answers that the platform cannot take, made of a good one; more may be added."""
        page = {**good.headers, "content-type": "text/html; charset=utf-8"}
        yield "an error of the server", Answer(500, good.headers, good.body)
        yield "a refusal", Answer(403, good.headers, good.body)
        yield "a page that was not found", Answer(404, page, b"<html><body>Not found</body></html>")
        if not good.body:
            return
        yield "a page", Answer(good.status, page, b"<html><body>It works!</body></html>")
        yield "an answer that is cut off", Answer(good.status, good.headers, good.body[: len(good.body) // 2])
        yield "an answer that is too long", Answer(good.status, good.headers, good.body + b" " * _TOO_MUCH)
        if "json" in good.media_type():
            for other in (b"[]", b"null", b'"text"'):
                yield f"the JSON {other.decode()}", Answer(good.status, good.headers, other)

    # -- what the cases share --------------------------------------------------------------------------------------

    def _someone(self) -> Twin:
        return self.twin(_somebody())

    def _recording(self, number: int) -> "_Recording":
        return _Recording(self.turns, number)

    def _good(self, twin: Twin, sent: Sent, answer: Answer) -> Answer:
        """`answer`, which must be one that the platform takes and a person hears something of."""
        assert twin.read(sent, answer).text
        return answer


class _Recording:
    """Within it, so many turns must be recorded."""

    def __init__(self, turns: Callable[[], int], number: int) -> None:
        self._turns, self._number = turns, number

    def __enter__(self) -> None:
        self._before = self._turns()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            found = self._turns() - self._before
            assert found == self._number, f"{found} turns were recorded, not {self._number}"


def _somebody() -> str:
    return f"twin{secrets.token_hex(6)}"


def _something(heard: Heard) -> bool:
    """Whether the person got an answer."""
    return bool(heard.text) and heard.text not in (NO_ANSWER, NOT_YET) and not rightly_unanswered(heard.text)


def _json_faults(good: Answer) -> dict[str, list[Answer]]:
    """Answers in which one thing of a good one is missing, or is of another type; none where it is not JSON."""
    if "json" not in good.media_type():
        return {}
    value = msgspec.json.decode(good.body)
    paths = list(_paths(value))
    changed = {
        "missing field": [_without(value, path) for path in paths],
        "value of another type": [_with(value, path, {"unexpected": [1]}) for path in paths],
    }
    return {
        kind: [Answer(good.status, good.headers, msgspec.json.encode(one)) for one in values]
        for kind, values in changed.items()
    }


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _with(copy[path[0]], path[1:], new)
    return copy


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = value.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _without(copy[path[0]], path[1:])
    return copy
