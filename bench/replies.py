"""What it takes to answer what depends on nobody: by its handler, from the worker's own memory, and from Valkey."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import perf_counter

from msgspec import Struct

from core.dialogue.manager import Run
from core.dialogue.state import Frame
from core.handlers import Handlers
from core.skillbook import SkillBook
from core.stages import Stages
from infra.editions import edition
from infra.embedded import open_stores
from infra.home import Home
from infra.plugins import load_plugins
from infra.storage import replies
from infra.storage.replies import ValkeyReplyCache
from infra.storage.valkey import Valkey, connect
from infra.system import SystemClock
from infra.vault import Vault
from shared.ports import Person, ReplyCache
from shared.testing.fakes import FakeModel, FakeTurnStore
from shared.testing.web import FakeOutside, recorded
from shared.turn import Kind, Reply, Request, Session, SlotValue

SKILLS = Path(__file__).parents[1] / "skills"
ASKED = {
    "assistant.help": ("what can you do", {}),
    "calculator.compute": ("what is 15 percent of 80", {"expression": "15 percent of 80"}),
    "calculator.convert": ("26.2 miles in kilometres", {"amount": "26.2 miles", "unit": "kilometres"}),
    "news.headlines": ("what is in the news", {}),
}
_SESSION = Session()


class Answering(Struct, frozen=True):
    """Medians in µs for one question."""

    intent: str
    handler_us: float
    worker_us: float
    valkey_us: float


def measure(root: Path, *, quick: bool = False) -> list[Answering]:
    """Every intent that the shipped skills let be cached, on an embedded Valkey with a home in `root`."""
    with open_stores(Home(root), command="bench") as addresses:
        return asyncio.run(_measure(addresses.redis_url, 40 if quick else 400))


async def _measure(url: str, count: int) -> list[Answering]:
    valkey, clock, vault = Valkey(connect(url)), SystemClock(), Vault(bytes(32))
    book = SkillBook(load_plugins(None).skills)
    version = edition(book.loaded)
    outside = FakeOutside(
        recorded(SKILLS / "news", clock),
        {"feeds": "https://news.example.org/rss.xml https://wire.example.org/atom.xml"},
    )

    def cache(watch: replies.Watch | None = None) -> ValkeyReplyCache:
        made = ValkeyReplyCache(valkey, vault, clock, version)
        if watch is not None:
            made.report_to(watch)
        return made

    def asking(intent: str, cache: ReplyCache | None) -> Callable[[], Awaitable[object]]:
        handlers = Handlers(FakeTurnStore(), FakeModel(), book, clock, "UTC", outside, cache)
        text, slots = ASKED[intent]
        run = Run(Frame(intent, slots={name: SlotValue(said, said) for name, said in slots.items()}))
        now = clock.now()
        request = Request(
            app="a", channel="c", message_id="m", conversation="c", user="u", kind=Kind.UTTERANCE,
            received_at=now, deadline=now + 600, text=text,
        )  # fmt: skip
        return lambda: handlers.answer(run, Person("a", "p"), request, _SESSION, (), Stages(clock))

    found = []
    for intent in ASKED:
        handler = await _median([asking(intent, None)] * count)
        own = asking(intent, cache())
        await own()
        worker = await _median([own] * count)
        await asking(intent, _Slow(cache()))()  # Valkey has it, however fast it was made
        seen = _Seen()
        far = await _median([asking(intent, cache(seen)) for _ in range(count)])
        if set(seen.where) != {replies.FAR}:
            raise RuntimeError(f"{intent} is not kept in Valkey")
        found.append(Answering(intent, handler, worker, far))
    await valkey.close()
    return found


async def _median(asks: Sequence[Callable[[], Awaitable[object]]]) -> float:
    """What asking took, in µs."""
    took = []
    for ask in asks:
        began = perf_counter()
        await ask()
        took.append(perf_counter() - began)
    return 1e6 * statistics.median(took)


class _Seen:
    """A watch: where answers were found."""

    def __init__(self) -> None:
        self.where: list[str] = []

    def looked_up(self, where: str) -> None:
        """See `replies.Watch`."""
        self.where.append(where)


class _Slow:
    """A cache that takes every answer for one that took long."""

    def __init__(self, cache: ValkeyReplyCache) -> None:
        self._cache = cache
        self.find = cache.find

    async def keep(self, app: str, intent: str, question: bytes, reply: Reply, seconds: float, took_s: float) -> None:
        """See `ReplyCache.keep`."""
        await self._cache.keep(app, intent, question, reply, seconds, 2 * replies.WORTH_S)
