"""The contract of a skill: a manifest that says what it understands, and a handler that answers.

A skill is a folder (or a package with the entry point `nexus.skills`) with `skill.toml`, `locales/<language>.toml` and a Python
module. The loader reads the manifest; the model is trained from the utterances; the handler gets a TurnContext.
"""

from abc import ABC, abstractmethod

from msgspec import Struct, field

from shared.ports import Clock, Documents, Memories
from shared.turn import Reply, Request, Session, SlotValue, Understanding


class SlotSpec(Struct, frozen=True):
    """A slot of an intent: its type (a word for people and exporters) and the question that asks for it."""

    type: str = "text"
    prompt: str = ""
    required: bool = False


class IntentSpec(Struct, frozen=True):
    """An intent: what it is for, its slots, and the platforms' built-in intents that mean the same (`AMAZON.HelpIntent`)."""

    summary: str
    slots: dict[str, SlotSpec] = field(default_factory=dict)
    platform: tuple[str, ...] = ()


class SkillLocale(Struct, frozen=True):
    """A skill in one language: utterance templates with `{slot}` by intent, and example values by slot."""

    utterances: dict[str, tuple[str, ...]]
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)


class SkillManifest(Struct, frozen=True):
    """`skill.toml`. `entry` is `module:Class` inside the skill's folder; `examples` are things worth trying, shown in help."""

    name: str
    title: str
    summary: str
    entry: str
    intents: dict[str, IntentSpec]
    examples: tuple[str, ...] = ()
    version: str = "1.0.0"


class SkillInfo(Struct, frozen=True):
    """What help needs to know of a skill."""

    name: str
    title: str
    summary: str
    examples: tuple[str, ...]


class TurnContext(Struct, frozen=True, kw_only=True):
    """What a handler sees: the request, what it means, the conversation so far, and what it may ask for.

    `understanding.intent` is one of the skill's own intents. `state` is what the skill put into its last reply's `state`.
    `documents` is what was kept about the person by the effect `Keep`. `skills` lists every skill that is loaded here.
    `timezone` is an IANA name.
    """

    request: Request
    understanding: Understanding
    session: Session
    state: dict[str, object]
    memories: Memories
    documents: Documents
    clock: Clock
    timezone: str
    skills: tuple[SkillInfo, ...] = ()

    @property
    def intent(self) -> str:
        """The intent to handle."""
        return self.understanding.intent or ""

    @property
    def text(self) -> str:
        """What the person said, cleaned."""
        return self.request.text

    @property
    def locale(self) -> str:
        """The person's locale, such as `en-US`."""
        return self.request.locale

    def slot(self, name: str) -> SlotValue | None:
        """A slot's value, or None."""
        return self.understanding.slots.get(name)


class Skill(ABC):
    """What NEXUS can do. Handlers may run twice for one message: they change nothing; effects go into the reply."""

    @abstractmethod
    async def handle(self, turn: TurnContext) -> Reply:
        """The answer to an intent of this skill."""

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """The slots of `intent` found in `text`. Pure. A platform's own slots win over these."""
        return {}
