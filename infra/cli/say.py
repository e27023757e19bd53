"""`nexus say`: speaks to the running NEXUS as a platform would, over TCP, with the simulators' own credentials."""

import sys
from collections.abc import Iterator

import httpx

from infra.cli.lines import lines
from infra.cli.wiretap import wiretap
from infra.home import Home
from infra.plugins import find_twins
from infra.settings import Settings
from infra.simulator import APP, Simulator
from shared.errors import NexusError, NotFound, SettingsInvalid, Unavailable
from shared.testing.platforms import AnswerRefused, Heard, Twin


class SayRefused(NexusError):
    """The platform does not take what NEXUS answered. The text says why."""


def run(
    settings: Settings,
    channel: str,
    text: str,
    *,
    show: bool = False,
    interactive: bool = False,
    retry: bool = False,
    user: str = "me",
    locale: str = "en-US",
) -> None:
    """Say `text`, then with `interactive` whatever is typed, until the platform closes the session.

    Raises Unavailable if NEXUS does not run, SayRefused with what the platform has against an answer.
    """
    if settings.production:
        raise SettingsInvalid("`nexus say` speaks as a simulator, which production refuses (NEXUS_ENV=production)")
    found = find_twins(settings.home).named(channel)
    if found is None:
        raise NotFound(f"there is no simulator called {channel!r}")
    folder = Simulator(Home(settings.home).simulator).of(channel)
    kind = found.load()
    hooks = wiretap() if show else {}
    with (
        httpx.Client(trust_env=False, event_hooks=hooks) as client,
        kind(folder, settings.local_url, APP, user=user, locale=locale, client=client) as twin,
    ):
        try:
            if interactive:
                if sys.stdin.isatty():
                    print(f"You are {user}, and speak through {channel}. Enter alone is silence, Ctrl-D ends.")
                _talk(twin, text)
            else:
                print(seen(_say(twin, text, retry)), flush=True)
        except AnswerRefused as refused:
            raise _refusal(channel, refused) from None
        except httpx.ConnectError:
            raise Unavailable(
                f"nobody answers at {settings.local_url}: start NEXUS with `nexus up` (and the same NEXUS_PORT)"
            ) from None
        except httpx.TimeoutException:
            raise Unavailable(f"{channel} hangs up after {kind.patience_s:g} seconds, without an answer") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"NEXUS at {settings.local_url} did not answer: {type(error).__name__}") from None


def _say(twin: Twin, text: str, retry: bool) -> Heard:
    heard = twin.say(text)
    if retry:
        before, after = twin.answered, twin.again()
        if before is None or (before.status, before.body) != (after.status, after.body):
            raise AnswerRefused(f"sent again, the message got another answer (HTTP {after.status})")
    return heard


def _talk(twin: Twin, text: str) -> None:
    """A conversation: where nothing is said yet it begins as the platform does, and it ends when the platform ends it."""
    heard = twin.say(text) if text else twin.start()
    if heard is not None:
        print(seen(heard, state=True), flush=True)
    said = lines(blank=True)
    while heard is None or heard.open is not False:
        line = next(said, None)
        if line is None:
            return
        heard = twin.say(line) if line else twin.silence()
        if heard is not None:
            print(seen(heard, state=True), flush=True)


def seen(heard: Heard, state: bool = False) -> str:
    """What a person hears and sees, as lines; with `state`, whether the platform listens on, and what it says after silence."""
    return "\n".join(_lines(heard, state))


def _lines(heard: Heard, state: bool) -> Iterator[str]:
    yield heard.text or "(silence)"
    for part in heard.shown:
        yield from (f"  | {line}" for line in part.splitlines() if part != heard.text)
    yield from (f"  - {choice}" for choice in heard.choices)
    if state and heard.open:
        yield f"  (listening; after silence: {heard.reprompt})" if heard.reprompt else "  (listening)"
    elif state and heard.open is False:
        yield "  (session closed)"


def _refusal(channel: str, refused: AnswerRefused) -> SayRefused:
    """Why, in one line, or in a list where there is more than one reason."""
    if len(refused.complaints) < 2:
        return SayRefused(f"{channel} does not take the answer: {refused}")
    reasons = "".join(f"\n  - {complaint}" for complaint in refused.complaints)
    return SayRefused(f"{channel} does not take the answer:{reasons}")
