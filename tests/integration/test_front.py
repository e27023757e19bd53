"""The front over TCP: the checks in their order, bodies that stall, and nothing readable left behind."""

import http.client
import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from infra.web import allow_many_connections
from tests.integration.conftest import Nexus
from tests.integration.test_turns import somebody

JSON = {"content-type": "application/json"}
GOOD = b'{"text":"hello","user":{"id":"front"}}'


def ask(
    nexus: Nexus, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One request on a connection of its own: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", nexus.port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def bearer(nexus: Nexus) -> dict[str, str]:
    """The headers of an authentic REST request."""
    return {**JSON, "authorization": f"Bearer {nexus.key}"}


@pytest.fixture(scope="module", autouse=True)
def stopped(nexus: Nexus) -> "Iterator[Future[tuple[bytes, float]]]":
    """A request whose body stops, while the tests of this file run: what it is answered, and after how many seconds."""

    def send() -> tuple[bytes, float]:
        with socket.create_connection(("127.0.0.1", nexus.port), 20) as connection:
            connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
            started = time.monotonic()
            return connection.recv(12), time.monotonic() - started

    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(send)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/channels/nosuch", b"", 404),
        ("GET", "/channels/nosuch", None, 404),
        ("POST", "/channels/", b"", 404),
        ("POST", "/channels/alexa/more", b"", 404),
        ("POST", "/channels/rest", b"", 404),
        ("POST", "/channels/sms", b"", 404),
        ("POST", "/apps/nosuch/channels/alexa", b"", 404),
        ("POST", "/apps/sim/", b"", 404),
        ("POST", "/apps/", b"", 404),
        ("POST", "/apps/%00/channels/web", b"", 404),
        ("POST", "/apps/a%00b/channels/alexa", b"", 404),
        ("POST", "/apps/..%2fsim/channels/alexa", b"", 404),
        ("POST", "/apps/%F0%9F%98%80/channels/alexa", b"", 404),
        ("POST", "/v1/nothing", b"", 404),
        ("GET", "/channels/alexa", None, 405),
        ("PUT", "/apps/sim/channels/alexa", b"", 405),
        ("GET", "/v1/messages", None, 405),
        ("DELETE", "/v1/messages/x", None, 405),
        ("POST", "/healthz", b"", 405),
        ("POST", "/channels/alexa", b"{}", 503),
        ("POST", "/channels/alexa", b"x" * 300_000, 503),
        ("POST", "/apps/sim/channels/alexa", b"x" * 300_000, 413),
        ("POST", "/apps/sim/channels/alexa", b"{}", 400),
        ("POST", "/v1/messages", b"x" * 300_000, 413),
        ("POST", "/v1/messages", b"not even json", 401),
        ("GET", "/v1/messages/x", None, 401),
        ("POST", "/channels/web", GOOD, 401),
        ("POST", "/channels/web/session", b"", 401),
    ],
)
def test_the_checks_in_their_order(nexus: Nexus, method: str, path: str, body: bytes | None, status: int) -> None:
    answer, headers, content = ask(nexus, method, path, body, JSON)
    assert (answer, headers["content-type"]) == (status, "application/problem+json"), content
    if status == 405:
        assert headers["allow"]
    if status == 503:
        assert headers["retry-after"]
        assert b"NEXUS_ALEXA_SKILL_ID" in content


def test_compressed_bodies_are_refused_before_authentication(nexus: Nexus) -> None:
    for path in ("/v1/messages", "/apps/sim/channels/alexa"):
        assert ask(nexus, "POST", path, GOOD, {**JSON, "content-encoding": "gzip"})[0] == 415


def test_a_body_without_a_declared_length_is_counted(nexus: Nexus) -> None:
    with socket.create_connection(("127.0.0.1", nexus.port), 20) as connection:
        connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        with suppress(OSError):  # it may hang up while we still send
            for _ in range(40):
                connection.sendall(b"2000\r\n" + b"x" * 8192 + b"\r\n")
        assert connection.recv(12).endswith(b"413")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"text":' * 20_000,
        b'{"text":"\\u0000","user":{"id":"x"}}',
        b"\xff\xfe",
        b'{"text":1,"user":{"id":"x"}}',
        b'{"text":"x"}',
    ],
)
def test_broken_bodies_are_told_what_is_wrong(nexus: Nexus, body: bytes) -> None:
    status, headers, content = ask(nexus, "POST", "/v1/messages", body, bearer(nexus))
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert b'"code":"malformed"' in content


