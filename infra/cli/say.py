"""`nexus say`: speaks to the running NEXUS as a platform would, over TCP, with the simulators' own credentials."""

import re
import sys
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
from rich.console import Console

from channels.alexa.twin import AlexaTwin, Heard
from infra.cli.lines import lines
from infra.home import Home
from infra.settings import Settings
from infra.simulator import APP, Simulator
from shared.errors import NexusError, SettingsInvalid, Unavailable
from shared.message import MessageOut

_PATIENCE_S = 15.0
_CREDENTIAL = re.compile(r"(?i)^(bearer \S{0,12}).*")
Say = Callable[[str], str]


class SayRefused(NexusError):
    """NEXUS answered with an error. The text is what it said."""


def run(settings: Settings, channel: str, text: str, *, show: bool, interactive: bool, user: str) -> None:
    """Say `text`, then with `interactive` whatever is typed. Raises Unavailable if NEXUS does not run."""
    simulator = Simulator(Home(settings.home).simulator)
    if settings.production:
        raise SettingsInvalid("`nexus say` speaks as a simulator, which production refuses (NEXUS_ENV=production)")
    hooks: dict[str, list[Callable[..., Any]]] = {"request": [_show_request], "response": [_show_answer]}
    with httpx.Client(trust_env=False, timeout=_PATIENCE_S, event_hooks=hooks if show else {}) as client:
        try:
            say = _SPEAKERS[channel](settings, simulator, client, user)
            for line in [text] if text else []:
                print(say(line), flush=True)
            for line in lines() if interactive else ():
                print(say(line), flush=True)
        except httpx.ConnectError:
            raise Unavailable(
                f"nobody answers at {settings.local_url}: start NEXUS with `nexus up` (and the same NEXUS_PORT)"
            ) from None
        except httpx.HTTPError as error:
            raise Unavailable(f"NEXUS at {settings.local_url} did not answer: {type(error).__name__}") from None


def _alexa(settings: Settings, simulator: Simulator, client: httpx.Client, user: str) -> Say:
    twin = AlexaTwin(simulator.alexa, settings.local_url, APP, user=f"amzn1.ask.account.{user}", client=client)
    return lambda text: _heard(twin.say(text))


def _heard(heard: Heard) -> str:
    card = heard.card or {}
    shown = [card.get("title", ""), card.get("content") or card.get("text", "")]
    return "\n".join([heard.speech or "(silence)", *(f"  | {part}" for part in shown if part and part != heard.speech)])


def _rest(settings: Settings, simulator: Simulator, client: httpx.Client, user: str) -> Say:
    keys = simulator.keys()
    if keys is None:
        raise SettingsInvalid(f"there is no simulator in {settings.home} yet: start NEXUS once with `nexus up`")
    headers = {"authorization": f"Bearer {keys.rest}"}
    url = f"{settings.local_url}/v1/messages"
    return lambda text: _answer(client.post(url, headers=headers, json={"text": text, "user": {"id": user}}))


def _web(settings: Settings, simulator: Simulator, client: httpx.Client, user: str) -> Say:
    url = f"{settings.local_url}/apps/{APP}/channels/web"
    headers = {"origin": f"http://127.0.0.1:{settings.port}"}
    opened = client.post(f"{url}/session", headers=headers)
    _check(opened)
    headers["authorization"] = f"Bearer {opened.json()['token']}"
    return lambda text: _answer(client.post(url, headers=headers, json={"text": text}))


_SPEAKERS = {"alexa": _alexa, "rest": _rest, "web": _web}


def _answer(response: httpx.Response) -> str:
    _check(response)
    reply = msgspec.json.decode(response.content, type=MessageOut).reply
    if reply is None:
        return "(no answer yet)"
    cards = [part for card in reply.cards for part in (card.title, card.text, card.url) if part]
    choices = [choice.title for choice in reply.choices]
    return "\n".join([reply.text, *(f"  | {part}" for part in cards), *(f"  - {title}" for title in choices)])


def _check(response: httpx.Response) -> None:
    if response.status_code >= 300:
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        raise SayRefused(f"NEXUS answered {response.status_code}: {problem.get('detail') or response.text[:300]}")


def _show_request(request: httpx.Request) -> None:
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"[bold]{request.method} {request.url}[/]")
    for name, value in request.headers.items():
        shown = _CREDENTIAL.sub(r"\1…", value)
        console.print(f"{name}: {shown}", markup=False, highlight=False)
    if request.content:
        console.print_json(request.content.decode())


def _show_answer(response: httpx.Response) -> None:
    response.read()
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"[bold]{response.status_code} {response.reason_phrase}[/]")
    if "json" in response.headers.get("content-type", ""):
        console.print_json(response.text)
    sys.stderr.flush()
