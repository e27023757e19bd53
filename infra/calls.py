"""Carries out what skills' calls say: the outbox hands them over as it hands messages to channels."""

from collections.abc import Iterable, Mapping
from typing import Any

from core.reach import NoWeb
from core.skillbook import LoadedSkill
from infra.delivery import Carrier, Finds
from infra.storage.turns import CALLS, call_channel
from shared.channel import Delivered
from shared.errors import DeliveryFailed, NotFound, WebFailed
from shared.manifest import NETWORK
from shared.outside import Outside
from shared.ports import Clock
from shared.skill import CallContext

ATTEMPT_S = 15.0  # for what one attempt asks of the web: less than the outbox waits


class SkillCarrier:
    """A skill, to the outbox. Implements `Carrier`."""

    def __init__(self, name: str, loaded: LoadedSkill | None, app: str, outside: Outside, clock: Clock) -> None:
        self._name, self._loaded, self._app = name, loaded, app
        self._outside, self._clock = outside, clock

    def at(self, place: str) -> "SkillCarrier":
        """Skills have no places."""
        if place:
            raise NotFound("skills have no places")
        return self

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """Carry out a call under the idempotency key `reference`. Raises DeliveryFailed, and whatever the skill raises."""
        if self._loaded is None or content["name"] not in self._loaded.skill.acts:
            raise DeliveryFailed("no skill does this any more", final=True)
        try:
            await self._loaded.skill.carry_out(await self._context(self._loaded, content, reference))
        except WebFailed as error:
            refused = {"in_doubt": error.in_doubt, "retry_after": error.retry_after}
            raise DeliveryFailed(str(error), **refused) from None  # type: ignore[arg-type]
        return Delivered("")

    async def _context(self, loaded: LoadedSkill, content: Mapping[str, Any], reference: str) -> CallContext:
        config: Mapping[str, str] = {}
        if loaded.manifest.settings:
            config = await self._outside.config(self._app, self._name)
        until = min(self._clock.now() + ATTEMPT_S, float(content["until"]))
        reaches = any(one.startswith(NETWORK) for one in loaded.manifest.permissions)
        return CallContext(
            name=str(content["name"]),
            content=dict(content["content"]),
            key=reference,
            config=config,
            web=self._outside.web(self._name, config, until) if reaches else NoWeb(f"skill {self._name} has no web"),
            clock=self._clock,
        )


class Carriers:
    """All that takes what goes out: the doors' adapters, and the skills. Implements `Finds`."""

    def __init__(self, doors: Finds, skills: Iterable[LoadedSkill], outside: Outside, clock: Clock) -> None:
        self._doors, self._outside, self._clock = doors, outside, clock
        self._skills = {one.manifest.name: one for one in skills}

    def receipt_times(self) -> Mapping[str, float]:
        """See `Finds.receipt_times`. No receipt tells of a call."""
        return {**self._doors.receipt_times(), **dict.fromkeys(map(call_channel, self._skills), 0.0)}

    async def adapter(self, app: str, channel: str) -> Carrier:
        """See `Finds.adapter`."""
        if not channel.startswith(CALLS):
            return await self._doors.adapter(app, channel)
        name = channel.removeprefix(CALLS)
        return SkillCarrier(name, self._skills.get(name), app, self._outside, self._clock)
