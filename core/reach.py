"""What skills have of the world outside during one turn: their settings, the web, and the calls they made before."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import msgspec

from core.skillbook import LoadedSkill, SkillFailed
from shared.effects import Call
from shared.errors import PluginInvalid
from shared.manifest import NETWORK
from shared.outside import Calls, Fetched, NewCall, Outside, PastCall, Web
from shared.ports import Person, TurnStore
from shared.turn import Reply

MOST_CALLED = 16 * 1024  # bytes of JSON that a call may be told
SHORTEST_S, LONGEST_S = 1.0, 86_400.0
_SHARE_FOR_THE_WEB = 0.6  # of the time that is left: the rest is for saying that a service does not answer


class NothingOutside:
    """Implements `shared.outside.Outside` where there is none: settings have their defaults, and the web cannot be reached."""

    async def config(self, app: str, skill: str) -> Mapping[str, str]:
        """Nothing was told."""
        return {}

    def web(self, skill: str, config: Mapping[str, str], deadline: float) -> Web:
        """Refuses."""
        return NoWeb(f"skill {skill}: the web cannot be reached from here")


class NoWeb:
    """The web, for a skill that may not use it."""

    def __init__(self, refusal: str) -> None:
        self._refusal = refusal

    async def get(self, url: str, **_: Any) -> Fetched:
        """Refuses."""
        raise PluginInvalid(self._refusal)

    async def post(self, url: str, content: bytes, **_: Any) -> Fetched:
        """Refuses."""
        raise PluginInvalid(self._refusal)


class SkillCalls:
    """Implements `shared.outside.Calls` for one skill and person."""

    def __init__(self, turns: TurnStore, person: Person, skill: str) -> None:
        self._turns, self._person, self._skill = turns, person, skill

    async def recent(self, limit: int = 10) -> list[PastCall]:
        """See `Calls.recent`."""
        return await self._turns.calls(self._person, self._skill, limit)


class Reach:
    """What a skill may reach in one turn."""

    def __init__(self, outside: Outside, turns: TurnStore) -> None:
        self._outside, self._turns = outside, turns

    async def config(self, loaded: LoadedSkill, app: str) -> Mapping[str, str]:
        """The skill's settings; nothing is asked for where it has none."""
        if not loaded.manifest.settings:
            return {}
        return {**loaded.manifest.defaults, **await self._outside.config(app, loaded.manifest.name)}

    def web(self, loaded: LoadedSkill, config: Mapping[str, str], now: float, deadline: float) -> Web:
        """The web as the skill's permissions allow it."""
        name = loaded.manifest.name
        if not any(one.startswith(NETWORK) for one in loaded.manifest.permissions):
            return NoWeb(f"skill {name} has no permission for this: permissions in skill.toml")
        return self._outside.web(name, config, now + _SHARE_FOR_THE_WEB * max(0.0, deadline - now))

    def calls(self, loaded: LoadedSkill, person: Person) -> Calls:
        """The calls that the skill made for this person."""
        return SkillCalls(self._turns, person, loaded.manifest.name)


def calls_of(loaded: LoadedSkill, reply: Reply, at: float) -> tuple[NewCall, ...]:
    """The calls that a skill's reply asks for at `at`. Raises SkillFailed for one that cannot be made."""
    return tuple(_call(loaded, effect, at) for effect in reply.effects if isinstance(effect, Call))


def _call(loaded: LoadedSkill, effect: Call, at: float) -> NewCall:
    name = loaded.manifest.name
    if effect.name not in loaded.skill.acts:
        raise SkillFailed(name, "calls what no method of it is marked for")
    if not (isfinite(effect.within_s) and SHORTEST_S <= effect.within_s <= LONGEST_S):
        raise SkillFailed(name, f"a call has {SHORTEST_S:.0f} to {LONGEST_S:.0f} seconds")
    return NewCall(name, effect.name, _as_json(name, effect.content), at + effect.within_s, effect.lane)


def _as_json(name: str, content: dict[str, Any]) -> dict[str, Any]:
    try:
        body = msgspec.json.encode(content)
        msgspec.msgpack.encode(content)  # as it is stored: numbers have at most 64 bits
        plain = msgspec.json.decode(body, type=dict[str, Any])
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise SkillFailed(name, "a call's content is no JSON object") from None
    if len(body) > MOST_CALLED:
        raise SkillFailed(name, f"a call's content is over {MOST_CALLED} bytes")
    return plain
