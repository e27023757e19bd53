"""A mounted skill: asked before NEXUS, in threads of its own, within its share of the time."""

import logging
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

from ask_sdk_core.skill import CustomSkill
from msgspec import Struct

from channels.alexa.answer import MAX_ENVELOPE, encode
from channels.alexa.mount.attributes import TurnAttributes
from channels.alexa.mount.find import find
from channels.alexa.mount.invoke import declining, invoke
from channels.alexa.mount.reply import reply_of
from channels.alexa.mount.settings import Mounting
from channels.alexa.mount.threads import Threads
from shared.errors import DoorShut, PluginInvalid
from shared.ports import Clock, Documents
from shared.turn import Reply, Request

log = logging.getLogger("nexus.alexa.skill")

THREADS = 16  # a skill in each worker process
_SHARE = 0.7  # of the time that is left: NEXUS may have to answer after it, and the turn has to be recorded
_FINDING = Lock()  # doors are opened in threads, and the path that modules are found on is the whole process'


class Mounted:
    """One developer's skill behind one door."""

    def __init__(self, mounting: Mounting, skill: CustomSkill, threads: Threads, skill_id: str, clock: Clock) -> None:
        self._skill = declining(skill) if mounting.first else skill
        self._first = mounting.first
        self._keeps = mounting.keeps and not _keeps_itself(skill)
        self._threads, self._clock = threads, clock
        self._document = f"alexa:{skill_id}"

    async def answer(self, body: bytes, request: Request, documents: Documents) -> Reply | None:
        """The skill's answer to the request envelope `body`; None where it is not the skill's and NEXUS may answer.

        Raises what the skill raises, DeadlineExceeded, and PluginInvalid for more than Amazon takes.
        """
        attributes = TurnAttributes(await documents.get(self._document)) if self._keeps else None
        work = partial(invoke, self._skill, body, attributes, self._first)
        made = await self._threads.run(work, _SHARE * (request.deadline - self._clock.now()))
        if made is None:
            return None
        _check_size(made, request)
        return reply_of(made, attributes.effects(self._document) if attributes is not None else ())


def mount(mounting: Mounting, skill_id: str, clock: Clock) -> Mounted:
    """The skill that the settings name. Raises DoorShut with what is wrong and how to mend it."""
    with _FINDING:
        found = _found(mounting.module, mounting.attribute, mounting.folder)
    own = found.skill.skill_id
    if own not in (None, skill_id):
        raise DoorShut(
            f"alexa: the mounted skill answers {own} only; set skill_id to that, or take it out of the skill"
        )
    if mounting.keeps and _keeps_itself(found.skill):
        log.warning("persistence=nexus not used: the skill has its own", extra={"skill": mounting.module})
    return Mounted(mounting, found.skill, found.threads, skill_id, clock)


class _Found(Struct, frozen=True):
    """A skill, and the threads it runs in, whichever doors it is mounted behind."""

    skill: CustomSkill
    threads: Threads


@lru_cache
def _found(module: str, attribute: str, folder: Path | None) -> _Found:
    """Found once a process, as its module is imported once; what cannot be found is looked for anew each time. Hold _FINDING."""
    return _Found(find(module, attribute, folder), Threads(f"alexa skill {module}", THREADS))


def _keeps_itself(skill: CustomSkill) -> bool:
    return bool(skill.persistence_adapter)


def _check_size(made: dict[str, Any], request: Request) -> None:
    size = len(encode(made))
    if size > MAX_ENVELOPE:
        log.error("mounted skill's answer is too large", extra={"event": request.event, "bytes": size})
        raise PluginInvalid(f"alexa: the skill's answer has {size} bytes, more than {MAX_ENVELOPE}")
