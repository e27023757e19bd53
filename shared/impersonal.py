"""Answers that depend on nobody: what the handler of an intent with `cache_s` is given.

A question is written down as bytes, and the handler's turn is made of what those bytes say, of the skill's words, and of the
web. Whoever asks the same bytes gets the same answer, because there is nothing that it could differ by: no person, no clock,
no conversation. Reaching for them raises Withheld, whatever the skill's permissions are.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Struct, field

from shared.errors import WebFailed, Withheld
from shared.manifest import SkillInfo
from shared.outside import Fetched, Web
from shared.ports import Memory
from shared.skill import TurnContext
from shared.turn import Kind, Reply, Request, Session, SlotValue, Understanding

MOST_VARIANTS = 4  # of one answer that are kept side by side
_ALL_VARIANTS = 12  # a number that 2, 3 and 4 divide: every wording has its variant
_FAILING = 400  # HTTP statuses from here on are no answer


class Question(Struct, frozen=True, array_like=True):
    """All that an answer is made of. `variant` says which of several wordings; `text` is "" unless the words count.

    `state` is what the same intent left in the conversation a moment before (what help has told already): such a question is
    somebody's own, and its answer is not kept.
    """

    app: str
    intent: str
    source: str
    locale: str
    timezone: str
    variant: int = 0
    text: str | None = None
    slots: dict[str, SlotValue] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(Question).decode


def written(question: Question) -> bytes | None:
    """The question as bytes, the same for the same question; None where it is somebody's own, or cannot be written."""
    if question.state:
        return None
    try:
        return _encode(question)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None


def read(question: bytes) -> Question:
    """The question that was written."""
    return _decode(question)


def lasting(reply: Reply) -> bool:
    """Whether a reply may be given to others: it only says something, and asks for nothing that only this person is asked."""
    asks = reply.elicit is not None or reply.confirm is not None
    return not (asks or reply.effects or reply.native or reply.end_session or reply.human is not None)


def variants(answers: Mapping[str, tuple[str, ...]]) -> int:
    """How many variants of an answer are worth keeping: as many as the skill has wordings for one thing, within bounds."""
    return min(MOST_VARIANTS, max(map(len, answers.values()), default=1)) or 1


def variant_for(message_id: str, number: int) -> int:
    """Which of `number` variants answers a message: the same one each time."""
    return crc32(message_id.encode()) % number


def turn_of(
    question: Question,
    web: Web,
    answers: dict[str, tuple[str, ...]],
    skills: tuple[SkillInfo, ...],
    lacks: tuple[str, ...],
) -> TurnContext:
    """The turn that a handler answers. `answers`, `skills` and `lacks` are the same for everybody who asks this here."""
    refused = Nothing(f"{question.intent} has cache_s, and its answer depends on nobody: there is none of this for it")
    heard = _Nobodys if question.text is None else _Quoted
    request = heard(
        app=question.app,
        channel="",
        message_id=MESSAGE_IDS[question.variant],
        conversation="",
        user="",
        kind=Kind.UTTERANCE,
        received_at=0.0,
        deadline=0.0,
        text=question.text or "",
        locale=question.locale,
    )
    return TurnContext(
        request=request,
        understanding=Understanding(
            question.intent, 1.0, slots=question.slots, source=question.source, text=question.text or ""
        ),
        session=_NoSession(last_intent=question.intent if question.state else None),
        state=question.state,
        memories=refused,
        documents=refused,
        clock=refused,
        timezone=question.timezone,
        web=web,
        called=refused,
        config=question.config,
        lacks=lacks,
        skills=skills,
        answers=answers,
    )


class Nothing:
    """Memories, documents, past calls and a clock for a skill that may have none of them: every question is refused."""

    def __init__(self, refusal: str) -> None:
        self._refusal = refusal

    async def search(self, text: str, limit: int = 5) -> list[Memory]:
        """Refuses."""
        raise Withheld(self._refusal)

    async def recent(self, limit: int = 5) -> list[Any]:
        """Refuses."""
        raise Withheld(self._refusal)

    async def get(self, name: str) -> dict[str, Any] | None:
        """Refuses."""
        raise Withheld(self._refusal)

    def now(self) -> float:
        """Refuses."""
        raise Withheld(self._refusal)

    def monotonic(self) -> float:
        """Refuses."""
        raise Withheld(self._refusal)


class WatchedWeb:
    """The web, with a note of whether all that was asked was answered, and freshly: `failed`."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.failed = False

    async def get(self, url: str, **more: Any) -> Fetched:
        """See `Web.get`."""
        try:
            return self._noted(await self._web.get(url, **more))
        except WebFailed:
            self.failed = True
            raise

    async def post(self, url: str, content: bytes, **more: Any) -> Fetched:
        """See `Web.post`."""
        try:
            return self._noted(await self._web.post(url, content, **more))
        except WebFailed:
            self.failed = True
            raise

    def _noted(self, fetched: Fetched) -> Fetched:
        self.failed = self.failed or fetched.stale or fetched.status >= _FAILING
        return fetched


def _id_of(variant: int) -> str:
    """A message id by which `TurnContext.say` chooses the wording number `variant` of up to four."""
    return next(str(n) for n in count() if crc32(str(n).encode()) % _ALL_VARIANTS == variant)


MESSAGE_IDS = tuple(map(_id_of, range(MOST_VARIANTS)))
"""By variant."""

_SEEN = {"app", "message_id", "locale", "text"}
_OF_REQUESTS = frozenset(Request.__struct_fields__) - _SEEN
_OF_SESSIONS = frozenset(Session.__struct_fields__) - {"last_intent", "last_reply"}


class _Quoted(Request, frozen=True, kw_only=True):
    """A request of nobody, whose words count."""

    def __getattribute__(self, name: str) -> Any:
        if name in _OF_REQUESTS:
            raise Withheld(f"request.{name} is withheld from intents with cache_s: their answers depend on nobody")
        return super().__getattribute__(name)


class _Nobodys(_Quoted, frozen=True, kw_only=True):
    """A request of nobody, whose words do not count."""

    def __getattribute__(self, name: str) -> Any:
        if name == "text":
            raise Withheld("the text is withheld from intents with cache_s but without cache_text")
        return super().__getattribute__(name)


class _NoSession(Session, frozen=True):
    """No conversation: nothing was said before."""

    def __getattribute__(self, name: str) -> Any:
        if name in _OF_SESSIONS:
            raise Withheld(f"session.{name} is withheld from intents with cache_s: their answers depend on nobody")
        return super().__getattribute__(name)
