"""What `nexus doctor` looks at, one check after the other. None of them stops the others."""

import asyncio
import contextlib
import os
import platform
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from enum import StrEnum
from pathlib import Path

import psycopg
import redis
from msgspec import Struct

from core.generation.store import read_card
from core.models.frames import Health
from core.skillbook import SkillBook
from infra.app import Parts, open_engine
from infra.cli.doors import door_states
from infra.cli.skills import skill_settings
from infra.durability import assert_durable
from infra.embedded import open_stores
from infra.generation import OFF, is_local, models_folder, notice, server_generator
from infra.home import Home, Owner, StoreAddresses
from infra.model_service import Remote, by_settings
from infra.outside import SkillConfigs
from infra.plugins import load_plugins
from infra.prepare import prepare_stores
from infra.runtime import check_runtime, installed_runtimes
from infra.settings import Settings
from infra.system import SystemClock
from infra.tcp import ensure_port_free
from shared.advice import DEFAULT_APP
from shared.errors import ModelInvalid, NexusError, StartFailed
from shared.generating import ChatMessage, Prompt
from shared.ports import ModelState

_PYTHON = ((3, 11), (3, 14))  # from, up to but not including
_FREE_BYTES = 1024**3
_ANSWER_S = 10.0  # until models in another process have answered
_HELLO = Prompt((ChatMessage("user", "Hello"),), most_tokens=1)


class State(StrEnum):
    """How well a thing is."""

    OK = "ok"
    NOTE = "note"  # not as it could be, and no reason not to start
    BROKEN = "broken"


class Check(Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    state: State
    text: str


def ok(name: str, text: str) -> Check:
    """A thing that is well."""
    return Check(name, State.OK, text)


def checks(settings: Settings) -> Iterator[Check]:
    """Look at everything. Starts the embedded servers for it if NEXUS does not run."""
    home = Home(settings.home, settings.runtime_dir)
    holder = _holder(home)
    yield from (Check("settings", State.NOTE, warning) for warning in settings.warnings)
    yield _python()
    yield _guarded("runtime", _runtime)
    yield _guarded("home", lambda: _home(home, holder))
    yield _guarded("port", lambda: _port(settings, holder))
    yield from _plugins(settings)
    elsewhere = settings.models == "ray" or bool(settings.models == "process" and home.models_socket())
    if elsewhere:
        yield _guarded("models", lambda: asyncio.run(models_check(settings)))
    yield _guarded("generator", lambda: asyncio.run(generator_check(settings, elsewhere)))
    yield from _on_stores(settings, home)


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    """What `look` says, or what it raises."""
    try:
        return look()
    except (NexusError, OSError, psycopg.Error, redis.RedisError) as error:
        return Check(name, State.BROKEN, f"{error}")


def _python() -> Check:
    state = State.OK if _PYTHON[0] <= sys.version_info[:2] < _PYTHON[1] else State.BROKEN
    return Check("python", state, f"{platform.python_version()} on {platform.platform()}, {sys.executable}")


def _runtime() -> Check:
    check_runtime()
    return ok("runtime", ", ".join(f"{name} {version}" for name, version in installed_runtimes().items()))


def _holder(home: Home) -> Owner | None:
    """Who runs on this home now. The lock file alone does not tell: it outlives a kill."""
    owner = home.owner()
    if owner is None or owner.pid == os.getpid():
        return None
    with contextlib.suppress(OSError):
        os.kill(owner.pid, 0)
        if "nexus" in Path(f"/proc/{owner.pid}/cmdline").read_text() or home.published():
            return owner
    return None


def _home(home: Home, holder: Owner | None) -> Check:
    there = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK | os.X_OK):
        return Check("home", State.BROKEN, f"{there} cannot be written: set NEXUS_HOME to a folder of your own")
    held = f"held by {holder}" if holder else "nobody runs on it"
    low = free < _FREE_BYTES
    return Check("home", State.NOTE if low else State.OK, f"{home.root}, {held}, {free / 1024**3:.1f} GiB free")


def _port(settings: Settings, holder: Owner | None) -> Check:
    try:
        ensure_port_free(settings.host, settings.port, patience=0)
    except StartFailed:
        if holder is None:
            raise
        return ok("port", f"{settings.host} port {settings.port} is in use, as it should be while NEXUS runs")
    if holder:
        return Check("port", State.NOTE, f"NEXUS runs, but nobody listens on {settings.host} port {settings.port}")
    return ok("port", f"{settings.host} port {settings.port} is free")


def _plugins(settings: Settings) -> Iterator[Check]:
    found = load_plugins(settings.home)
    yield from (Check("plug-in", State.BROKEN, f"{broken.name}: {broken.reason}") for broken in found.broken)
    yield ok("channels", ", ".join(one.manifest.name for one in found.channels) or "none")
    yield ok("skills", ", ".join(one.manifest.name for one in found.skills) or "none")


async def models_check(settings: Settings) -> Check:
    """The models that the running NEXUS asks, where they are in another process."""
    found = await _health(settings)
    place = "a process of their own" if settings.models == "process" else f"Ray at {settings.ray_address}"
    done = f"{found.waiting} calls wait, {found.texts} texts computed, {found.refused} calls refused"
    return ok("models", f"{_runs(found.models)}, in {place}, which answers; {done}")


