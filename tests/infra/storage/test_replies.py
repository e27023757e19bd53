"""Answers that depend on nobody, as they are kept: alike in Valkey and in the fake; and what only Valkey can do wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
import redis.asyncio as redis

from infra.editions import edition, edition_of
from infra.storage import replies
from infra.storage.replies import AWAY_S, FAR, LARGEST, MISSED, NEAR, NEARBY, PLACES, WORTH_S, ValkeyReplyCache
from infra.storage.valkey import Valkey, connect
from infra.vault import DataKey, Vault, join
from shared.ports import ReplyCache
from shared.testing.fakes import FakeClock
from shared.testing.replies import FakeReplyCache
from shared.turn import Card, Choice, Reply
from tests.core import fair

VAULT = Vault(b"k" * 32)
APP, INTENT, SLOW, QUICK = "default", "fair.tell", 1.0, 0.000_01
REPLY = Reply(
    text="Ünïcode 🦄",
    speech="spoken",
    cards=(Card("a", url="https://x.example"),),
    choices=(Choice("b", "c"),),
    state={"told": 6, "ids": ["x", None, 1.5]},
    expects_answer=True,
)


class Counting:
    """A watch that counts."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def looked_up(self, where: str) -> None:
        self.seen.append(where)


class Shop:
    """Workers on one Valkey."""

    def __init__(self, url: str) -> None:
        self.clock, self.raw = FakeClock(), redis.Redis.from_url(url)
        self.valkey = Valkey(connect(url))
        self.watch = Counting()

    def worker(self, vault: Vault = VAULT, edition: bytes = b"1") -> ValkeyReplyCache:
        """One more, that has nothing in its own memory."""
        cache = ValkeyReplyCache(self.valkey, vault, self.clock, edition)
        cache.report_to(self.watch)
        return cache

    async def places(self) -> dict[bytes, bytes]:
        """All that Valkey holds of answers."""
        keys = [key async for key in self.raw.scan_iter(b"nx:r:*")]
        return {key: await self.valkey.call("GET", key) for key in keys}


@pytest.fixture
async def shop(redis_url: str) -> AsyncIterator[Shop]:
    shop = Shop(redis_url)
    yield shop
    await shop.valkey.close()
    await shop.raw.aclose()


