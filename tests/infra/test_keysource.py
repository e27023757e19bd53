"""Where signing keys come from: which addresses, how long, how much, how often."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.alexa.credentials import AlexaCredentials, make_credentials
from infra.chain import RsaSha256Key, Trust, extra_roots
from infra.keysource import (
    ALEXA_SERVER_NAME,
    FAILURES_HELD,
    FETCH_BYTES,
    FETCHES_AT_ONCE,
    REFUSED_SECONDS,
    UNAVAILABLE_SECONDS,
    ChainKeys,
    HttpChains,
    canonical,
    key_source,
)
from shared.errors import KeySourceUnavailable, SignatureInvalid
from shared.testing.fakes import FakeClock

NOW = 1_800_000_000.0
URL = "https://s3.amazonaws.com/echo.api/echo-api-cert-12.pem"

Answer = Callable[[httpx.Request], httpx.Response]


def answer_of(status: int, content: bytes = b"", headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer as it comes from the network: a stream, read by nobody yet."""
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))


class Server:
    """What S3 answers, and how often it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        await asyncio.sleep(0)
        return self.answer(request)


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> AlexaCredentials:
    return make_credentials(tmp_path_factory.mktemp("keys"), NOW)


@pytest.fixture
def chain(credentials: AlexaCredentials) -> bytes:
    return next(credentials.certificates.iterdir()).read_bytes()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def server(chain: bytes) -> Server:
    return Server(lambda _: answer_of(200, chain))


@pytest.fixture
def keys(server: Server, credentials: AlexaCredentials, clock: FakeClock) -> ChainKeys:
    trust = Trust(ALEXA_SERVER_NAME, extra_roots(credentials.roots))
    return ChainKeys(HttpChains(httpx.MockTransport(server), seconds=0.5), trust, clock)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://S3.AMAZONAWS.COM/echo.api/echo-api-cert-12.pem",
        "HTTPS://s3.amazonaws.com:443/echo.api/echo-api-cert-12.pem",
        "https://s3.amazonaws.com/echo.api/../echo.api/echo-api-cert-12.pem",
        "https://s3.amazonaws.com/echo.api/./echo-api-cert-12.pem",
        "https://s3.amazonaws.com/echo.api/%65cho-api-cert-12.pem",
        f"{URL}?a=b",
        f"{URL}#c",
        f"{URL}?https://evil.example/",
    ],
)
def test_ways_to_write_the_same_address(url: str) -> None:
    assert canonical(url) == URL


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://s3.amazonaws.com/echo.api/echo-api-cert-12.pem",
        "https://notamazon.com/echo.api/echo-api-cert-12.pem",
        "https://s3.amazonaws.com.evil.example/echo.api/x.pem",
        "https://s3.amazonaws.com/EcHo.aPi/echo-api-cert-12.pem",
        "https://s3.amazonaws.com/invalid.path/echo-api-cert-12.pem",
        "https://s3.amazonaws.com:563/echo.api/echo-api-cert-12.pem",
        "https://s3.amazonaws.com:/echo.api/x.pem",
        "https://user@s3.amazonaws.com/echo.api/x.pem",
        "https://user:pass@s3.amazonaws.com/echo.api/x.pem",
        "https://@s3.amazonaws.com/echo.api/x.pem",
        "https://s3.amazonaws.com@evil.example/echo.api/x.pem",
        "https://evil.example\\@s3.amazonaws.com/echo.api/x.pem",
        "https://s3.amazonaws.com\\echo.api\\x.pem",
        "https://s3.amazonaws.com/echo.api/../x.pem",
        "https://s3.amazonaws.com/echo.api/%2e%2e/x.pem",
        "https://s3.amazonaws.com/echo.api/%2E%2E%2Fx.pem",
        "https://s3.amazonaws.com/echo.api/..%2fx.pem",
        "https://s3.amazonaws.com/echo.api/%252e%252e/x.pem",
        "https://s3.amazonaws.com/echo.api/%252e%252e%252fx.pem",
        "https://s3.amazonaws.com/echo.api/x%00.pem",
        "https://s3.amazonaws.com/echo.api/x%5c..%5c..%5cy.pem",
        "https://s3.amazonaws.com/echo.api/x%0d%0aHost:evil.example",
        "https://s3.amazonaws.com/echo.api/x%3fy",
        "https://s3.amazonaws.com/echo.api",
        "https://s3.amazonaws.com/echo.api/",
        "https://s3.amazonaws.com//echo.api/x.pem",
        "https://s3.amazonaws.com/other/..//echo.api/../x.pem",
        " https://s3.amazonaws.com/echo.api/x.pem",
        "https://s3.amazonaws.com/echo.api/x.pem\n",
        "https://s3.amazonaws.com/echo.\tapi/x.pem",
        "https://s3.amazonaws.cöm/echo.api/x.pem",
        "https://s3.amazonaws.com/echo.api/ü.pem",
        "https://[s3.amazonaws.com/echo.api/x.pem",
        "https://[::1]/echo.api/x.pem",
        "//s3.amazonaws.com/echo.api/x.pem",
        "https:/s3.amazonaws.com/echo.api/x.pem",
        "file:///echo.api/x.pem",
        f"{URL}{'x' * 1_024}",
    ],
)
def test_addresses_that_amazon_does_not_use(url: str) -> None:
    with pytest.raises(SignatureInvalid):
        canonical(url)


_PIECES = st.sampled_from(
    [
        "https://",
        "s3.amazonaws.com",
        "/echo.api/",
        "..",
        "/",
        "%2e",
        "%252e",
        "%2f",
        "\\",
        "@",
        "?",
        "#",
        ":443",
        "x.pem",
        "evil.example",
    ]
)


@pytest.mark.fuzz
@given(st.lists(_PIECES | st.text(max_size=3), max_size=12).map("".join))
def test_whatever_is_accepted_is_in_the_folder(url: str) -> None:
    try:
        found = canonical(url)
    except SignatureInvalid:
        return
    parsed = httpx.URL(found)
    assert (parsed.scheme, parsed.host, parsed.port, parsed.userinfo, parsed.query) == (
        "https",
        "s3.amazonaws.com",
        None,
        b"",
        b"",
    )
    assert parsed.path.startswith("/echo.api/")
    assert "/../" not in found
    assert canonical(found) == found


async def test_a_key_is_fetched_once_for_all_query_strings(keys: ChainKeys, server: Server) -> None:
    first = await keys.key(URL)
    for number in range(50):
        assert await keys.key(f"{URL}?n={number}#{number}") is first
    assert server.asked == [URL]


async def test_who_comes_at_the_same_time_shares_a_fetch(keys: ChainKeys, server: Server) -> None:
    found = await asyncio.gather(*(keys.key(f"{URL}?n={number}") for number in range(100)))
    assert len(set(map(id, found))) == 1
    assert server.asked == [URL]


async def test_who_gives_up_does_not_spoil_it_for_others(keys: ChainKeys, server: Server) -> None:
    first, second = asyncio.create_task(keys.key(URL)), asyncio.create_task(keys.key(URL))
    await asyncio.sleep(0)
    first.cancel()
    assert isinstance(await second, RsaSha256Key)
    assert server.asked == [URL]


async def test_a_key_is_fetched_again_when_its_chain_expired(keys: ChainKeys, server: Server, clock: FakeClock) -> None:
    await keys.key(URL)
    clock.move(4_000 * 86_400)
    with pytest.raises(SignatureInvalid, match="not good"):
        await keys.key(URL)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (301, b"", {"location": URL}),
        (302, b"", {"location": "https://evil.example/chain.pem"}),
        (403, b"", {}),
        (404, b"", {}),
        (204, b"", {}),
        (200, b"", {}),
        (200, b"hello", {}),
        (200, b"x" * (FETCH_BYTES + 1), {}),
        (200, b"x" * 10_000_000, {}),
        (200, b"x", {"content-encoding": "br"}),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, bytes) else None,
)
async def test_bad_answers_are_refused_and_not_asked_for_again_at_once(
    status: int, content: bytes, headers: dict[str, str], keys: ChainKeys, server: Server, clock: FakeClock
) -> None:
    server.answer = lambda _: answer_of(status, content, headers)
    for _ in range(3):
        with pytest.raises(SignatureInvalid):
            await keys.key(URL)
    assert len(server.asked) == 1
    clock.move(REFUSED_SECONDS)
    with pytest.raises(SignatureInvalid):
        await keys.key(URL)
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_when_the_server_fails_it_is_tried_again_soon(
    status: int, chain: bytes, keys: ChainKeys, server: Server, clock: FakeClock
) -> None:
    server.answer = lambda _: answer_of(status)
    for _ in range(3):
        with pytest.raises(KeySourceUnavailable):
            await keys.key(URL)
    assert len(server.asked) == 1
    server.answer = lambda _: answer_of(200, chain)
    clock.move(UNAVAILABLE_SECONDS)
    assert isinstance(await keys.key(URL), RsaSha256Key)


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


async def test_when_the_network_fails_it_is_unavailable(keys: ChainKeys, server: Server) -> None:
    server.answer = _unreachable
    with pytest.raises(KeySourceUnavailable, match="ConnectError"):
        await keys.key(URL)


class Drip(httpx.AsyncByteStream):
    """A body that comes a byte at a time and never ends."""

    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += 1
            yield b"x"
            await asyncio.sleep(0.01)


async def test_a_slow_body_is_given_up(keys: ChainKeys, server: Server) -> None:
    drip = Drip()
    server.answer = lambda _: httpx.Response(200, stream=drip)
    started = asyncio.get_running_loop().time()
    with pytest.raises(KeySourceUnavailable, match="TimeoutError"):
        await keys.key(URL)
    assert 0.4 < asyncio.get_running_loop().time() - started < 3
    assert 0 < drip.sent < 100


async def test_the_limit_is_counted_and_not_believed(keys: ChainKeys, server: Server) -> None:
    headers = {"content-length": "10"}
    server.answer = lambda _: answer_of(200, b"x" * 1_000_000, headers)
    with pytest.raises(SignatureInvalid, match="larger"):
        await keys.key(URL)


async def test_a_flood_of_addresses_is_bounded_and_spares_the_good_key(
    keys: ChainKeys, server: Server, chain: bytes
) -> None:
    good = await keys.key(URL)
    server.answer = lambda _: answer_of(404)
    urls = [f"https://s3.amazonaws.com/echo.api/forged-{number}.pem" for number in range(FAILURES_HELD + 200)]
    found = await asyncio.gather(*(keys.key(url) for url in urls[:100]), return_exceptions=True)
    assert sum(isinstance(error, SignatureInvalid) for error in found) == FETCHES_AT_ONCE
    assert sum(isinstance(error, KeySourceUnavailable) for error in found) == 100 - FETCHES_AT_ONCE
    for url in urls:
        with pytest.raises(SignatureInvalid):
            await keys.key(url)
    asked = len(server.asked)
    assert await keys.key(URL) is good
    assert len(server.asked) == asked


async def test_chains_from_a_folder(credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path) -> None:
    keys = key_source("alexa", credentials.config(), clock)
    assert isinstance(await keys.key(credentials.chain_url), RsaSha256Key)
    with pytest.raises(SignatureInvalid, match=r"nobody\.pem"):
        await keys.key("https://s3.amazonaws.com/echo.api/nobody.pem")
    (tmp_path / "big.pem").write_bytes(b"x" * (FETCH_BYTES + 1))
    with pytest.raises(SignatureInvalid, match="larger"):
        await key_source("alexa", {"certificates": str(tmp_path)}, clock).key(
            "https://s3.amazonaws.com/echo.api/big.pem"
        )


async def test_without_extra_roots_the_simulators_chain_is_refused(
    credentials: AlexaCredentials, clock: FakeClock
) -> None:
    keys = key_source("alexa", {"certificates": str(credentials.certificates)}, clock)
    with pytest.raises(SignatureInvalid, match="not good"):
        await keys.key(credentials.chain_url)


async def test_proxies_of_the_environment_are_not_used(
    server: Server, keys: ChainKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert isinstance(await keys.key(URL), RsaSha256Key)
    assert server.asked == [URL]


async def test_over_tcp(chain: bytes) -> None:
    redirect = b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n"
    answers = {"/good": b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + chain, "/moved": redirect, "/silent": b""}
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        asked.append(path)
        writer.write(answers[path])
        if path == "/silent":
            await reader.read()  # until the client gives up
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        chains = HttpChains(seconds=0.5)
        assert await chains.fetch(f"{base}/good") == chain
        with pytest.raises(SignatureInvalid, match="302"):
            await chains.fetch(f"{base}/moved")
        with pytest.raises(KeySourceUnavailable):
            await chains.fetch(f"{base}/silent")
    assert asked == ["/good", "/moved", "/silent"]
