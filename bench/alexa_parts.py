"""What the Alexa door costs without HTTP and without the engine, part by part: `python -m bench.alexa_parts`.

CPU microseconds a request, the best of five rounds, for a signed request of about 1 kB whose key is cached.
"""

import asyncio
import base64
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import make_credentials
from channels.alexa.twin import AlexaTwin
from infra.keysource import key_source
from shared.channel import Wire
from shared.testing.adapter.values import turn_of
from shared.testing.fakes import FakeClock, door_ports
from shared.turn import Reply

ROUNDS, TIMES = 5, 2_000
INTENT = {"name": "CatchAllIntent", "slots": {"utterance": {"name": "utterance", "value": "what time is it in tokyo"}}}
REPLY = Reply(text="It is five o'clock in Tokyo.", expects_answer=True, reprompt="Anything else?")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    clock = FakeClock()
    credentials = make_credentials(folder, clock.now())
    keys = key_source("alexa", credentials.config(), clock)
    door = AlexaAdapter.open("bench", credentials.config(), door_ports(clock, keys=keys))
    twin = AlexaTwin(credentials, "http://127.0.0.1", now=clock.now)
    body = msgspec.json.encode(twin.envelope({"type": "IntentRequest", "intent": INTENT}))
    headers = twin.headers(body)
    wire = Wire("POST", "/channels/alexa", tuple((n.encode(), v.encode()) for n, v in headers.items()), body)
    signature = base64.b64decode(headers["signature-256"])
    key = await keys.key(credentials.chain_url)
    verified = await door.verify(wire)
    request = door.parse(verified)
    turn = turn_of(request, REPLY)

    async def whole() -> None:
        door.render(door.parse(await door.verify(wire)), turn)

    print(f"{len(body)} bytes in, {len(door.render(request, turn).body)} out; CPU µs")
    _show("RSA alone", _sync(lambda: key.verify(signature, body)))
    _show("verify", await _async(lambda: door.verify(wire)))
    _show("parse", _sync(lambda: door.parse(verified)))
    _show("render", _sync(lambda: door.render(request, turn)))
    _show("whole door", await _async(whole))


def _show(part: str, microseconds: float) -> None:
    print(f"  {part:<12} {microseconds:7.1f}")


def _sync(action: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(TIMES):
            action()
        best = min(best, time.process_time() - started)
    return 1e6 * best / TIMES


async def _async(action: Callable[[], Coroutine[Any, Any, object]]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(TIMES):
            await action()
        best = min(best, time.process_time() - started)
    return 1e6 * best / TIMES


if __name__ == "__main__":
    main()
