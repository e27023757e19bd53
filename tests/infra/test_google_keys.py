"""Google's keys: from where, how long, how much, how often."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from channels.google.twins.credentials import CERTIFICATES, certificate, load_key, make_key
from infra.google_keys import (
    CERTIFICATES_URL,
    FETCH_BYTES,
    GRACE_SECONDS,
    LONGEST_AGE,
    REFETCH_SECONDS,
    SHORTEST_AGE,
    UNAVAILABLE_SECONDS,
    USUAL_AGE,
    GoogleKeys,
    HttpCertificates,
    age_of,
    google_keys,
)
from infra.keysource import key_source
from shared.errors import DoorShut, KeySourceUnavailable, SignatureInvalid
from shared.testing.fakes import FakeClock

NOW = 1_800_000_000.0
AGE = 20_000

Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """What Google answers, and how often it was asked."""

    def __init__(self, body: bytes) -> None:
        self.body, self.status, self.headers = body, 200, {"cache-control": f"public, max-age={AGE}, must-revalidate"}
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(0)
        return httpx.Response(self.status, headers=self.headers, stream=httpx.ByteStream(self.body))


def listed(*names: str, key: rsa.RSAPrivateKey) -> bytes:
    """A list of certificates of these names."""
    pem = certificate(key, NOW).public_bytes(serialization.Encoding.PEM).decode()
    return json.dumps(dict.fromkeys(names, pem)).encode()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def server(rsa_key: rsa.RSAPrivateKey) -> Server:
    return Server(listed("one", "two", key=rsa_key))


@pytest.fixture
def keys(server: Server, clock: FakeClock) -> GoogleKeys:
    return GoogleKeys(HttpCertificates(httpx.MockTransport(server), seconds=0.5), clock)


async def test_a_listed_key_is_fetched_once(
    keys: GoogleKeys, server: Server, clock: FakeClock, rsa_key: rsa.RSAPrivateKey
) -> None:
    found = [await keys.key(name) for name in ("one", "two", "one")]
    assert all(key.public.public_numbers() == rsa_key.public_key().public_numbers() for key in found)
    clock.move(AGE - 1)
    await keys.key("one")
    assert [str(request.url) for request in server.asked] == [CERTIFICATES_URL]
    clock.move(1)
    await keys.key("one")
    assert len(server.asked) == 2


async def test_all_who_wait_share_one_fetch(keys: GoogleKeys, server: Server) -> None:
    found = await asyncio.gather(*(keys.key("one") for _ in range(50)), *(keys.key("two") for _ in range(50)))
    assert len(found) == 100
    assert len(server.asked) == 1


async def test_who_hangs_up_does_not_stop_the_others(keys: GoogleKeys, server: Server) -> None:
    first = asyncio.create_task(keys.key("one"))
    second = asyncio.create_task(keys.key("one"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).public.key_size == 2048
    assert len(server.asked) == 1


async def test_unknown_keys_make_the_list_be_fetched_once_a_minute(
    keys: GoogleKeys, server: Server, clock: FakeClock, rsa_key: rsa.RSAPrivateKey
) -> None:
    for number in range(20):
        with pytest.raises(SignatureInvalid, match="does not list"):
            await keys.key(f"unknown-{number}")
    assert len(server.asked) == 1
    server.body = listed("one", "three", key=rsa_key)
    clock.move(REFETCH_SECONDS)
    assert (await keys.key("three")).public.key_size == 2048
    assert len(server.asked) == 2
    with pytest.raises(SignatureInvalid):  # no longer listed
        await keys.key("two")


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 129, "é", "https://keys.example/k", "a\n", "a.b"])
async def test_names_that_are_none_ask_nobody(name: str, keys: GoogleKeys, server: Server) -> None:
    with pytest.raises(SignatureInvalid):
        await keys.key(name)
    assert server.asked == []


@pytest.mark.parametrize(
    ("header", "age"),
    [
        ("", USUAL_AGE),
        ("no-store", USUAL_AGE),
        ("max-age=7200", 7_200.0),
        ("public, Max-Age=7200, must-revalidate, no-transform", 7_200.0),
        ("max-age=0", SHORTEST_AGE),
        ("max-age=999999999", LONGEST_AGE),
        ("max-age=99999999999999999999", USUAL_AGE),
        ("s-maxage=5", USUAL_AGE),
        ("max-age=-5", USUAL_AGE),
    ],
)
def test_how_long_a_list_is_held(header: str, age: float) -> None:
    assert age_of(header) == age


@pytest.mark.parametrize("status", [204, 301, 302, 404, 429, 500, 503])
async def test_no_other_status_and_no_redirect(status: int, keys: GoogleKeys, server: Server) -> None:
    server.status, server.headers = status, {"location": "https://elsewhere.example/"}
    with pytest.raises(KeySourceUnavailable):
        await keys.key("one")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b'{"one": 7}',
        b'{"one": "no certificate"}',
        b"{}",
        b"[" * 60_000,
        b"\xff",
        b" " * (FETCH_BYTES + 1),
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_lists_that_are_none(body: bytes, keys: GoogleKeys, server: Server) -> None:
    server.body = body
    with pytest.raises(KeySourceUnavailable):
        await keys.key("one")


async def test_encoded_lists_are_refused(keys: GoogleKeys, server: Server) -> None:
    server.headers = {"content-encoding": "gzip"}
    with pytest.raises(KeySourceUnavailable):
        await keys.key("one")
    assert server.asked[0].headers["accept-encoding"] == "identity"


async def test_one_bad_certificate_does_not_shut_out_the_others(
    keys: GoogleKeys, server: Server, rsa_key: rsa.RSAPrivateKey
) -> None:
    short = rsa.generate_private_key(65537, 1024)
    good = json.loads(listed("good", key=rsa_key))["good"]
    weak = certificate(short, NOW).public_bytes(serialization.Encoding.PEM).decode()
    server.body = json.dumps({"bad": "-----BEGIN CERTIFICATE-----", "weak": weak, "good": good}).encode()
    assert (await keys.key("good")).public.key_size == 2048
    for name in ("bad", "weak"):
        with pytest.raises(SignatureInvalid):
            await keys.key(name)


async def test_a_key_of_another_kind_is_none(keys: GoogleKeys, server: Server) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    server.body = json.dumps(
        {"one": certificate(elliptic, NOW).public_bytes(serialization.Encoding.PEM).decode()}  # type: ignore[arg-type]
    ).encode()
    with pytest.raises(KeySourceUnavailable, match="no usable"):
        await keys.key("one")


async def test_a_failure_is_remembered_briefly(keys: GoogleKeys, server: Server, clock: FakeClock) -> None:
    server.status = 500
    for _ in range(10):
        with pytest.raises(KeySourceUnavailable, match="500"):
            await keys.key("one")
    assert len(server.asked) == 1
    server.status = 200
    clock.move(UNAVAILABLE_SECONDS)
    await keys.key("one")
    assert len(server.asked) == 2


async def test_an_old_list_serves_a_while_when_no_new_one_is_to_be_had(
    keys: GoogleKeys, server: Server, clock: FakeClock
) -> None:
    await keys.key("one")
    server.status = 503
    clock.move(AGE + GRACE_SECONDS - 1)
    await keys.key("one")
    with pytest.raises(SignatureInvalid):
        await keys.key("unknown")
    clock.move(UNAVAILABLE_SECONDS)
    with pytest.raises(KeySourceUnavailable):
        await keys.key("one")


async def test_a_certificate_counts_from_its_first_to_its_last_moment(keys: GoogleKeys, clock: FakeClock) -> None:
    await keys.key("one")
    clock.move(-86_401)
    with pytest.raises(SignatureInvalid):
        await keys.key("one")
    clock.move(86_401 + 3650 * 86_400)
    with pytest.raises(SignatureInvalid):
        await keys.key("one")


async def test_a_slow_server_is_given_up(clock: FakeClock) -> None:
    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    slow = GoogleKeys(HttpCertificates(httpx.MockTransport(never), seconds=0.01), clock)
    with pytest.raises(KeySourceUnavailable, match="TimeoutError"):
        await slow.key("one")


async def test_a_list_without_end_is_given_up(clock: FakeClock) -> None:
    sent = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 1_024
                yield b" " * 1_024

    async def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Endless())

    with pytest.raises(KeySourceUnavailable, match="larger"):
        await GoogleKeys(HttpCertificates(httpx.MockTransport(answer)), clock).key("one")
    assert sent <= FETCH_BYTES + 1_024


async def test_simulators_read_a_file(tmp_path: Path, clock: FakeClock) -> None:
    make_key(tmp_path, NOW, "first")
    source = key_source("google", {"certs": str(tmp_path / CERTIFICATES)}, clock)
    key = await source.key("first")
    assert key.public.public_numbers() == load_key(tmp_path).public_key().public_numbers()
    make_key(tmp_path, NOW, "second")
    clock.move(SHORTEST_AGE)
    await source.key("second")
    (tmp_path / CERTIFICATES).unlink()
    clock.move(SHORTEST_AGE + GRACE_SECONDS)
    with pytest.raises(KeySourceUnavailable):
        await source.key("second")


def test_a_file_that_cannot_be_read_shuts_the_door(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "large").write_bytes(b" " * (FETCH_BYTES + 1))
    for name in ("nothing", "large", "."):
        with pytest.raises(DoorShut, match="NEXUS_GOOGLE_CERTS"):
            google_keys({"certs": str(tmp_path / name)}, clock)
