"""A skill whose answers are cached, with handlers that keep their promise and handlers that do not."""

from typing import Any

import msgspec

from core.skillbook import LoadedSkill
from shared.effects import Remember
from shared.errors import WebFailed, Withheld
from shared.manifest import SkillLocale, SkillManifest
from shared.skill import Skill, TurnContext, intent
from shared.turn import Elicit, Reply, Request, Session

MANIFEST = """
name = "fair"
title = "Fair"
summary = "I tell everybody the same."
entry = "skill:Fair"
permissions = ["memories", "documents", "network:fair.example"]
settings = [{ key = "tone", help = "How it sounds.", default = "kind" }]
"""
CACHED = ("tell", "hear", "page", "ask", "web", "leave", "native", "spy", "remember", "large", "odd")
LIES = {
    "user": "request.user is withheld",
    "text": "the text is withheld",
    "last": "session.skills is withheld",
    "memories": "there is none of this for it",
    "documents": "there is none of this for it",
    "calls": "there is none of this for it",
    "clock": "there is none of this for it",
}
"""Intents that reach for the person, with what they are told."""


class Fair(Skill):
    """`count` counts the handlers that ran."""

    def __init__(self) -> None:
        self.count = 0

    async def handle(self, turn: TurnContext) -> Reply:
        self.count += 1
        return await super().handle(turn)

    @intent("fair.tell", "fair.hear")
    async def tell(self, turn: TurnContext) -> Reply:
        heard = f" You said {turn.text}." if turn.intent == "fair.hear" else ""
        return Reply(text=turn.say("told", about=turn.slots.get("about"), tone=turn.config["tone"]) + heard)

    @intent("fair.page")
    async def page(self, turn: TurnContext) -> Reply:
        page = int(str(turn.state.get("page", 0))) + 1
        return Reply(text=f"Page {page}", state={"page": page, "lines": [page]})

    @intent("fair.ask")
    async def ask(self, turn: TurnContext) -> Reply:
        return Reply(text="About what?", reprompt="What?", expects_answer=True, elicit=Elicit("fair.tell", "about"))

    @intent("fair.web")
    async def web(self, turn: TurnContext) -> Reply:
        try:
            fetched = await turn.web.get("https://fair.example/news")
        except WebFailed:
            return Reply(text="It is away.")
        return Reply(text=fetched.body.decode() + (" (old)" if fetched.stale else ""))

    @intent("fair.leave")
    async def leave(self, turn: TurnContext) -> Reply:
        return Reply(text="Bye.", end_session=True)

    @intent("fair.native")
    async def native(self, turn: TurnContext) -> Reply:
        return Reply(text="Look.", native={"rest": {"colour": "red"}})

    @intent("fair.remember")
    async def remember(self, turn: TurnContext) -> Reply:
        return Reply(text="Kept.", effects=(Remember("what nobody said"),))

    @intent("fair.large")
    async def large(self, turn: TurnContext) -> Reply:
        return Reply(text="x" * 10_000)

    @intent("fair.odd")
    async def odd(self, turn: TurnContext) -> Reply:
        return Reply(text="Odd.", state={"odd": 2**70})

    @intent("fair.spy")
    async def spy(self, turn: TurnContext) -> Reply:
        return Reply(text=str(await seen(turn)))

    @intent(*(f"fair.{name}" for name in LIES))
    async def lie(self, turn: TurnContext) -> Reply:
        looks: dict[str, Any] = {
            "user": lambda: turn.request.user,
            "text": lambda: turn.text,
            "last": lambda: turn.session.skills,
            "memories": lambda: turn.memories.recent(),
            "documents": lambda: turn.documents.get("home"),
            "calls": turn.calls,
            "clock": turn.clock.now,
        }
        found = looks[turn.intent.partition(".")[2]]()
        return Reply(text=f"I know: {await found if hasattr(found, '__await__') else found}")


async def seen(turn: TurnContext) -> dict[str, object]:
    """All that a handler can find out about who asks, the hard ways included."""
    looks: dict[str, Any] = {f"request.{name}": lambda n=name: getattr(turn.request, n) for name in _of(Request)}
    looks |= {f"session.{name}": lambda n=name: getattr(turn.session, n) for name in _of(Session)}
    looks |= {
        "text": lambda: turn.text,
        "memories": turn.memories.recent,
        "searched": lambda: turn.memories.search("key"),
        "document": lambda: turn.documents.get("home"),
        "calls": turn.calls,
        "now": turn.clock.now,
        "passing": turn.clock.monotonic,
        "raw": lambda: msgspec.to_builtins((turn.request, turn.session, turn.understanding, turn.state)),
    }
    found: dict[str, object] = {}
    for name, look in looks.items():
        try:
            value = look()
            found[name] = await value if hasattr(value, "__await__") else value
        except Withheld:
            found[name] = "withheld"
    return found


def _of(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return kind.__struct_fields__


def loaded(skill: Skill, cache_s: float = 60.0, version: str = "1.0.0", words: str = "{tone}") -> LoadedSkill:
    """The skill as it is loaded."""
    intents = {f"fair.{name}": {"summary": "…", "cache_s": cache_s} for name in (*CACHED, *LIES)}
    intents["fair.tell"]["slots"] = intents["fair.hear"]["slots"] = {"about": {}}
    intents["fair.hear"]["cache_text"] = True
    raw = {**msgspec.toml.decode(MANIFEST), "intents": intents, "version": version}
    told = tuple(f"{start} {{about}} in a {words} way." for start in ("This is", "Here is", "Let me tell you of"))
    return LoadedSkill(msgspec.convert(raw, SkillManifest), skill, {"en": SkillLocale(answers={"told": told})})
