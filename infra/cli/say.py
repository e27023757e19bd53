"""`nexus say`: speaks to the running NEXUS as a platform would, over TCP, with the simulators' own credentials."""

import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice

import httpx

from infra.cli.lines import lines
from infra.cli.wiretap import wiretap
from infra.home import Home
from infra.plugins import find_twins
from infra.settings import Settings
from infra.simulator import APP, Simulator
from shared.errors import NexusError, NotFound, SettingsInvalid, Unavailable
from shared.testing.platforms import AnswerRefused, Heard, Twin
from shared.testing.platforms.faults import FAULTS, reordered, result

REORDER = "reorder"  # the fault that takes several messages


class SayRefused(NexusError):
    """The platform does not take what NEXUS answered. The text says why."""


def run(
    settings: Settings,
    channel: str,
    texts: Sequence[str],
    *,
    show: bool = False,
    interactive: bool = False,
    fault: str = "",
    user: str = "me",
    locale: str = "en-US",
) -> None:
    """Say `texts`, then with `interactive` whatever is typed, until the platform closes the session; all under `fault`.

    Raises Unavailable if NEXUS does not run, SayRefused with what the platform has against an answer, PromiseBroken where
    under a fault a message has not one answer.
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
        twin.fault = FAULTS[fault] if fault else None
        try:
            if interactive and sys.stdin.isatty():
                print(f"You are {user}, and speak through {channel}. {_hint(fault)}, Ctrl-D ends.")
            if fault == REORDER:
                _reorder(twin, texts, interactive)
            elif interactive:
                _talk(twin, " ".join(texts))
            else:
                _tell(twin, twin.say(" ".join(texts)))
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


def _hint(fault: str) -> str:
    return "Every two lines go out together, the second one first" if fault == REORDER else "Enter alone is silence"


def _talk(twin: Twin, text: str) -> None:
    """A conversation: where nothing is said yet it begins as the platform does, and it ends when the platform ends it."""
    said = lines(blank=True)
    heard = twin.say(text) if text else twin.start()
    while True:
        if heard is not None:
            _tell(twin, heard, state=True)
        if heard is not None and heard.open is False:
            return
        line = next(said, None)
        if line is None:
            return
        twin.answered = None
        heard = twin.say(line) if line else twin.silence()


def _reorder(twin: Twin, texts: Sequence[str], interactive: bool) -> None:
    """Messages that come last one first: `texts`, or with `interactive` every two lines, until the platform closes."""
    said = chain(texts, lines()) if interactive else iter(texts)
    together = 2 if interactive else len(texts)
    while messages := list(islice(said, together)):
        heard = reordered(twin, messages)
        for text, one in zip(reversed(messages), heard, strict=True):
            print(f"> {text}\n{seen(one, state=interactive)}")
        print(f"  ({result(twin, heard)})", flush=True)
        if any(one.open is False for one in heard):
            return


def _tell(twin: Twin, heard: Heard, state: bool = False) -> None:
    """Print what is heard, and what came of the fault if one befell a message."""
    print(seen(heard, state), flush=True)
    if twin.fault is not None and twin.answered is not None:
        print(f"  ({result(twin, [heard])})", flush=True)


def seen(heard: Heard, state: bool = False) -> str:
    """What a person hears and sees, as lines; with `state`, whether the platform listens on, and what it says after silence."""
    return "\n".join(_lines(heard, state))


def _lines(heard: Heard, state: bool) -> Iterator[str]:
    if heard.text or not heard.shown:
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
