"""The web as skills have it, over real HTTP: bounded, permitted, kept, asked once, and never in a log."""

import asyncio
import gzip
import io
import logging
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from infra.fetch import MOST_BYTES, Fetcher
from infra.permitted import permitted
from infra.reach import Answers, SkillWeb
from infra.telemetry.logs import configure_logging
from shared.errors import PluginInvalid, WebFailed
from shared.testing.fakes import FakeClock
from tests.standin import Answer, Came, Standin, serving

CANARY = "canary-7f3a"


@pytest.fixture
def service() -> Iterator[Standin]:
    with serving(lambda came: Answer(f"{came.method} {came.path} {came.query}".encode())) as standin:
        yield standin


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def answers(clock: FakeClock) -> AsyncIterator[Answers]:
    async with Fetcher(clock) as fetcher, Answers(fetcher, clock) as opened:
        yield opened


@pytest.fixture
def web(answers: Answers, service: Standin, clock: FakeClock) -> SkillWeb:
    return of(answers, clock, service.url)


def of(answers: Answers, clock: FakeClock, urls: str, seconds: float = 5.0) -> SkillWeb:
    """The web of a skill whose setting leads there."""
    return SkillWeb(answers, "lamp", permitted(("network:{url}",), {"url": urls}), clock.now() + seconds)


async def test_get_and_post(web: SkillWeb, service: Standin, clock: FakeClock) -> None:
    got = await web.get(f"{service.url}/a?x=1", params={"y": "zwei & drei"}, headers={"Authorization": "Bearer t"})
    assert (got.status, got.body, got.at) == (200, b"GET /a {'x': '1', 'y': 'zwei & drei'}", clock.now())
    assert service.came[0].headers["authorization"] == "Bearer t"
    await web.post(f"{service.url}/b", b'{"a": 1}', headers={"idempotency-key": "k"})
    assert (service.came[1].body, service.came[1].headers["content-type"]) == (b'{"a": 1}', "application/json")


@pytest.mark.parametrize("url", ["http://127.0.0.2:1/", "https://example.org/", "file:///etc/passwd"])
async def test_only_permitted_hosts(web: SkillWeb, url: str) -> None:
    with pytest.raises(PluginInvalid, match="skill lamp may not ask this host"):
        await web.get(url)
    with pytest.raises(PluginInvalid, match="skill lamp may not ask this host"):
        await web.post(url, b"")


async def test_redirects_lead_to_permitted_hosts_only(web: SkillWeb, service: Standin) -> None:
    to = {"/a": "/b", "/loop": "/loop", "/out": "http://127.0.0.2:1/"}

    def answer(came: Came) -> Answer:
        return Answer(b"", 302, {"location": to[came.path]}) if came.path in to else Answer(b"there")

    service.answer = answer
    assert (await web.get(f"{service.url}/a")).body == b"there"
    for path in ("/loop", "/out"):
        with pytest.raises(WebFailed, match="sends us"):
            await web.get(f"{service.url}{path}")
    assert (await web.post(f"{service.url}/a", b"")).status == 302, "what changes something is not sent twice"


async def test_another_host_is_told_no_secret(answers: Answers, clock: FakeClock, service: Standin) -> None:
    with serving(lambda _: Answer(b"other")) as other:
        service.answer = lambda _: Answer(b"", 307, {"location": other.url})
        web = of(answers, clock, f"{service.url} {other.url}")
        got = await web.get(service.url, headers={"Authorization": "Bearer t", "accept": "text/plain"})
        assert got.body == b"other"
        assert "authorization" not in other.came[0].headers
        assert other.came[0].headers["accept"] == "text/plain"


async def test_no_cookies(web: SkillWeb, service: Standin) -> None:
    service.answer = lambda _: Answer(b"", headers={"set-cookie": "a=b; Path=/"})
    for _ in range(2):
        assert "set-cookie" not in (await web.get(service.url, headers={"Cookie": "c=d"})).headers
    assert not any("cookie" in came.headers for came in service.came)


BIG = b"x" * (MOST_BYTES + 1)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(BIG),
        Answer(BIG, length=False),
        Answer(gzip.compress(BIG * 50), headers={"content-encoding": "gzip"}),
        Answer(b"no gzip", headers={"content-encoding": "gzip"}),
        Answer(b"?", headers={"content-encoding": "br"}),
        Answer(b"", 500),
        Answer(b"", 429, {"retry-after": "7"}),
    ],
)
async def test_bad_answers(web: SkillWeb, service: Standin, answer: Answer) -> None:
    service.answer = lambda _: answer
    with pytest.raises(WebFailed) as failed:
        await web.get(service.url)
    assert failed.value.answered == answer.status
    assert failed.value.retry_after == (7.0 if answer.status == 429 else 2.0)


