"""The one place that wires: stores, vault, plug-ins, model, engine, doors, front."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from msgspec import Struct

from channels.rest.openapi import document
from channels.web.pages import make_pages
from core.decide import Decider
from core.engine import Engine
from core.generation.answering import Answering
from core.generation.counted import CountedGenerator
from core.skillbook import SkillBook
from infra import endpoints
from infra.asgi import Front
from infra.broken import tell_broken
from infra.calls import Carriers
from infra.deferring import Finisher
from infra.doors import Doors
from infra.editions import edition
from infra.exports.names import known_to_platforms
from infra.generation import open_generator
from infra.handing import PATH as HANDOFFS
from infra.handing import HandoffsEndpoint
from infra.home import Home, StoreAddresses
from infra.keysource import key_source
from infra.limits import Limits
from infra.model_service import Computing, Remote, by_settings, in_process
from infra.outbox import Counts, Outbox
from infra.outside import SkillConfigs, open_outside
from infra.plugins import Plugins, load_plugins
from infra.served import FIRST_WORKER, publish_served
from infra.settings import Settings
from infra.storage.deferred import DeferredStore
from infra.storage.handoffs import HandoffStore
from infra.storage.outbox import OutboxStore
from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.storage.replies import ValkeyReplyCache
from infra.storage.sessions import SCRIPTS, ValkeySessionStore
from infra.storage.turns import PostgresTurnStore
from infra.storage.valkey import Valkey, connect
from infra.storage.writer import Writer
from infra.system import RandomIds, SystemClock
from infra.telemetry.metrics import CONTENT_TYPE, Metrics
from infra.vault import Vault, load_master_key
from infra.version import VERSION
from shared.advice import DEFAULT_APP
from shared.channel import Verified, Wire
from shared.generating import Generator
from shared.outside import Outside
from shared.ports import Clock, Ids, ModelService

PAGE_THREADS = 8
CLOSE_S = 2.0  # what is nearly finished may take so long when we stop

OpenModel = Callable[[Settings, SkillBook], AbstractContextManager[ModelService]]


class Parts(Struct, frozen=True):
    """All that an engine stands on, for those who need more than the engine.

    `fresh` is set by each commit after which something waits in the outbox.
    """

    settings: Settings
    clock: Clock
    ids: Ids
    vault: Vault
    database: Database
    valkey: Valkey
    registry: Registry
    plugins: Plugins
    skills: SkillBook
    model: ModelService
    generator: Generator | None
    engine: Engine
    outbox: OutboxStore
    handoffs: HandoffStore
    deferred: DeferredStore
    fresh: asyncio.Event
    outside: Outside
    replies: ValkeyReplyCache
    answering: Answering | None


@asynccontextmanager
async def open_engine(
    settings: Settings, addresses: StoreAddresses, open_model: OpenModel | None = None
) -> AsyncIterator[Parts]:
    """The engine and its parts, on the stores at `addresses`, with the models in this process unless `open_model` says
    otherwise. Closes everything at the end.

    Raises SettingsInvalid (another master key), ModelInvalid, StoreUnavailable.
    """
    clock, ids = SystemClock(), RandomIds()
    vault = Vault(load_master_key(settings.master_key_file, create=True))
    plugins = load_plugins(settings.home)
    skills = SkillBook(known_to_platforms(plugins.skills))
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(addresses.database_url))
        writer = await stack.enter_async_context(Writer(addresses.database_url))
        valkey = Valkey(connect(addresses.redis_url), SCRIPTS)
        stack.push_async_callback(valkey.close)
        registry = Registry(database, vault)
        await registry.check_master_key()
        await registry.create_app("default")
        model = stack.enter_context((open_model or in_process)(settings, skills))
        generator = await stack.enter_async_context(open_generator(settings, clock, model))
        fresh = asyncio.Event()
        turns = PostgresTurnStore(database, writer, vault, ids, fresh.set)
        sessions = ValkeySessionStore(valkey, vault, turns.people)
        configs = SkillConfigs(settings, registry, skills.loaded)
        outside = await stack.enter_async_context(open_outside(configs, clock))
        replies = ValkeyReplyCache(valkey, vault, clock, edition(skills.loaded))
        answering = _answering(generator, settings, clock)
        decider = Decider(
            turns, model, skills, clock, ids, settings.timezone, outside=outside, cache=replies, answering=answering
        )
        engine = Engine(turns, sessions, decider, clock, ids)
        stack.push_async_callback(engine.background.close, CLOSE_S)
        outbox = OutboxStore(database, turns.people, vault)
        handoffs = HandoffStore(database, turns.people)
        deferred = DeferredStore(database, turns.people, vault)
        yield Parts(
            settings,
            clock,
            ids,
            vault,
            database,
            valkey,
            registry,
            plugins,
            skills,
            model,
            generator,
            engine,
            outbox,
            handoffs,
            deferred,
            fresh,
            outside,
            replies,
            answering,
        )


@asynccontextmanager
async def open_front(
    settings: Settings, addresses: StoreAddresses, worker: str, open_model: OpenModel | None = None
) -> AsyncIterator[Front]:
    """The ASGI application of the web worker called `worker`, with the models where the settings say."""
    async with open_engine(settings, addresses, open_model or by_settings) as parts:
        if worker == FIRST_WORKER:  # the others would say the same
            tell_broken(parts.plugins.broken)
        with Metrics(settings.home / "run" / "metrics", worker, parts.clock) as metrics:
            if worker == FIRST_WORKER:
                publish_served(Home(settings.home), (one.manifest.name for one in parts.plugins.channels))
            _watch_models(parts.model, metrics)
            parts.replies.report_to(metrics)
            _watch_generator(parts.generator, metrics)
            if parts.answering is not None:
                parts.answering.count = metrics.guarded
            pages = WSGIMiddleware(cast(Any, make_pages(parts.skills.infos("en"))), workers=PAGE_THREADS)
            doors, limits = make_doors(parts), Limits(addresses.redis_url)
            parts.engine.background.ended = metrics.finished
            async with make_outbox(parts, doors, metrics) as outbox, _finisher(parts, doors):
                yield Front(
                    doors,
                    parts.engine,
                    outbox,
                    limits,
                    metrics,
                    parts.clock,
                    {**_endpoints(parts, metrics), HANDOFFS: _handoffs(parts, doors, limits)},
                    pages,
                )


def _answering(generator: Generator | None, settings: Settings, clock: Clock) -> Answering | None:
    """The stage that speaks where no skill does; None unless a language model was chosen."""
    return Answering(generator, clock, settings.timezone) if generator is not None else None


def _watch_models(model: ModelService, metrics: Metrics) -> None:
    computing = model if isinstance(model, Computing) else None
    if computing is not None:
        computing.report_to(metrics)
    metrics.watch_models(model.state, computing.waiting if computing is not None else None)


def _watch_generator(generator: Generator | None, metrics: Metrics) -> None:
    """Counts answers here, unless the process that gives them does."""
    if isinstance(generator, CountedGenerator):
        generator.watch = metrics
        metrics.watch_generator(generator.state, lambda: (generator.waiting, generator.under_way))
    elif generator is not None:
        metrics.watch_generator(generator.state)


def make_doors(parts: Parts) -> Doors:
    """The doors over the parts of an engine."""
    return Doors(
        parts.plugins.channels,
        parts.settings,
        parts.registry,
        parts.vault,
        parts.clock,
        parts.ids,
        parts.registry,
        lambda platform, config: key_source(platform, config, parts.clock),
    )


def _handoffs(parts: Parts, doors: Doors, limits: Limits) -> HandoffsEndpoint:
    """`/v1/handoffs` for whoever the REST door lets in, within its limit."""

    async def admit(wire: Wire) -> Verified:
        door = await doors.adapter(DEFAULT_APP, "rest")
        verified = await door.verify(wire)
        if door.limit is not None:
            await limits.check(door.limit, f"{verified.app}:{verified.principal}")
        return verified

    return HandoffsEndpoint(parts.handoffs, admit, parts.clock)


def make_outbox(parts: Parts, doors: Doors, counts: Counts) -> Outbox:
    """What delivers what turns leave to go out: messages by the doors, calls by the skills."""
    carriers = Carriers(doors, parts.skills.loaded, parts.outside, parts.clock)
    return Outbox(parts.outbox, carriers, counts, parts.clock, random.random, parts.fresh)


def _finisher(parts: Parts, doors: Doors) -> Finisher:
    """What finishes answers that were not ready in time, also those of workers that died."""
    return Finisher(parts.deferred, parts.engine.background, doors, parts.clock, random.random)


def _probe(parts: Parts) -> endpoints.Probe | None:
    """Asks models that live elsewhere whether they answer; None where they are in this process."""
    model = parts.model
    if not isinstance(model, Remote):
        return None
    return lambda: model.health(parts.clock.now() + endpoints.CHECK_S)


def _endpoints(parts: Parts, metrics: Metrics) -> dict[str, endpoints.Endpoint]:
    return {
        "/healthz": endpoints.health(),
        "/readyz": endpoints.readiness(
            lambda: parts.database.row("select 1"),
            lambda: parts.valkey.call("PING"),
            parts.model.state,
            _probe(parts),
            parts.generator.state if parts.generator is not None else None,
        ),
        "/metrics": endpoints.metrics(CONTENT_TYPE, lambda: metrics.render(VERSION)),
        "/openapi.json": endpoints.fixed(endpoints.JSON, document(VERSION)),
    }
