"""Faults of platforms and networks: a twin under one delivers all that is said so, and demands one answer a message.

twin.fault = FAULTS["duplicate"]
twin.say("what time is it in Tokyo")              # raises PromiseBroken where NEXUS answers twice, or differently

twin.fault = FAULTS["reorder"]
reordered(twin, ["one", "two"])                   # several messages: the last one comes first
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from shared.errors import NexusError
from shared.testing.platforms.twin import NO_ANSWER, NOT_YET, Answer, Heard, Sent, Twin, rightly_unanswered, same

_MOMENT_S = 0.001  # after sending, before hanging up: NEXUS has the message, and has not answered it


class PromiseBroken(NexusError):
    """NEXUS answered a message twice, differently, or not at all. The text says which."""


class Fault(Struct, frozen=True):
    """`deliver` posts a message so and gives its one answer, or raises PromiseBroken; `done` says in words what it did."""

    done: str
    deliver: Callable[[Twin, Sent], Answer]


def retried(twin: Twin, sent: Sent) -> Answer:
    """Sent, and sent again with the same id and the same bytes."""
    return _one([twin.post(sent), twin.post(sent)], "sent again, the message got another answer")


def duplicated(twin: Twin, sent: Sent) -> Answer:
    """Sent two times at once, on two connections."""
    answers = twin.at_once([sent, sent])
    twin.answered = answers[0]
    return _one(answers, "sent twice at once, the message got two different answers")


def after_hanging_up(twin: Twin, sent: Sent) -> Answer:
    """Sent, and left before the answer; then sent again, and once more to see that the answer stays."""
    twin.cut_off(sent, _MOMENT_S)
    return _one(
        [twin.post(sent), twin.post(sent)], "after hanging up, two retries of the message got different answers"
    )


FAULTS = {
    "retry": Fault("sent again with the same id", retried),
    "duplicate": Fault("sent twice at once", duplicated),
    "reorder": Fault("delivered last one first, each of them twice", retried),
    "hang-up": Fault("hung up before the answer, then sent again", after_hanging_up),
}
"""All faults, by the names that `nexus say --fault` takes."""


def reordered(twin: Twin, texts: Sequence[str]) -> list[Heard]:
    """Say `texts` so that the last one is delivered first; what is heard, in the order of the deliveries."""
    sent = [twin.request(text) for text in texts]
    return [twin.exchange(one) for one in reversed(sent)]


def result(twin: Twin, heard: Sequence[Heard]) -> str:
    """What `twin.fault` did to messages and what came of it, in words. Raises PromiseBroken where one was not answered."""
    done = twin.fault.done if twin.fault is not None else "sent"
    for one in heard:
        if one.text in (NO_ANSWER, NOT_YET) and not one.shown:
            raise PromiseBroken(f"{done}, the message got {one.text[1:-1]}")
    if silent := [one for one in heard if rightly_unanswered(one.text)]:
        return f"{done}: {_silence(silent, len(heard))}"
    return f"{done}: {twin.one_answer}" if len(heard) == 1 else f"{done}: {len(heard)} messages, one answer each"


def _silence(silent: Sequence[Heard], messages: int) -> str:
    """That those who heard nothing rightly did so, of so many messages."""
    if len(silent) == messages:
        return "no answer, each time"
    return f"{messages} messages, one answer each but for {len(silent)} that rightly got none"


def _one(answers: Sequence[Answer], broken: str) -> Answer:
    """The one that all `answers` are. Raises PromiseBroken, saying `broken`, where they are several."""
    first, *others = answers
    if different := [other for other in others if not same(first, other)]:
        raise PromiseBroken(f"{broken} (HTTP {first.status}, then {different[0].status})")
    return first
