"""Plays dialogues with one skill as the engine would: slots from the text, questions answered by the next utterance."""

import asyncio

from shared.ports import Memory
from shared.skill import Skill, SkillInfo, TurnContext
from shared.testing.fakes import FakeClock, FakeDocuments, FakeMemories
from shared.turn import Kind, Pending, Reply, Request, Session, SlotValue, Understanding

NOW = 1_795_464_300.0  # Monday, 23 November 2026, 20:05 UTC


class Talk:
    """One conversation with one skill."""

    def __init__(
        self,
        skill: Skill,
        *,
        now: float = NOW,
        timezone: str = "America/New_York",
        locale: str = "en-US",
        memories: tuple[Memory, ...] = (),
        skills: tuple[SkillInfo, ...] = (),
    ) -> None:
        self.clock = FakeClock(now)
        self.memories = FakeMemories(memories)
        self._skill, self._timezone, self._locale, self._skills = skill, timezone, locale, skills
        self._session = Session()
        self._state: dict[str, object] = {}
        self._count = 0

    def say(self, intent: str, text: str, *, platform: bool = False, kind: Kind = Kind.UTTERANCE) -> Reply:
        """The reply to `text`, meant as `intent`; where a question of that intent is open, `text` answers it."""
        pending = self._session.pending
        if pending is not None and not platform and intent == pending.intent:
            understood = _answer(pending, text)
        else:
            slots = self._skill.slots(intent, text, self._locale)
            understood = Understanding(intent, 0.9, slots=slots, source="platform" if platform else "model")
        self._count += 1
        reply = asyncio.run(self._skill.handle(self._turn(text, understood, kind)))
        asked = reply.elicit
        self._session = Session(
            seq=self._count,
            pending=Pending("skill", asked.intent, asked.slot, understood.slots) if asked else None,
            last_reply=reply.text,
        )
        self._state = self._state if reply.state is None else dict(reply.state)
        return reply

    def _turn(self, text: str, understood: Understanding, kind: Kind) -> TurnContext:
        now = self.clock.now()
        request = Request(
            app="a",
            channel="c",
            message_id=f"m-{self._count}",
            conversation="k",
            user="u",
            kind=kind,
            received_at=now,
            deadline=now + 8.0,
            text=text,
            locale=self._locale,
        )
        return TurnContext(
            request=request,
            understanding=understood,
            session=self._session,
            state=self._state,
            memories=self.memories,
            documents=FakeDocuments(),
            clock=self.clock,
            timezone=self._timezone,
            skills=self._skills,
        )


def _answer(pending: Pending, text: str) -> Understanding:
    slots = {**pending.slots, pending.slot: SlotValue(text, text)}
    return Understanding(pending.intent, 1.0, slots=slots, source="dialogue")
