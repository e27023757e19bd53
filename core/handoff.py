"""Conversations in the hands of a human: how they get there, how NEXUS keeps quiet in them, and how it comes back.

    answered → HandOver → quiet, and each message passed on … → HandBack, an operator, or hours without a message → answered

The mark is in the session, so that conversations without one cost nothing. Whether the human still has a marked one is in the
store, where an operator may have ended it meanwhile.
"""

from typing import Any

from msgspec.structs import replace

from core.decided import Decided
from core.dialogue.hearing import sureness
from core.dialogue.joining import joined
from core.skillbook import LoadedSkill, SkillBook, SkillFailed
from shared.effects import HandBack, HandOver, name_of
from shared.errors import DeadlineExceeded, ModelUnavailable
from shared.handing import Handoff, HandoffEnded, HandoffHeard, HandoffStep
from shared.outside import NewCall
from shared.ports import Ids, ModelService, ModelState
from shared.turn import Kind, Outcome, Reply, Request, Session

_HAND_BACK = name_of(HandBack())
# A human may be waiting for these words: whoever only seems to want the assistant back is not taken at that.
_SURE = 0.8
_WITHIN_S = 86_400.0  # what a human gets to know is not worth less an hour later
MOST_HOURS = 24.0 * 31
_TELLS = frozenset({Kind.OPEN, Kind.UTTERANCE, Kind.ACTION})


class Ears:
    """Listens, while NEXUS keeps quiet, for nothing but the wish to have it back."""

    def __init__(self, model: ModelService, skills: SkillBook) -> None:
        self._model = model
        self._skills = skills
        intents = (item for one in skills.loaded for item in one.manifest.intents.items())
        self._wishes = frozenset(intent for intent, spec in intents if _HAND_BACK in spec.effects)

    async def want_back(self, request: Request, by: float) -> bool:
        """Whether `request` asks for the assistant. Without a model that answers by then (Unix seconds), all is passed on."""
        known = self._skills.from_platform(request.intent.name) if request.intent is not None else None
        if known is not None:
            return known in self._wishes
        if not request.text or request.kind is Kind.EVENT:
            return False
        try:
            heard = await self._model.understand(request.text, request.locale, by, sure=request.spoken)
        except (ModelUnavailable, DeadlineExceeded):
            return False
        return any(one.intent in self._wishes and sureness(one) >= _SURE for one in (heard, *heard.more))


def steps_of(
    reply: Reply, loaded: LoadedSkill | None, request: Request, session: Session, ids: Ids, now: float
) -> tuple[HandoffStep, ...]:
    """What a skill's reply does about handing over. Taking back what nobody has does nothing. Raises SkillFailed."""
    steps: list[HandoffStep] = []
    for effect in reply.effects:
        if isinstance(effect, HandOver) and loaded is not None:
            steps.append(_begun(_checked(effect, loaded), loaded.manifest.name, ids.new(), request, now))
        elif isinstance(effect, HandBack) and session.handoff:
            steps.append(HandoffEnded(session.handoff, "person"))
    return tuple(steps)


def _checked(effect: HandOver, loaded: LoadedSkill) -> HandOver:
    if effect.relay not in loaded.skill.acts:
        raise SkillFailed(loaded.manifest.name, "hands over to a call that no method of it is marked for")
    if not 0 < effect.hours <= MOST_HOURS:
        raise SkillFailed(loaded.manifest.name, f"hands over for more than {MOST_HOURS:.0f} hours, or for none")
    return effect


def _begun(effect: HandOver, skill: str, handoff_id: str, request: Request, now: float) -> Handoff:
    return Handoff(
        id=handoff_id,
        app=request.app,
        channel=request.channel,
        conversation=request.conversation,
        user=request.user,
        locale=request.locale,
        skill=skill,
        reason=effect.reason,
        relay=effect.relay,
        quiet=effect.quiet,
        back=effect.back,
        hours=effect.hours,
        started_at=now,
        until=now + 3600 * effect.hours,
    )


def calls_of(steps: tuple[HandoffStep, ...], request: Request) -> tuple[NewCall, ...]:
    """What humans get to know of what begins."""
    return tuple(_told(step, "started", request, reason=step.reason) for step in steps if isinstance(step, Handoff))


def silent(held: Handoff, model: ModelState, request: Request, now: float) -> Decided:
    """The answer of NEXUS to what a human gets. A message puts the end off, and is passed on in the same commit."""
    calls = _passed_on(held, request)
    steps = (HandoffHeard(held.id, now + 3600 * held.hours),) if calls else ()
    reply = Reply(text="", human=held.quiet)
    return Decided(Outcome.ANSWERED, reply, model, skill=held.skill, handoff=steps, calls=calls, aside=True)


def returned(decided: Decided, held: Handoff | None, request: Request) -> Decided:
    """What was decided in a conversation that a human had until now, of which the person is told first."""
    if decided.outcome is not Outcome.ANSWERED or request.kind not in _TELLS or decided.reply.native:
        return decided  # next time, when it can be told
    if held is None:
        return replace(decided, unmarked=True)
    reply = joined((Reply(text=held.back), decided.reply))
    decided = replace(decided, reply=reply, unmarked=True)
    if held.returned_at is not None:
        return decided
    ended = (HandoffEnded(held.id, "time"), *decided.handoff)
    return replace(decided, handoff=ended, calls=(_told(held, "ended", request, by="time"), *decided.calls))


def taken_back(decided: Decided, held: Handoff, request: Request) -> Decided:
    """What was decided on the person's own wish to have the assistant back; the human gets to know."""
    if not any(isinstance(step, HandoffEnded) for step in decided.handoff):
        return decided
    return replace(decided, calls=(_told(held, "ended", request, by="person"), *decided.calls))


def _passed_on(held: Handoff, request: Request) -> tuple[NewCall, ...]:
    """A message of the person for the human; nothing where there is nothing in it."""
    intent = request.intent
    if request.kind is Kind.EVENT or not (request.text or intent or request.attachments):
        return ()
    more: dict[str, Any] = {"message_id": request.message_id, "text": request.text}
    if intent is not None and not request.text:  # the platform kept the words to itself
        slots = {name: slot.text for name, slot in intent.slots.items() if slot.text}
        more["understood"] = {"intent": intent.name, "slots": slots}
    if request.attachments:
        more["attachments"] = [{"url": one.url, "media_type": one.media_type} for one in request.attachments]
    return (_told(held, "message", request, **more),)


def _told(held: Handoff, event: str, request: Request, **more: Any) -> NewCall:
    """What a human gets to know, in order, as the README of skills/handoff documents it."""
    content = {
        "event": event,
        "handoff": held.id,
        "app": held.app,
        "channel": held.channel,
        "conversation": held.conversation,
        "user": held.user,
        "locale": request.locale,
        "at": request.received_at,
        **more,
    }
    return NewCall(
        held.skill, held.relay, content, request.received_at + _WITHIN_S, lane=f"{held.channel} {held.conversation}"
    )
