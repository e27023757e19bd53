"""What skills have of the world outside: their settings, the web, and calls that are carried out once a turn is committed."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct


class Fetched(Struct, frozen=True):
    """What a service on the web answered: `headers` by names in small letters, `body` decoded from its transport only.

    `at` is when it came (Unix seconds). `stale`: it is older than was asked for, because the service does not answer now.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    at: float
    stale: bool = False


class Web(Protocol):
    """The web, as far as a skill's permissions go: https (http where the operator's own setting says so), no cookies, 1 MB.

    Both raise WebFailed, and PluginInvalid for a host that the manifest does not name. Statuses below 500 come back as answers,
    but for 429. Everything ends early enough for the skill to say in time that the service does not answer.
    """

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ttl_s: float = 0.0,
        stale_s: float = 0.0,
    ) -> Fetched:
        """The answer to a GET; one that is no older than `ttl_s` seconds may come from before.

        Where the service fails, one no older than `stale_s` is given, marked as `stale`. Redirects lead to permitted hosts only.
        """
        ...

    async def post(
        self,
        url: str,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
    ) -> Fetched:
        """The answer to a POST of `content`. In handlers for questions only: what changes something is an effect, `Call`."""
        ...


class PastCall(Struct, frozen=True):
    """What became of a `Call`: "waiting" (not yet carried out), "done", "failed", or "doubt" (given up, and nobody knows).

    `reason` is a short text without anything that was said. Times are Unix seconds.
    """

    name: str
    content: dict[str, Any]
    state: str
    reason: str
    at: float
    ended_at: float | None = None


class Calls(Protocol):
    """The calls that one skill made for the person who speaks."""

    async def recent(self, limit: int = 10) -> list[PastCall]:
        """The newest calls, newest first."""
        ...


class Outside(Protocol):
    """What skills have of the world outside: what the operator told them, and the web."""

    async def config(self, app: str, skill: str) -> Mapping[str, str]:
        """The settings of a skill in an app, as they are now. Raises StoreUnavailable where they were never read."""
        ...

    def web(self, skill: str, config: Mapping[str, str], deadline: float) -> Web:
        """The web for a skill with these settings, until `deadline` (Unix seconds)."""
        ...


class NewCall(Struct, frozen=True):
    """A `Call` of a skill, to be carried out before `until` (Unix seconds)."""

    skill: str
    name: str
    content: dict[str, Any]
    until: float
    lane: str = ""
