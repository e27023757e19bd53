"""A language model behind any server that speaks OpenAI's chat completions: vLLM, llama.cpp, a hosted one.

https://platform.openai.com/docs/api-reference/chat-streaming. What is said of a request is how it went: never its key, its text,
nor what the server says about it, which may quote either.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self

import httpx
import msgspec
from msgspec import Struct

from core.generation.events import events
from core.generation.prompts import check_prompt
from core.generation.stops import Stops
from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable, NexusError
from shared.generating import Piece, Prompt
from shared.ports import Clock, ModelState

log = logging.getLogger("nexus.generation")

MOST_STOPS_SENT = 4  # OpenAI takes no more; all are watched for here too
MOST_BYTES_A_TOKEN = 4096  # of the stream; bounds an answer
MOST_CONNECT_S = 5.0
_LENGTH_ENDS = frozenset({"length", "max_tokens"})


class _Delta(Struct):
    content: str | None = None


class _Choice(Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class Server(Struct, frozen=True):
    """Where a model is: the base URL ("…/v1"), its name there, the API key if it wants one."""

    url: str
    model: str
    key: str = ""

    def __repr__(self) -> str:
        return f"Server({self.url!r}, {self.model!r})"


class RemoteGenerator:
    """Implements `shared.generating.Generator` over HTTP, while it is open (`async with`)."""

    def __init__(
        self, server: Server, clock: Clock, at_once: int = 16, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`at_once`: requests under way at the same time; more are refused. `transport` is for tests."""
        self._server, self._clock, self._at_once, self._transport = server, clock, at_once, transport
        self._busy = 0
        self._well = True
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        tls = await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)  # reads 200 kB of roots
        self._client = httpx.AsyncClient(
            verify=tls,
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,  # a redirect would take the key elsewhere
            timeout=httpx.Timeout(None, connect=MOST_CONNECT_S),  # the deadline bounds the rest
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=self._at_once),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def generate(self, prompt: Prompt, deadline: float) -> AsyncGenerator[Piece]:
        """See `Generator.generate`."""
        check_prompt(prompt)
        pieces = self._answer(prompt)
        try:
            while True:
                piece = await self._within(deadline, pieces)
                self._well = True
                yield piece
                if piece.end:
                    return
        finally:
            await pieces.aclose()

    def state(self) -> ModelState:
        """See `Generator.state`. It is ready until it fails, and again when it answers."""
        return ModelState(self._server.model, ("http",), self._well and self._client is not None)

    async def _within(self, deadline: float, pieces: AsyncGenerator[Piece]) -> Piece:
        """The next piece, in time."""
        try:
            async with asyncio.timeout(max(0.0, deadline - self._clock.now())):
                return await anext(pieces)
        except TimeoutError as error:
            raise DeadlineExceeded("the model server did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(f"the model server cannot be reached: {type(error).__name__}") from None
        except (StopAsyncIteration, msgspec.DecodeError):
            raise self._failed("the model server broke off") from None

    async def _answer(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        stops, end, usage = Stops(prompt.stop), "", _Usage()
        async with self._sent(prompt) as response:
            budget = MOST_BYTES_A_TOKEN * (prompt.most_tokens + 16)
            async for event in events(self._bounded(response, budget)):
                if event == b"[DONE]":
                    break
                chunk = msgspec.json.decode(event, type=_Chunk)
                if chunk.error is not None:
                    raise self._failed("the model server failed within its answer")
                usage = chunk.usage or usage
                for choice in chunk.choices[:1]:
                    if text := stops.add(choice.delta.content or ""):
                        yield Piece(text)
                    end = choice.finish_reason or end
                if stops.hit:
                    break
        if not end and not stops.hit:
            raise self._failed("the model server broke off")
        cut = end in _LENGTH_ENDS and not stops.hit
        yield Piece(stops.rest(), "length" if cut else "stop", usage.prompt_tokens, usage.completion_tokens)

    @asynccontextmanager
    async def _sent(self, prompt: Prompt) -> AsyncIterator[httpx.Response]:
        """The response to a prompt, once its status is good."""
        if self._client is None:
            raise ModelUnavailable("the language model is not running")
        if self._busy >= self._at_once:
            raise ModelUnavailable("too much waits for the language model", retry_after=1)
        key = {"authorization": f"Bearer {self._server.key}"} if self._server.key else {}
        headers = {"accept": "text/event-stream", "content-type": "application/json", "accept-encoding": "identity"}
        content = msgspec.json.encode(_body(self._server.model, prompt))
        self._busy += 1
        try:
            url = f"{self._server.url}/chat/completions"
            async with self._client.stream("POST", url, content=content, headers={**headers, **key}) as response:
                if response.status_code != 200:
                    raise self._refused(response)
                yield response
        finally:
            self._busy -= 1

    async def _bounded(self, response: httpx.Response, most: int) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in response.aiter_bytes():
            count += len(chunk)
            if count > most:
                raise self._failed("the model server does not end its answer")
            yield chunk

    def _refused(self, response: httpx.Response) -> NexusError:
        status = response.status_code
        if status in {400, 413, 422}:
            return Malformed("the model server does not take this prompt: it may be too long")
        if status in {401, 403}:
            return self._failed("the model server does not take the key: set NEXUS_GENERATION_KEY")
        if status == 404:
            return self._failed("the model server knows no such model or path: see NEXUS_GENERATION and its MODEL")
        return self._failed(f"the model server answers {status}", _seconds(response.headers.get("retry-after")))

    def _failed(self, why: str, retry_after: float = 2.0) -> ModelUnavailable:
        self._well = False
        log.warning("model server failed", extra={"state": why})
        return ModelUnavailable(why, retry_after=retry_after)


def _body(model: str, prompt: Prompt) -> dict[str, Any]:
    """The request. What OpenAI does not know (top_k, repetition_penalty: vLLM does) is sent only where it is asked for."""
    sampling = prompt.sampling
    body: dict[str, Any] = {
        "model": model,
        "messages": prompt.messages,
        "max_tokens": prompt.most_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if prompt.stop:
        body["stop"] = prompt.stop[:MOST_STOPS_SENT]
    if sampling.top_k:
        body["top_k"] = sampling.top_k
    if sampling.repetition_penalty != 1:
        body["repetition_penalty"] = sampling.repetition_penalty
    return body


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or 2), 0.0), 600.0)
    except ValueError:  # a date, which few servers send
        return 2.0