async def generator_check(settings: Settings, elsewhere: bool) -> Check:
    """The language model that was chosen: where it answers, else whether it is there. A server is asked for one token.

    Raises ModelInvalid, ModelUnavailable, DeadlineExceeded, SettingsInvalid.
    """
    if settings.generation == OFF:
        return ok("generator", "off: where no skill answers, NEXUS says so")
    found, told = await _generator(settings, elsewhere), notice(settings)
    return Check(found.name, State.NOTE, f"{found.text}. {told}") if told else found


async def _generator(settings: Settings, elsewhere: bool) -> Check:
    if not is_local(settings):
        return await _server_check(settings)
    if not elsewhere:
        card = await asyncio.to_thread(read_card, models_folder(settings.home) / settings.generation)
        return ok("generator", f"{card.version}, {card.licence}; it is loaded when NEXUS starts")
    found = await _health(settings)
    if found.generator is None or not found.generator.ready:
        raise ModelInvalid(
            f"{settings.generation} does not run where the models are: it is being loaded, or the log of NEXUS says why not "
            f"(`nexus models check {settings.generation}` tries it)"
        )
    done = (
        f"{found.generating} answers in the making, {found.tokens} tokens generated, {found.unanswered} prompts refused"
    )
    return ok("generator", f"{_runs(found.generator)}; {done}")


async def _server_check(settings: Settings) -> Check:
    clock = SystemClock()
    async with server_generator(settings, clock) as generator:
        async for _ in generator.generate(_HELLO, clock.now() + _ANSWER_S):
            pass
    return ok("generator", f"{settings.generation_model} at {settings.generation}, which answers")


async def _health(settings: Settings) -> Health:
    """How models elsewhere are. Raises ModelUnavailable, DeadlineExceeded."""
    with by_settings(settings, SkillBook([])) as service:
        assert isinstance(service, Remote), "models elsewhere"  # noqa: S101 (a mistake of ours)
        return await service.health(SystemClock().now() + _ANSWER_S)


def _runs(state: ModelState) -> str:
    return f"{state.version} on {', '.join(state.providers)}"


def _on_stores(settings: Settings, home: Home) -> Iterator[Check]:
    """What needs the stores; one broken check in place of all if there are none."""
    try:
        with open_stores(home, settings.database_url, settings.redis_url, "nexus doctor") as addresses:
            postgres = _guarded("postgres", lambda: _postgres(settings, addresses))
            yield postgres
            yield _guarded("valkey", lambda: _valkey(settings, addresses))
            if postgres.state is not State.OK:
                return  # the engine stands on it
            try:
                yield from asyncio.run(_in_engine(settings, addresses, _engine))
            except NexusError as error:
                yield Check("engine", State.BROKEN, str(error))
    except (NexusError, OSError) as error:
        yield Check("stores", State.BROKEN, str(error))


def _postgres(settings: Settings, addresses: StoreAddresses) -> Check:
    if not settings.database_url:  # a database of somebody's own is only looked at
        prepare_stores(settings, addresses)
    assert_durable(addresses.database_url)
    with psycopg.connect(addresses.database_url) as connection:
        row = connection.execute(
            "select current_setting('server_version'), to_regclass('schema_migrations') is not null"
        ).fetchone()
    version, made = row or ("?", False)
    text = f"{version}, {'yours' if settings.database_url else 'embedded'}, durable (fsync, synchronous_commit)"
    return (
        ok("postgres", text) if made else Check("postgres", State.NOTE, f"{text}, empty: `nexus up` makes the tables")
    )


def _valkey(settings: Settings, addresses: StoreAddresses) -> Check:
    with redis.Redis.from_url(addresses.redis_url, socket_timeout=2) as client:
        info = client.info("server")
    version = info.get("valkey_version") or f"Redis {info.get('redis_version')}"
    return ok(
        "valkey", f"{version}, {'yours' if settings.redis_url else 'embedded'}, keeps nothing on disk that counts"
    )


async def _in_engine(
    settings: Settings, addresses: StoreAddresses, look: Callable[[Settings, Parts], Awaitable[list[Check]]]
) -> list[Check]:
    async with open_engine(settings, addresses) as parts:
        return await look(settings, parts)


async def _engine(settings: Settings, parts: Parts) -> list[Check]:
    state = parts.model.state()
    model = Check(
        "model",
        State.OK if state.ready else State.BROKEN,
        f"{state.version} on {', '.join(state.providers)}; models in {Home(settings.home).models}",
    )
    configs = SkillConfigs(settings, parts.registry, parts.skills.loaded)
    told = await skill_settings(configs, parts.registry, DEFAULT_APP)
    doors = await door_states(settings, parts.registry, parts.plugins, DEFAULT_APP)
    return [
        model,
        *(_told(name, lines) for name, lines in told.items()),
        *(Check(f"door {one.name}", State.NOTE if one.shut else State.OK, one.shut or "open") for one in doors),
    ]


def _told(skill: str, lines: list[str]) -> Check:
    """What a skill was told, and what it lacks."""
    lacks = any(line.startswith("lacks ") for line in lines)
    return Check(f"skill {skill}", State.NOTE if lacks else State.OK, "; ".join(lines) or "no setting has a value")
