"""Rate limits in Valkey, shared by all workers: GCRA by throttled-py (maintained, MIT, one Lua script a check)."""

import logging
from datetime import timedelta

from redis.exceptions import RedisError
from throttled.asyncio import Quota, RateLimiterType, RedisStore, Throttled, per_duration
from throttled.exceptions import BaseThrottledError

from shared.channel import Limit
from shared.errors import LimitExceeded, StoreUnavailable

log = logging.getLogger("nexus.limits")


class Limits:
    """Counts principals against limits."""

    def __init__(self, redis_url: str) -> None:
        self._store = RedisStore(redis_url, {"SOCKET_TIMEOUT": 0.5, "SOCKET_CONNECT_TIMEOUT": 0.5})
        self._throttles: dict[Limit, Throttled] = {}

    async def check(self, limit: Limit, principal: str) -> None:
        """Count one request of `principal`. Raises LimitExceeded; when Valkey is down, does as the limit says."""
        try:
            result = await self._throttle(limit).limit(principal)
        except (RedisError, BaseThrottledError, OSError) as error:
            log.warning("limit not checked", extra={"limit": limit.name, "error": type(error).__name__})
            if limit.on_failure == "closed":
                raise StoreUnavailable(f"the limit {limit.name} cannot be checked now") from error
            return
        if result.limited:
            raise LimitExceeded(f"too many requests for {limit.name}", result.state.retry_after)

    def _throttle(self, limit: Limit) -> Throttled:
        throttle = self._throttles.get(limit)
        if throttle is None:
            quota = _quota(limit)
            throttle = self._throttles[limit] = Throttled(
                using=RateLimiterType.GCRA.value, quota=quota, store=self._store, key_prefix=f"nx-limit-{limit.name}"
            )
        return throttle


def _quota(limit: Limit) -> Quota:
    """GCRA's rate in whole numbers: n a second, or one every n seconds."""
    if limit.per_second >= 1:
        return per_duration(timedelta(seconds=1), round(limit.per_second), burst=limit.burst)
    return per_duration(timedelta(seconds=round(1 / limit.per_second)), 1, burst=limit.burst)
