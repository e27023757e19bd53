"""What the model process tells workers unasked: it must not pile up before one that does not read."""

import asyncio
from pathlib import Path

import msgspec

from core.models.frames import encode
from core.server import MOST_UNREAD, ModelServer
from core.understanding.meaning import Meaning, Query
from tests.core.models.contract import CLOCK
from tests.core.models.toys import toy_batches


async def test_a_worker_that_does_not_read_is_not_told_what_others_learn(short_tmp: Path) -> None:
    meaning = msgspec.Raw(encode(Meaning("x" * 100_000, 1.0, 0.0, (), ())))
    with toy_batches("en") as batches:
        server = ModelServer(batches, CLOCK)
        async with server.listening(short_tmp / "core.sock"):
            greeted, ours = await asyncio.open_unix_connection(str(short_tmp / "core.sock"))
            stopped, theirs = await asyncio.open_unix_connection(str(short_tmp / "core.sock"))
            await greeted.readexactly(1)
            await stopped.readexactly(1)
            stopped._transport.pause_reading()  # type: ignore[attr-defined]
            asker, deaf = server._lines
            for number in range(2 * MOST_UNREAD // 100_000):
                server.share(asker, Query(str(number), "en", False), meaning)
                await asyncio.sleep(0)
            assert deaf.transport is not None
            assert deaf.transport.get_write_buffer_size() < MOST_UNREAD
            ours.close()
            theirs.close()
