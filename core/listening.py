"""What a request means: the platform's own understanding, else the model's, seen in the light of the dialogue."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from core.dialogue.around import Around
from core.dialogue.fresh import follow_up
from core.dialogue.hearing import SURE, sureness, words_for_slot
from core.dialogue.state import NOTHING, State
from core.fallback import Samples
from core.handlers import Handlers
from core.skillbook import SkillBook
from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.locales import language_of
from shared.ports import ModelService, Person
from shared.turn import Kind, Request, SlotValue, Understanding

T = TypeVar("T")
GREET = "assistant.greet"
RECALL = "notes.recall"


class Listener:
    """Understands requests."""

    def __init__(self, model: ModelService, skills: SkillBook, handlers: Handlers) -> None:
        self._model = model
        self._skills = skills
        self._handlers = handlers
        self._samples = Samples(skills)

    async def hear(self, state: State, around: Around, person: Person, by: float) -> Understanding | None:
        """What is meant; None where there is nothing to understand (an event, silence, an intent that is not ours).

        By `by` (Unix seconds) whoever waits should be answered: then a model that hangs is only waited for where there is no
        other way to understand.
        """
        request = around.request
        platform = self._from_platform(request)
        if platform is not None:
            words = words_for_slot(state, platform, around)
            return await self._reheard(words, request, by) if words else platform
        if request.kind is Kind.OPEN and not request.text and self._skills.of(GREET):
            return Understanding(GREET, 1.0, source="platform")
        if not request.text or request.kind is Kind.EVENT:
            return None
        understood = await self._understood(request.text, request, by)
        if state.question is not None:
            return understood
        around = around.speaking(understood.language)
        followed = await aside_the_loop(follow_up, state, understood, around)
        if followed is None and understood.intent is None:
            followed = await self._recalled(person, understood, around)
        return replace(followed, language=understood.language) if followed else understood

    async def _reheard(self, words: str, request: Request, by: float) -> Understanding:
        """What words mean that the platform had no better use for than as a slot's value."""
        return replace(await self._understood(words, request, by), text=words)

    async def _understood(self, text: str, request: Request, by: float) -> Understanding:
        """What the model says; where it does not answer, what the skills' own sentences say. Raises as the model does."""
        if not self._model.state().ready and (known := self._sample(text, request)):
            return known  # at once: the model might be waited for
        try:
            return await self._model.understand(text, request.locale, by, sure=request.spoken)
        except (ModelUnavailable, DeadlineExceeded) as error:
            if known := self._sample(text, request):
                return known
            if isinstance(error, ModelUnavailable) or by >= request.deadline:
                raise
        return await self._model.understand(text, request.locale, request.deadline, sure=request.spoken)

    def _sample(self, text: str, request: Request) -> Understanding | None:
        return self._samples.find(text, language_of(request.locale), sure=request.spoken)

    async def _recalled(self, person: Person, understood: Understanding, around: Around) -> Understanding | None:
        """What no skill was trained for may still be a question about what the person told: then it is one for RECALL."""
        request = around.request
        if self._skills.of(RECALL) is None:
            return None
        found = await self._handlers.memories(person, request).search(request.text, limit=1)
        if not found:
            return None
        slots = {**around.own(RECALL, request.text), "topic": SlotValue(request.text, request.text)}
        return Understanding(RECALL, found[0].score, understood.oos_score, slots, understood.ranking, "memory")

    def _from_platform(self, request: Request) -> Understanding | None:
        """The platform's own intent, if it is one of ours."""
        if request.intent is None:
            return None
        intent = self._skills.from_platform(request.intent.name)
        return Understanding(intent, 1.0, slots=request.intent.slots, source="platform") if intent else None


def language_used(heard: Understanding, state: State, around: Around) -> str:
    """The language to answer in: the one that was heard. An answer to an open question may hold words of another one."""
    asked = state.question is not None and heard.intent is not None
    if not heard.language or (state.question is not None and not (asked and sureness(heard) >= SURE)):
        return around.language
    return heard.language


async def aside_the_loop(
    step: Callable[[State, Understanding, Around], T], state: State, heard: Understanding, around: Around
) -> T:
    """A step of the dialogue; in a thread where it may read values, of which the first place takes a second to load."""
    reads = state != NOTHING or any(one.intent and around.spec(one.intent).slots for one in (heard, *heard.more))
    return await asyncio.to_thread(step, state, heard, around) if reads else step(state, heard, around)
