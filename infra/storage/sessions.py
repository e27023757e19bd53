"""The session store on Valkey: sessions sealed per person, and hints (claims, lanes) that save work.

Nothing here is needed for correctness: everything may be flushed at any moment, and Postgres' unique rows decide. All
keys of a person share a hash tag, so that the scripts run on a cluster too.
"""

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

# One round trip at the start of a turn. The claim is kept while we wait for the lane, so that a duplicate waits for us.
_OPEN = """
local claim = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'PX', ARGV[2])
if claim and claim ~= ARGV[1] then return {claim == 'done' and 2 or 1, 0, false} end
local lane = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'GET', 'PX', ARGV[3])
if lane and lane ~= ARGV[1] then return {0, 0, false} end
return {0, 1, redis.call('GET', KEYS[3])}
"""
_CLOSE = """
if ARGV[2] == '' then redis.call('DEL', KEYS[3]) else redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3]) end
redis.call('SET', KEYS[1], 'done', 'PX', ARGV[4])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
"""
_ABANDON = """
for i = 1, 2 do if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end end
"""
SCRIPTS = (_OPEN, _CLOSE, _ABANDON)
_SHA = {source: hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest() for source in SCRIPTS}

_CLAIMS = (Claim.MINE, Claim.RUNNING, Claim.DONE)
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
        keys = self._keys(person, request)
        answer = await self._valkey.call("EVALSHA", _SHA[_OPEN], 3, *keys, token, _CLAIM_TTL_MS, _LANE_TTL_MS)
        claim, lane, sealed = answer
        session = None if sealed is None else await self._opened(person, keys[2], sealed)
        return Opened(_CLAIMS[claim], bool(lane), session)

    async def close(self, person: Person, request: Request, token: str, session: Session | None) -> None:
        """See `SessionStore.close`."""
        keys = self._keys(person, request)
        sealed = b""
        if session is not None:
            sealed = (await self._people.key(person)).seal(_encode(session), _bound(person, keys[2]))
        await self._valkey.call("EVALSHA", _SHA[_CLOSE], 3, *keys, token, sealed, SESSION_TTL_MS, _DONE_TTL_MS)

    async def abandon(self, person: Person, request: Request, token: str) -> None:
        """See `SessionStore.abandon`."""
        await self._valkey.call("EVALSHA", _SHA[_ABANDON], 3, *self._keys(person, request), token)

    async def _opened(self, person: Person, key: bytes, sealed: bytes) -> Session | None:
        """The session, or None where the bytes are not ours: it is then rebuilt from Postgres."""
        try:
            return _decode((await self._people.key(person)).open(sealed, _bound(person, key)))
        except (DecryptionFailed, msgspec.MsgspecError):
            return None

    def _keys(self, person: Person, request: Request) -> tuple[bytes, bytes, bytes]:
        tag = f"nx:{{{person.app}:{person.id}}}:".encode()
        message = self._vault.hmac("message", request.app, request.channel, request.message_id)
        conversation = self._vault.hmac("conversation", person.app, person.id, request.channel, request.conversation)
        return tag + b"c" + message, tag + b"l" + conversation, tag + b"s" + conversation


def _bound(person: Person, key: bytes) -> bytes:
    return join("session", person.app, person.id, key)
