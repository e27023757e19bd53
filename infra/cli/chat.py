"""`nexus chat`: the same engine in this process, on the stores of the running NEXUS or on ones started for it."""

import asyncio
import sys
from collections.abc import Mapping

from infra.app import Parts, make_doors, make_outbox, open_engine
from infra.cli.lines import lines
from infra.embedded import open_stores
from infra.home import Home
from infra.outbox import Outbox
from infra.prepare import prepare_stores
from infra.runtime import check_runtime
from infra.settings import Settings
from infra.telemetry.logs import configure_logging
from shared.errors import NexusError, NotFound
from shared.ports import Documents, Outgoing
from shared.turn import Choice, Kind, Outcome, Reply, Request, Turn

CHANNEL = "rest"  # so that a user is the same person as the REST API's `user.id`
CONVERSATION = "chat"  # but the talk is one of its own
_PATIENCE_S = 30.0  # nobody hangs up here


def run(settings: Settings, app: str, user: str) -> None:
    """Talk until the input ends. Raises NotFound for an unknown app, and whatever keeps the engine from starting."""
    configure_logging("warning", sys.stderr)
    check_runtime()
    home = Home(settings.home, settings.runtime_dir)
    with open_stores(home, settings.database_url, settings.redis_url, "nexus chat") as addresses:
        prepare_stores(settings, addresses)
        # One loop, run only while there is something to do: input() then behaves as in any program, Ctrl-C included.
        with asyncio.Runner() as runner:
            engine = open_engine(settings, addresses)
            parts = runner.run(engine.__aenter__())
            try:
                runner.run(_require_app(parts, app))
                _talk(runner, parts, app, user)
            finally:
                runner.run(engine.__aexit__(None, None, None))


async def _require_app(parts: Parts, app: str) -> None:
    if await parts.registry.channel_config(app, CHANNEL) is None:
        raise NotFound(f"there is no app {app!r}: nexus apps create {app}")


def _talk(runner: asyncio.Runner, parts: Parts, app: str, user: str) -> None:
    if sys.stdin.isatty():
        print(f"You are {user} of app {app}. Ctrl-D ends.")
    choices: tuple[Choice, ...] = ()
    outbox = make_outbox(parts, make_doors(parts), _NoCounts())
    for line in lines():
        picked = int(line) - 1 if line.isdecimal() and len(line) < 4 else -1
        text = choices[picked].value if 0 <= picked < len(choices) else line
        try:
            turn = runner.run(answered(parts, _request(parts, app, user, text)))
        except NexusError as error:
            print(f"nexus: {error}", file=sys.stderr)
            continue
        choices = turn.reply.choices if turn.reply else ()
        _print(turn)
        runner.run(_carry_out(outbox))


async def answered(parts: Parts, request: Request) -> Turn:
    """The answer; where that takes long it is waited for, with a word in between: nothing goes on while a line is typed."""
    turn = await parts.engine.run(request, _Terminal())
    if turn.outcome is not Outcome.DEFERRED:
        return turn
    _print(turn)
    await parts.engine.background.settled()
    return await parts.engine.find(request.app, CHANNEL, request.message_id, tells=lambda _: True) or turn


def _print(turn: Turn) -> None:
    print(shown(turn.reply) if turn.reply else turn.reason, flush=True)


class _Terminal:
    """Implements `shared.ports.Door` for somebody at a terminal, who sees what comes later without asking."""

    answers_first, fetches_later, place = False, True, ""

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """It has none of its own."""
        return None

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """Nothing is sent: it is printed."""
        return ()

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """See `outgoing`."""
        return ()

    async def hold(self, request: Request, words: str) -> None:
        """See `Door.hold`."""
        print(words, flush=True)


class _NoCounts:
    """Nobody looks at this process' metrics."""

    def delivery(self, channel: str, state: str) -> None:
        """Not counted."""

    def waiting(self, channels: Mapping[str, int]) -> None:
        """Not told."""


async def _carry_out(outbox: Outbox) -> None:
    """What turns left to be done (skills' calls) is done before the next line, whether a NEXUS runs beside us or not."""
    while await outbox.deliver_due():
        await outbox.settled()


def _request(parts: Parts, app: str, user: str, text: str) -> Request:
    now = parts.clock.now()
    return Request(
        app=app,
        channel=CHANNEL,
        message_id=parts.ids.new(),
        conversation=CONVERSATION,
        user=user,
        kind=Kind.UTTERANCE,
        received_at=now,
        deadline=now + _PATIENCE_S,
        text=text,
    )


def shown(reply: Reply) -> str:
    """A reply as lines of text: nothing of it is dropped."""
    said = [reply.aloud.text]
    for card in reply.cards:
        said += [part for part in (card.title, card.text, card.url or "", card.image_url or "") if part]
    said += [f"{medium.alt} {medium.url}".strip() for medium in reply.media]
    said += [f"  {number}. {choice.title}" for number, choice in enumerate(reply.choices, 1)]
    return "\n".join(said)
