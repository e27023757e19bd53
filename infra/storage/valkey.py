"""Valkey behind one connection: calls that are made at the same moment share one round trip."""

import asyncio
from collections.abc import Sequence
from typing import Any

import redis.asyncio as redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.errors import StoreUnavailable

TIMEOUT_S = 0.5
_MOST_WAITING = 4096
_Call = tuple[tuple[Any, ...], "asyncio.Future[Any]"]


def connect(url: str) -> redis.Redis:
    """A client that fails fast: a session is a convenience, the turn goes on without it."""
    client = redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=None, protocol=2
    )
    # SET … GET answers with the old value; the library would make a yes or no of it.
    client.set_response_callback("SET", _as_it_is)
    return client


def _as_it_is(response: Any, **_kwargs: Any) -> Any:
    return response


class Valkey:
    """Runs commands in shared pipelines. Raises StoreUnavailable when Valkey cannot be reached."""

    def __init__(self, client: redis.Redis, scripts: Sequence[str] = ()) -> None:
        self.client = client
        self._sources = scripts
        self._waiting: list[_Call] = []
        self._running: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Give the connections back."""
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)
        await self.client.aclose()

    async def call(self, *command: Any) -> Any:
        """The answer to one command."""
        if len(self._waiting) >= _MOST_WAITING:
            raise StoreUnavailable("too many calls wait for Valkey")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._send(batch)
        finally:
            self._running = None

    async def _send(self, batch: list[_Call]) -> None:
        try:
            answers = await self._execute([command for command, _ in batch])
            unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if unknown:  # Valkey restarted and knows no scripts
                for source in self._sources:
                    await self.client.script_load(source)
                for at, answer in zip(unknown, await self._execute([batch[at][0] for at in unknown]), strict=True):
                    answers[at] = answer
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            answers = [_unavailable(error)] * len(batch)
        except Exception as error:  # noqa: BLE001 (whatever it is, nobody who waits may wait for ever)
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer if isinstance(answer, StoreUnavailable) else _unavailable(answer))
            else:
                future.set_result(answer)

    async def _execute(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        pipeline = self.client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return list(await pipeline.execute(raise_on_error=False))


def _unavailable(error: Exception) -> StoreUnavailable:
    unavailable = StoreUnavailable(
        "Valkey cannot be reached" if isinstance(error, OSError) else "Valkey refused a command"
    )
    unavailable.__cause__ = error
    return unavailable
