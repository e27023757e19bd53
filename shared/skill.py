"""The contract of a skill: a manifest that says what it understands, and handlers that answer.

A skill is a folder (or a package with the entry point `nexus.skills`) with `skill.toml`, `locales/<language>.toml` and a Python
module. The model is trained from the utterances; a dialogue fills the slots and asks before anything with an effect; the
handler gets a TurnContext.

    class Lists(Skill):
        @intent("lists.add")
        async def add(self, turn: TurnContext) -> Reply: ...
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, TypeVar
from zlib import crc32

from msgspec import Struct, field

from shared.manifest import NOT_SET_UP, PLACEHOLDER, SkillInfo
from shared.outside import Calls, PastCall, Web
from shared.ports import Clock, Documents, Memories
from shared.turn import Reply, Request, Session, SlotValue, Understanding

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Reply]])
Caller = TypeVar("Caller", bound=Callable[..., Awaitable[None]])
Method = TypeVar("Method", bound=Callable[..., Awaitable[Any]])
_HANDLES, _CONFIRMS, _CALLS = "_nexus_handles", "_nexus_confirms", "_nexus_calls"


class TurnContext(Struct, frozen=True, kw_only=True):
    """What a handler sees: the request, what it means, the conversation so far, and what it may ask for.

    `understanding.intent` is one of the skill's own intents. `state` is what the skill put into its last reply's `state`.
    `documents` is what was kept about the person by the effect `Keep`. `skills` lists every skill that is loaded here.
    `timezone` is an IANA name. `confirmed`: the person agreed to this. `answers` are the skill's wordings in their language.
    `config` holds the skill's settings, `lacks` the keys of required ones that have no value; `web` is what its permissions let
    it reach. What the skill's calls came to is in `calls()`.
    """

    request: Request
    understanding: Understanding
    session: Session
    state: dict[str, object]
    memories: Memories
    documents: Documents
    clock: Clock
    timezone: str
    web: Web
    called: Calls
    config: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    skills: tuple[SkillInfo, ...] = ()
    confirmed: bool = False
    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def intent(self) -> str:
        """The intent to handle."""
        return self.understanding.intent or ""

    @property
    def text(self) -> str:
        """What the person said, cleaned; of a sentence that asks for several things, the part that asks for this one."""
        return self.understanding.text or self.request.text

    @property
    def locale(self) -> str:
        """The person's locale, such as `en-US`."""
        return self.request.locale

    @property
    def slots(self) -> dict[str, Any]:
        """What the slots stand for, by name; those that nothing was said for, or nothing that is a value, are not there."""
        return {name: slot.value for name, slot in self.understanding.slots.items() if slot.value is not None}

    def slot(self, name: str) -> SlotValue | None:
        """A slot's value, or None."""
        return self.understanding.slots.get(name)

    async def calls(self, limit: int = 10) -> list[PastCall]:
        """The newest calls of this skill for this person, newest first: what the effect `Call` came to."""
        return await self.called.recent(limit)

    def not_set_up(self) -> Reply:
        """Says in the person's language that an operator has to set this up first."""
        return Reply(text=self.say(NOT_SET_UP))

    def say(self, key: str, /, **values: object) -> str:
        """One of the wordings that `[answers]` has for `key`, `{name}` filled in.

        The same message gets the same one; not what was said last, if another is there. Raises KeyError for unknown keys.
        """
        wordings = [_filled(words, values) for words in self.answers[key]]
        fresh = [words for words in wordings if words != self.session.last_reply] or wordings
        return fresh[crc32(self.request.message_id.encode()) % len(fresh)]


class CallContext(Struct, frozen=True, kw_only=True):
    """What a method marked `@call` gets: what the handler's `Call` said, and what it may use.

    `key` is the same whenever the same call is tried again, and no other call's: services that know idempotency keys get it.
    """

    name: str
    content: dict[str, Any]
    key: str
    config: Mapping[str, str]
    web: Web
    clock: Clock


def intent(*names: str) -> Callable[[Handler], Handler]:
    """Marks the method of a Skill that handles the intents called `names`."""
    return _marked(_HANDLES, names)


def confirm(*names: str) -> Callable[[Handler], Handler]:
    """Marks the method that words the question asked before these intents are handled, where prompts cannot.

    It answers as a handler does, without effects: with `Reply.confirm` the intent is handled once the person agrees; with
    `Reply.elicit` it asks for something first; any other reply is the answer, and nothing is handled.
    """
    return _marked(_CONFIRMS, names)


def call(*names: str) -> Callable[[Caller], Caller]:
    """Marks the method that carries out the calls `names` (see the effect `Call`), after the turn that asked for them is stored.

    It gets a CallContext, may run twice for one call, and answers with nothing. It raises DeliveryFailed: `final` where trying
    again is of no use, `in_doubt` where it may have been done; else it is tried again until its time is over. WebFailed counts as
    what it says about itself.
    """
    return _marked(_CALLS, names)


class Skill:
    """What NEXUS can do. Handlers may run twice for one message: they change nothing; effects go into the reply."""

    handlers: ClassVar[dict[str, str]] = {}
    """The methods that handle, by intent."""

    questions: ClassVar[dict[str, str]] = {}
    """The methods that ask before handling, by intent."""

    acts: ClassVar[dict[str, str]] = {}
    """The methods that carry out calls, by the call's name."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Finds the methods that are marked with `intent`, `confirm` and `call`."""
        super().__init_subclass__(**more)
        cls.handlers, cls.questions, cls.acts = (_methods(cls, mark) for mark in (_HANDLES, _CONFIRMS, _CALLS))

    async def handle(self, turn: TurnContext) -> Reply:
        """The answer to an intent of this skill; without its required settings, that. Raises LookupError for unknown intents."""
        return turn.not_set_up() if turn.lacks else await _answer(self, self.handlers, turn)

    async def ask_first(self, turn: TurnContext) -> Reply:
        """The question before an intent that is in `questions`, like `handle`. Raises LookupError for others."""
        return turn.not_set_up() if turn.lacks else await _answer(self, self.questions, turn)

    async def carry_out(self, call: CallContext) -> None:
        """Does what a `Call` says. Raises LookupError where no method is marked for it, and whatever that method raises."""
        if call.name not in self.acts:
            raise LookupError(f"{type(self).__name__} has no method for the call {call.name}")
        await getattr(self, self.acts[call.name])(call)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """The slots of `intent` found in `text`, where types do not say how. Pure. A platform's own slots win over these."""
        return {}


async def _answer(skill: Skill, methods: dict[str, str], turn: TurnContext) -> Reply:
    if turn.intent not in methods:
        raise LookupError(f"{type(skill).__name__} has no handler for {turn.intent}")
    reply: Reply = await getattr(skill, methods[turn.intent])(turn)
    return reply


def _marked(mark: str, names: tuple[str, ...]) -> Callable[[Method], Method]:
    def decorate(method: Method) -> Method:
        setattr(method, mark, names)
        return method

    return decorate


def _methods(cls: type, mark: str) -> dict[str, str]:
    return {intent: name for name in dir(cls) for intent in getattr(getattr(cls, name, None), mark, ())}


def _filled(words: str, values: dict[str, object]) -> str:
    return PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), words)
