"""The session store on Valkey: sessions sealed per person, and hints (claims, lanes) that save work.

Nothing here is needed for correctness: everything may be flushed at any moment, and Postgres' unique rows decide. All
keys of a person share a hash tag, so that the scripts run on a cluster too.
"""

import asyncio
import hashlib

import msgspec

from infra.storage.people import People
from infra.storage.valkey import Valkey
from infra.vault import Vault, join
from shared.errors import DecryptionFailed
from shared.ports import Claim, Opened, Person
from shared.turn import Request, Session

SESSION_TTL_MS = 3_600_000  # an idle session is rebuilt from Postgres after this
_CLAIM_TTL_MS = 20_000  # longer than any platform waits: a worker that died frees its message by then
_LANE_TTL_MS = 20_000
_DONE_TTL_MS = 600_000

# The claim is about a message, whoever sent it; lane and session are about a conversation of a person.
_OPEN = """
local lane = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'PX', ARGV[2])
if lane and lane ~= ARGV[1] then return {0, false} end
return {1, redis.call('GET', KEYS[2])}
"""
_CLOSE = """
if ARGV[2] == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""
SCRIPTS = (_OPEN, _CLOSE, _RELEASE)
_SHA = {source: hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest() for source in SCRIPTS}

_DONE = b"done"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Session).decode


class ValkeySessionStore:
    """Implements `shared.ports.SessionStore`."""

    def __init__(self, valkey: Valkey, vault: Vault, people: People) -> None:
        self._valkey = valkey
        self._vault = vault
        self._people = people

    async def open(self, person: Person, request: Request, token: str) -> Opened:
        """See `SessionStore.open`."""
        claim_key = self._claim_key(request.app, request.channel, request.message_id)
        lane_key, session_key = self._conversation_keys(person, request)
        claim, (lane, sealed) = await asyncio.gather(  # both leave in one round trip
            self._valkey.call("SET", claim_key, token, "NX", "GET", "PX", _CLAIM_TTL_MS),
            self._valkey.call("EVALSHA", _SHA[_OPEN], 2, lane_key, session_key, token, _LANE_TTL_MS),
        )
        state = _claim(claim, token)
        if lane and state is not Claim.MINE:
            # Who waits for a message must not hold the lane: the worker that computes it may be waiting for that.
            await self._valkey.call("EVALSHA", _SHA[_RELEASE], 1, lane_key, token)
            return Opened(state, False, None)
        session = None if sealed is None else await self._opened(person, session_key, sealed)
        return Opened(state, bool(lane), session)

    async def close(self, person: Person, request: Request, token: str, session: Session | None) -> None:
        """See `SessionStore.close`."""
        claim_key = self._claim_key(request.app, request.channel, request.message_id)
        lane_key, session_key = self._conversation_keys(person, request)
        sealed = b""
        if session is not None:
            sealed = (await self._people.key(person)).seal(_encode(session), _bound(person, session_key))
        await asyncio.gather(
            self._valkey.call("SET", claim_key, _DONE, "PX", _DONE_TTL_MS),
            self._valkey.call("EVALSHA", _SHA[_CLOSE], 2, lane_key, session_key, token, sealed, SESSION_TTL_MS),
        )

    async def abandon(self, person: Person, request: Request, token: str) -> None:
        """See `SessionStore.abandon`."""
        claim_key = self._claim_key(request.app, request.channel, request.message_id)
        lane_key, _ = self._conversation_keys(person, request)
        await asyncio.gather(
            self._valkey.call("EVALSHA", _SHA[_RELEASE], 1, claim_key, token),
            self._valkey.call("EVALSHA", _SHA[_RELEASE], 1, lane_key, token),
        )

    async def running(self, app: str, channel: str, message_id: str) -> bool:
        """See `SessionStore.running`."""
        claim = await self._valkey.call("GET", self._claim_key(app, channel, message_id))
        return claim is not None and claim != _DONE

    async def _opened(self, person: Person, key: bytes, sealed: bytes) -> Session | None:
        """The session, or None where the bytes are not ours: it is then rebuilt from Postgres."""
        try:
            return _decode((await self._people.key(person)).open(sealed, _bound(person, key)))
        except (DecryptionFailed, msgspec.MsgspecError):
            return None

    def _claim_key(self, app: str, channel: str, message_id: str) -> bytes:
        return b"nx:c:" + self._vault.id_digest("message", app, channel, message_id)

    def _conversation_keys(self, person: Person, request: Request) -> tuple[bytes, bytes]:
        """The keys of lane and session; they share a hash tag, so that one script may use both on a cluster."""
        conversation = self._vault.id_digest(
            "conversation", person.app, person.id, request.channel, request.conversation
        )
        tag = f"nx:{{{person.app}:{person.id}}}:".encode()
        return tag + b"l" + conversation, tag + b"s" + conversation


def _claim(answer: bytes | None, token: str) -> Claim:
    """What SET NX GET says: nothing was there, we were there already, it is done, or somebody else is at it."""
    if answer is None or answer == token.encode():
        return Claim.MINE
    return Claim.DONE if answer == _DONE else Claim.RUNNING


def _bound(person: Person, key: bytes) -> bytes:
    return join("session", person.app, person.id, key)
