"""Claims, lanes and sessions as Valkey has them: hints that save work, waited for a while, done without where they fail."""

import asyncio
import logging

from core.stages import Stages
from shared.errors import StoreUnavailable
from shared.ports import Claim, Clock, Opened, Person, SessionStore
from shared.turn import Request, Session

log = logging.getLogger("nexus.engine")

_POLL_S = 0.004  # first wait for a claim or lane held by another worker; doubles up to _POLL_MOST_S
_POLL_MOST_S = 0.05
_WAIT_SHARE = 0.4  # of the time that is left: then we compute what another worker seems to have died over


class Claims:
    """Opens and closes turns in the session store."""

    def __init__(self, sessions: SessionStore, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def open(self, person: Person, request: Request, token: str, stages: Stages) -> Opened:
        """Claim and lane, waiting for others a while. Hints only: whoever waited long enough goes ahead."""
        give_up = self._clock.now() + _WAIT_SHARE * (request.deadline - self._clock.now())
        pause = _POLL_S
        while True:
            try:
                opened = await self._sessions.open(person, request, token)
            except StoreUnavailable:
                stages.degraded("valkey")
                return Opened(Claim.MINE, True, None)
            if opened.claim is Claim.DONE or (opened.claim is Claim.MINE and opened.lane):
                return opened
            if self._clock.now() >= give_up:
                return Opened(Claim.MINE, False, None)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _POLL_MOST_S)

    async def close(self, person: Person, request: Request, token: str, session: Session | None) -> None:
        """See `SessionStore.close`."""
        try:
            await self._sessions.close(person, request, token, session)
        except StoreUnavailable:
            log.warning("session not cached", extra={"channel": request.channel})

    async def abandon(self, person: Person, request: Request, token: str) -> None:
        """See `SessionStore.abandon`."""
        try:
            await self._sessions.abandon(person, request, token)
        except StoreUnavailable:
            log.warning("claim not given back", extra={"channel": request.channel})
