"""A door with a mounted skill, and just enough of NEXUS behind it: documents, and an answer to what the skill does not take."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.credentials import AlexaCredentials
from channels.alexa.twin import AlexaHeard, AlexaTwin
from infra.keysource import key_source
from shared.channel import Wire, WireReply
from shared.effects import Keep
from shared.errors import NexusError
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.testing.platforms import Sent
from shared.turn import Kind, Outcome, Reply, Request

SKILLS = Path(__file__).parent / "skills"
STARGAZER = {"skill": "stargazer:sb", "skill_path": str(SKILLS / "stargazer")}
LUNCHBOX = {"skill": "lambda_function:sb", "skill_path": str(SKILLS / "lunchbox")}
JUKEBOX = {"skill": "jukebox.skill:builder", "skill_path": str(SKILLS), "persistence": "nexus"}
NEXUS_SAID = "NEXUS here."
FAILED = Reply(text="It failed.", expects_answer=True)

Lambda = Callable[[dict[str, Any], Any], dict[str, Any]]


def model_of(name: str) -> dict[str, Any]:
    """A skill's interaction model with what NEXUS needs besides, put together as the README says."""
    model: dict[str, Any] = json.loads((SKILLS / name / "model.json").read_text())
    mine = model["interactionModel"]
    nexus = json.loads(Path("channels/alexa/interaction_model.en-US.json").read_text())["interactionModel"]
    known = {intent["name"] for intent in mine["languageModel"]["intents"]}
    mine["languageModel"]["intents"] += [
        intent for intent in nexus["languageModel"]["intents"] if intent["name"] not in known
    ]
    mine.setdefault("dialog", {"intents": []})["intents"] += nexus["dialog"]["intents"]
    mine["prompts"] = mine.get("prompts", []) + nexus["prompts"]
    return model


class Documents:
    """What is kept about people, by name; the names asked for are noted."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any] | None] = {}

    async def get(self, name: str) -> dict[str, Any] | None:
        """See `shared.ports.Documents`."""
        return self.kept.get(name)


class Behind:
    """The door of app `contract` with a mounted skill, and what stands behind it."""

    def __init__(self, credentials: AlexaCredentials, config: Mapping[str, str], clock: FakeClock) -> None:
        self.credentials = credentials
        ports = door_ports(clock, keys=key_source("alexa", credentials.config(), clock))
        self.door = AlexaAdapter.open("contract", {**credentials.config(), **config}, ports)
        self.documents = Documents()
        self.replies: list[Reply | None] = []  # what the skill answered, None where it was not its own

    def person(self, **more: Any) -> AlexaTwin:
        """Somebody in front of a device at this door."""
        numbers = iter(range(1, 10_000))
        facts: dict[str, Any] = {"now": lambda: NOW, "new_id": lambda: f"twin-{next(numbers)}"} | more
        return AlexaTwin(self.credentials, "http://nexus.test", client=self._client(), **facts)

    def entered(self, sent: Sent) -> Request:
        """The request that the door makes of what Alexa sent."""
        return self.door.parse(asyncio.run(self.door.verify(wire(sent.headers, sent.body))))

    def answered(self, envelope: Mapping[str, Any]) -> Reply | None:
        """What the skill answers to `envelope`."""
        return asyncio.run(self.answer(envelope))

    async def answer(self, envelope: Mapping[str, Any]) -> Reply | None:
        """What the skill answers to `envelope`."""
        sent = self.person().sign(envelope)
        verified = await self.door.verify(wire(sent.headers, sent.body))
        return await self.door.answer(verified, self.door.parse(verified), self.documents)

    async def serve(self, incoming: Wire) -> WireReply:
        """One request's way, as NEXUS goes it: the skill, else NEXUS; effects kept with the answer; then the answer."""
        try:
            verified = await self.door.verify(incoming)
            request = self.door.parse(verified)
        except NexusError as error:
            return self.door.render_error(error)
        try:
            reply = await self.door.answer(verified, request, self.documents)
        except Exception:  # noqa: BLE001 (as the engine does)
            return self.door.render(request, turn_of(request, FAILED, Outcome.FAILED))
        self.replies.append(reply)
        reply = reply or _nexus(request)
        for effect in reply.effects:
            assert isinstance(effect, Keep)
            self.documents.kept[effect.name] = effect.content
        return self.door.render(request, turn_of(request, reply))

    def _client(self) -> httpx.Client:
        def handle(request: httpx.Request) -> httpx.Response:
            reply = asyncio.run(self.serve(wire(dict(request.headers), request.content)))
            return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)

        return httpx.Client(transport=httpx.MockTransport(handle))


def wire(headers: Mapping[str, str], body: bytes) -> Wire:
    """A request as the front makes one."""
    return Wire("POST", "/channels/alexa", tuple((k.lower().encode(), v.encode()) for k, v in headers.items()), body)


def asked_of(lambda_handler: Lambda, heard: AlexaHeard) -> dict[str, Any]:
    """What AWS Lambda would have answered to the request that `heard` answers."""
    event = json.loads(json.dumps(heard.request))
    answer: dict[str, Any] = json.loads(json.dumps(lambda_handler(event, None)))
    answer.setdefault("response", {})
    # What the SDK calls itself is kept for the process and grows with every builder in it: not the skill's to say.
    answer["userAgent"] = heard.response["userAgent"]
    return answer


def _nexus(request: Request) -> Reply:
    return Reply(text="" if request.kind is Kind.CLOSE else NEXUS_SAID, expects_answer=True, reprompt="Yes?")
