"""The deadline broker: when to ask for patience, when to answer with what there is, and what of an answer is there.

    received ───── 1/3: patience ───────────── 70 %: decide ── recording, rendering, writing ── deadline

The decision is earlier where recording, rendering and writing took longer lately. What they took is measured per channel, from
the decision to the moment in which the server has the answer.
"""

import math
from collections import OrderedDict, deque

from msgspec import Struct

from shared.ports import Clock
from shared.turn import Request

WORK_S = 60.0
"""For so long after its reception an answer is worked on, whether its message still waits or not."""

_SHARE_LEFT = 0.3  # of the budget, for what comes after the decision
_MOST_LEFT = 0.6  # however slow that was lately: there must be time to find an answer
_LEAST_LEFT_S = 0.05
_LEAST_LEFT = 0.2  # where the budget is so small that the former would be most of it
_SAFETY = 1.25  # times the longest that was measured lately
_MOMENT = 0.1  # of the budget, for messages that waited for their turn until the decision
_PATIENCE = 1 / 3
_PATIENCE_FROM_S = 4.0  # with less, the answer comes soon enough
_REMEMBERED = 256  # measurements a channel
_LATELY_S = 900.0
_MOST_OPEN = 4096


class Moments(Struct, frozen=True):
    """When to do what about a request, in Unix seconds; `patience` is None where nobody is asked for it."""

    patience: float | None
    decision: float


class _Longest:
    """The longest of the last measurements of one channel: those after it that are shorter are kept to take its place."""

    __slots__ = ("_count", "_falling")

    def __init__(self) -> None:
        self._falling: deque[tuple[int, float, float]] = deque()  # number, when, seconds; ever shorter
        self._count = 0

    def add(self, seconds: float, at: float) -> None:
        """Note one measurement."""
        self._count += 1
        while self._falling and self._falling[-1][2] <= seconds:
            self._falling.pop()
        self._falling.append((self._count, at, seconds))

    def seconds(self, now: float) -> float:
        """The longest, 0 where nothing was measured lately."""
        while self._falling and self._is_over(*self._falling[0][:2], now):
            self._falling.popleft()
        return self._falling[0][2] if self._falling else 0.0

    def _is_over(self, number: int, at: float, now: float) -> bool:
        return self._count - number >= _REMEMBERED or now - at > _LATELY_S


class Broker:
    """Knows the moments of every request, and learns what has to be left of its budget."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._channels: dict[str, _Longest] = {}
        self._open: OrderedDict[tuple[str, str, str], float] = OrderedDict()  # message → its decision

    def moments(self, request: Request) -> Moments:
        """The moments of `request`, which is begun now. Who waited until the decision for their turn still gets a moment."""
        now, budget = self._clock.now(), max(0.0, request.deadline - request.received_at)
        needed = self._needed(request.channel, budget)
        last = request.deadline - needed
        decision = request.deadline - max(_SHARE_LEFT * budget, needed)
        patience = request.received_at + _PATIENCE * budget if budget > _PATIENCE_FROM_S else None
        return Moments(patience, max(decision, min(now + _MOMENT * budget, last)))

    def decided(self, request: Request, at: float | None = None) -> None:
        """The answer is decided on: now, or it was to be `at` that time already."""
        self._open[_key(request)] = self._clock.now() if at is None else at
        if len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)

    def handed(self, request: Request) -> float | None:
        """The server has the answer now: how many seconds after the decision. None where nothing was decided (a repetition)."""
        decided = self._open.pop(_key(request), None)
        if decided is None:
            return None
        seconds = max(0.0, self._clock.now() - decided)
        self._channels.setdefault(request.channel, _Longest()).add(seconds, self._clock.monotonic())
        return seconds

    def _needed(self, channel: str, budget: float) -> float:
        """What has to be left of a budget for recording, rendering and writing, in seconds."""
        known = self._channels.get(channel)
        least = min(_LEAST_LEFT_S, _LEAST_LEFT * budget)
        longest = known.seconds(self._clock.monotonic()) if known else 0.0
        return min(max(least, _SAFETY * longest), _MOST_LEFT * budget)


def _key(request: Request) -> tuple[str, str, str]:
    return request.app, request.channel, request.message_id


class Progress:
    """How far the work on one answer has come, told by whoever does it, read by whoever waits.

    Whoever generates an answer calls `say` with each sentence as soon as it is complete and will not be taken back. At the
    decision the person gets what was said so far; the reply that the work ends with must begin with the same sentences, joined by
    single spaces, and the person gets the rest of it later. A reply that begins otherwise is told as a whole.
    """

    __slots__ = ("_sentences", "answer_by", "deferred", "gone", "locale", "may_wait")

    def __init__(self, *, answer_by: float = math.inf, deferred: bool = False) -> None:
        self.answer_by = answer_by  # Unix seconds: so long somebody waits
        self.deferred = deferred  # nobody waits any more
        self.may_wait = False  # whether the answer may come later
        self.gone: tuple[str, ...] = ()  # earlier answers that the conversation need not wait for any more
        self.locale = ""  # the language to answer in, as far as it is known
        self._sentences: list[str] = []

    def say(self, sentence: str) -> None:
        """The answer goes on with `sentence`. What is said after the decision is part of what is told later."""
        if sentence := sentence.strip():
            self._sentences.append(sentence)

    @property
    def said(self) -> str:
        """The sentences so far."""
        return " ".join(self._sentences)