async def test_what_is_packed_is_unpacked_and_404_is_an_answer(web: SkillWeb, service: Standin) -> None:
    service.answer = lambda _: Answer(gzip.compress(b"hello"), 404, {"content-encoding": "gzip"})
    got = await web.get(service.url)
    assert (got.status, got.body) == (404, b"hello")


async def test_nobody_there(answers: Answers, clock: FakeClock) -> None:
    with serving(lambda _: Answer()) as gone:
        pass
    with pytest.raises(WebFailed) as failed:
        await of(answers, clock, gone.url).post(gone.url, b"")
    assert not failed.value.in_doubt


async def test_a_slow_service_is_given_up_in_time(answers: Answers, clock: FakeClock, service: Standin) -> None:
    release = threading.Event()
    service.answer = lambda _: Answer(b"late", wait=release)
    web = of(answers, clock, service.url, 0.2)
    try:
        with pytest.raises(WebFailed, match="in time"):
            await web.get(service.url, ttl_s=60)
        with pytest.raises(WebFailed, match="in time") as failed:
            await web.post(service.url, b"")
        assert failed.value.in_doubt, "it may have been done"
    finally:
        release.set()
    patient = of(answers, clock, service.url)
    assert (await patient.get(service.url, ttl_s=60)).body == b"late"
    assert len([came for came in service.came if came.method == "GET"]) == 1, "the first question went on"


async def test_answers_are_kept_for_a_while(web: SkillWeb, service: Standin, clock: FakeClock) -> None:
    for _ in range(3):
        await web.get(service.url, params={"a": "1"}, ttl_s=60)
    await web.get(service.url, params={"a": "2"}, ttl_s=60)
    await web.get(service.url, params={"a": "1"}, headers={"authorization": "x"}, ttl_s=60)
    assert len(service.came) == 3, "another question, and another one's, are not the same"
    clock.move(61)
    await of_again(web, clock).get(service.url, params={"a": "1"}, ttl_s=60)
    assert len(service.came) == 4


def of_again(web: SkillWeb, clock: FakeClock) -> SkillWeb:
    """The same web in a later turn."""
    return SkillWeb(web._answers, "lamp", web._permitted, clock.now() + 5.0)


async def test_an_old_answer_serves_while_the_service_is_away(
    web: SkillWeb, service: Standin, clock: FakeClock
) -> None:
    first = await web.get(service.url, ttl_s=60, stale_s=3600)
    service.answer = lambda _: Answer(b"", 503)
    clock.move(600)
    old = await of_again(web, clock).get(service.url, ttl_s=60, stale_s=3600)
    assert (old.stale, old.at, old.body) == (True, first.at, first.body)
    clock.move(3600)
    with pytest.raises(WebFailed):
        await of_again(web, clock).get(service.url, ttl_s=60, stale_s=3600)


async def test_equal_questions_at_once_are_asked_once(web: SkillWeb, service: Standin) -> None:
    release = threading.Event()
    service.answer = lambda _: Answer(b"shared", wait=release)
    asking = [asyncio.create_task(web.get(service.url, ttl_s=60)) for _ in range(20)]
    while not service.came:  # noqa: ASYNC110 (a thread fills it)
        await asyncio.sleep(0.005)
    asking[0].cancel()
    release.set()
    got = await asyncio.gather(*asking[1:])
    assert {one.body for one in got} == {b"shared"}
    assert len(service.came) == 1


async def test_no_address_and_no_secret_is_logged(web: SkillWeb, service: Standin) -> None:
    root, out = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging("debug", out)
    try:
        await web.get(f"{service.url}/{CANARY}", params={"q": CANARY}, headers={"authorization": CANARY})
        service.answer = lambda _: Answer(CANARY.encode(), 500)
        with pytest.raises(WebFailed) as failed:
            await web.post(f"{service.url}/{CANARY}", CANARY.encode())
        assert CANARY not in str(failed.value)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    assert out.getvalue().count("web asked") == 2
    assert CANARY not in out.getvalue()