@pytest.fixture(params=["worker", "workers", "fake"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[tuple[ReplyCache, ReplyCache, FakeClock]]:
    """Who keeps and who finds: one worker, two workers over Valkey, and the fake."""
    if request.param == "fake":
        clock = FakeClock()
        fake = FakeReplyCache(clock, largest=LARGEST)
        yield fake, fake, clock
        return
    shop = Shop(request.getfixturevalue("redis_url"))
    one = shop.worker()
    yield one, one if request.param == "worker" else shop.worker(), shop.clock
    await shop.valkey.close()
    await shop.raw.aclose()


Pair = tuple[ReplyCache, ReplyCache, FakeClock]


async def test_what_is_kept_is_found_as_it_was(pair: Pair) -> None:
    keeper, finder, _ = pair
    assert await finder.find(APP, INTENT, b"q") is None
    await keeper.keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    assert await finder.find(APP, INTENT, b"q") == REPLY
    assert await finder.find(APP, INTENT, b"q") == REPLY, "and again"
    assert await finder.find(APP, INTENT, b"Q") is None
    assert await finder.find("other", INTENT, b"q") is None


async def test_it_counts_for_so_long_and_no_longer(pair: Pair) -> None:
    keeper, finder, clock = pair
    await keeper.keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    clock.move(59.9)
    assert await finder.find(APP, INTENT, b"q") == REPLY
    clock.move(0.2)
    assert await finder.find(APP, INTENT, b"q") is None
    await keeper.keep(APP, INTENT, b"q", Reply(text="new"), 60, SLOW)
    assert await keeper.find(APP, INTENT, b"q") == Reply(text="new")


async def test_what_is_too_large_or_cannot_be_written_is_not_kept(pair: Pair) -> None:
    keeper, finder, _ = pair
    await keeper.keep(APP, INTENT, b"q", Reply(text="x" * LARGEST), 60, SLOW)
    assert await finder.find(APP, INTENT, b"q") is None
    await keeper.keep(APP, INTENT, b"q", Reply(text="x", state={"odd": 2**70}), 60, SLOW)
    assert await finder.find(APP, INTENT, b"q") is None


async def test_every_finder_has_a_copy(pair: Pair) -> None:
    keeper, finder, _ = pair
    await keeper.keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    for _ in range(3):
        found = await finder.find(APP, INTENT, b"q")
        assert found == REPLY
        assert found is not None
        assert found.state is not None
        found.state["ids"].append("changed")


async def test_there_is_a_bound_whatever_is_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "PLACES", 32)
    worker = shop.worker()
    await asyncio.gather(*(worker.keep(APP, INTENT, b"%d" % n, REPLY, 60, SLOW) for n in range(700)))
    held = await shop.places()
    assert 28 <= len(held) <= 32
    assert len(worker._near) == NEAR
    assert PLACES * (LARGEST + 100) < 10_000_000, "an app's part of 64 MB"
    assert all(0 < left <= 60_000 for left in [await shop.raw.pttl(key) for key in held])


async def test_the_newest_has_the_place_and_others_find_nothing_there(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "PLACES", 1)
    keeper, finder = shop.worker(), shop.worker()
    for n in range(3):
        await keeper.keep(APP, INTENT, b"%d" % n, Reply(text=str(n)), 60, SLOW)
    assert [await finder.find(APP, INTENT, b"%d" % n) for n in range(3)] == [None, None, Reply(text="2")]


async def test_another_version_or_master_key_finds_nothing(shop: Shop) -> None:
    await shop.worker().keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    assert await shop.worker(edition=b"2").find(APP, INTENT, b"q") is None
    assert await shop.worker(Vault(b"o" * 32)).find(APP, INTENT, b"q") is None
    assert await shop.worker().find(APP, INTENT, b"q") == REPLY


async def test_nothing_can_be_read_in_valkey(shop: Shop) -> None:
    await shop.worker().keep(APP, INTENT, b"what about Annegret", Reply(text="She is well"), 60, SLOW)
    ((key, value),) = (await shop.places()).items()
    for word in (b"Annegret", b"well", b"fair", b"tell"):
        assert word not in key + value


Forge = Callable[[bytes], bytes]
_LATE = msgspec.msgpack.encode((1e12, 1.0, Reply(text="forged")))
FORGED: dict[str, Forge] = {
    "nothing": lambda _: b"",
    "anything": lambda _: b"\x00" * 64,
    "plain": lambda _: _LATE,
    "cut off": lambda value: value[:-1],
    "one bit": lambda value: value[:-1] + bytes([value[-1] ^ 1]),
    "another key": lambda _: DataKey(b"x" * 32).seal(_LATE, b""),
    "of a config": lambda _: VAULT.seal_config(APP, "reply", _LATE),
    "of another question": lambda _: DataKey(VAULT.secret(APP, "replies")).seal(_LATE, join("reply", APP, b"other")),
}


@pytest.mark.parametrize("name", FORGED)
async def test_whoever_writes_to_valkey_puts_no_words_into_our_mouth(shop: Shop, name: str) -> None:
    await shop.worker().keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    ((key, value),) = (await shop.places()).items()
    await shop.raw.set(key, FORGED[name](value))
    assert await shop.worker().find(APP, INTENT, b"q") is None


async def test_an_answer_put_back_after_its_time_is_not_said_again(shop: Shop) -> None:
    await shop.worker().keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    ((key, value),) = (await shop.places()).items()
    shop.clock.move(61)
    await shop.raw.set(key, value)
    assert await shop.worker().find(APP, INTENT, b"q") is None


async def test_another_kind_of_value_in_the_place_is_nothing(shop: Shop) -> None:
    worker = shop.worker()
    await worker.keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    ((key, _),) = (await shop.places()).items()
    await shop.raw.delete(key)
    await shop.raw.rpush(key, b"a list")
    assert await shop.worker().find(APP, INTENT, b"q") is None
    assert await worker.find(APP, INTENT, b"q") == REPLY, "kept in the worker"


async def test_valkey_is_not_asked_for_what_is_made_faster(shop: Shop) -> None:
    worker = shop.worker()
    await worker.keep(APP, INTENT, b"q", REPLY, 60, QUICK)
    assert await shop.places() == {}
    assert await worker.find(APP, INTENT, b"q") == REPLY
    assert await worker.find(APP, INTENT, b"other") is None
    await worker.keep(APP, "fair.web", b"w", REPLY, 60, 2 * WORTH_S)
    assert len(await shop.places()) == 1
    other = shop.worker()
    assert await other.find(APP, "fair.web", b"w") == REPLY
    assert shop.watch.seen == [NEARBY, MISSED, FAR]


async def test_one_slow_answer_does_not_count_for_ever(shop: Shop) -> None:
    worker = shop.worker()
    for n in range(30):
        await worker.keep(APP, INTENT, b"%d" % n, REPLY, 60, SLOW if n == 0 else QUICK)
    before = await shop.places()
    await worker.keep(APP, INTENT, b"last", REPLY, 60, QUICK)
    assert await shop.places() == before


class Deaf:
    """A Valkey that never answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def call(self, *command: Any) -> Any:
        self.asked += 1
        await asyncio.Event().wait()


async def test_who_waits_for_valkey_does_not_wait_long_nor_again_and_again() -> None:
    deaf, clock = Deaf(), FakeClock()
    cache = ValkeyReplyCache(deaf, VAULT, clock, b"1")  # type: ignore[arg-type]  # what it needs of one
    for n in range(20):
        async with asyncio.timeout(1):
            assert await cache.find(APP, INTENT, b"%d" % n) is None
            await cache.keep(APP, INTENT, b"%d" % n, REPLY, 60, SLOW)
            assert await cache.find(APP, INTENT, b"%d" % n) == REPLY
    assert deaf.asked == 1
    clock.move(AWAY_S + 0.1)
    await cache.find(APP, INTENT, b"new")
    assert deaf.asked == 2


async def test_without_valkey_there_is_the_workers_own_memory(tmp_path: Any) -> None:
    valkey = Valkey(connect(f"unix://{tmp_path}/nobody.sock"))
    cache = ValkeyReplyCache(valkey, VAULT, FakeClock(), b"1")
    assert await cache.find(APP, INTENT, b"q") is None
    await cache.keep(APP, INTENT, b"q", REPLY, 60, SLOW)
    assert await cache.find(APP, INTENT, b"q") == REPLY
    await valkey.close()


def test_every_change_of_a_skill_makes_another_edition(tmp_path: Any) -> None:
    skill = fair.Fair()
    same = edition([fair.loaded(skill)])
    assert edition([fair.loaded(fair.Fair())]) == same
    others = [fair.loaded(skill, version="1.0.1"), fair.loaded(skill, cache_s=61), fair.loaded(skill, words="good")]
    others.append(msgspec.structs.replace(fair.loaded(skill), edition="another"))
    assert len({same, *(edition([one]) for one in others)}) == 5
    (tmp_path / "data").mkdir()
    seen = {edition_of(tmp_path)}
    for name, body in (("skill.py", "a"), ("skill.py", "b"), ("data/words.toml", "b"), ("large", "x" * 1_000_001)):
        (tmp_path / name).write_text(body)
        seen.add(edition_of(tmp_path))
    assert len(seen) == 5
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "skill.pyc").write_text("compiled")
    assert edition_of(tmp_path) in seen