@pytest.mark.parametrize("text", ["NUL \\u0000 inside", "lone \\ud800 surrogate", "\\ud83d\\ude00 smile"])
def test_odd_characters_are_no_error(nexus: Nexus, text: str) -> None:
    body = f'{{"text":"{text}","user":{{"id":"odd"}},"user":{{"id":"odd2"}},"zz":[1]}}'.encode()
    assert ask(nexus, "POST", "/v1/messages", body, bearer(nexus))[0] == 200


def test_stalled_bodies_do_not_slow_others(nexus: Nexus) -> None:
    """A thousand connections send half a body and stall; the 99th percentile of others must not move."""
    allow_many_connections()  # here, at their other end
    user = somebody()
    quiet = _p99(nexus, user)
    with ExitStack() as stack:
        for _ in range(1_000):
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", nexus.port), 20))
            stalled.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
        loaded = _p99(nexus, user)
    # A thread-per-request server answers nobody for ten seconds here. The factor and the floor are for a noisy machine.
    assert loaded < 5 * quiet + 0.25, f"p99 went from {quiet:.3f} s to {loaded:.3f} s"


def _p99(nexus: Nexus, user: str) -> float:
    times = []
    for _ in range(100):
        started = time.perf_counter()
        assert ask(nexus, "POST", "/v1/messages", GOOD.replace(b"front", user.encode()), bearer(nexus))[0] == 200
        times.append(time.perf_counter() - started)
    return statistics.quantiles(times, n=100)[98]


def test_fixed_paths(nexus: Nexus) -> None:
    assert ask(nexus, "GET", "/healthz")[0] == 200
    status, _, ready = ask(nexus, "GET", "/readyz")
    assert status == 200
    assert b'"postgres":{"ok":true' in ready
    status, headers, metrics = ask(nexus, "GET", "/metrics")
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/plain")
    assert b"nexus_turns_total" in metrics
    status, headers, _ = ask(nexus, "GET", "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert ask(nexus, "GET", "/nothing/here")[0] == 404


def test_limits_answer_429_with_the_time_to_wait(nexus: Nexus) -> None:
    """Sessions of the web chat, by address: sixty at once, then one every two seconds."""
    origin = {"origin": nexus.url, **JSON}
    seen: list[tuple[int, dict[str, str]]] = []

    def many() -> None:
        for _ in range(20):
            status, headers, _ = ask(nexus, "POST", "/channels/web/session", b"", origin)
            seen.append((status, headers))

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in seen} == {200, 429}
    assert all(int(headers["retry-after"]) >= 1 for status, headers in seen if status == 429)
    nexus.flush()  # the other tests come from the same address


def _say_on_the_web(nexus: Nexus, canary: str) -> None:
    origin = {"origin": nexus.url, **JSON}
    status, _, session = ask(nexus, "POST", "/channels/web/session", b"", origin)
    assert status == 200
    token = json.loads(session)["token"]
    body = json.dumps({"text": f"remember that the {canary} sings at dawn"}).encode()
    status, _, content = ask(nexus, "POST", "/channels/web", body, {**origin, "authorization": f"Bearer {token}"})
    assert (status, canary.encode() in content) == (200, True)


def _say_to_alexa(nexus: Nexus, canary: str) -> None:
    heard = nexus.alexa().say(f"remember that the {canary} sings at dawn")
    assert canary in heard.speech


def test_canaries_are_nowhere(nexus: Nexus) -> None:
    """What is said through every door is not readable in the data folder, in Valkey, or in any log."""
    canary = f"canary{somebody().replace('-', '')}"
    user = f"user{canary}"
    assert canary in nexus.text(f"remember that the {canary} sings at dawn", user, conversation=f"talk{canary}")
    nexus.say(f"what is a {canary}", user, message_id=f"id-{canary}")
    _say_on_the_web(nexus, canary)
    _say_to_alexa(nexus, canary)
    with nexus.database() as connection:
        connection.autocommit = True
        connection.execute("checkpoint")
    needle = canary.encode()
    read = 0
    for path in [*nexus.home.root.rglob("*"), nexus.log]:
        if path.is_file():
            content = path.read_bytes()
            read += len(content)
            assert needle not in content, path
    assert read > 1_000_000, "the data folder was really read"
    assert needle not in nexus.valkey_dump()


def test_a_body_that_stops_is_given_up(stopped: "Future[tuple[bytes, float]]") -> None:
    answer, seconds = stopped.result()
    assert answer.endswith(b"408")
    assert 9 < seconds < 15
