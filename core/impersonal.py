"""Runs the handlers of intents with `cache_s`: once for everybody who asks the same, and without anybody's being there."""

from msgspec.structs import replace

from core.dialogue.manager import Run
from core.reach import Reach
from core.skillbook import LoadedSkill, SkillBook
from core.stages import Stages
from shared.impersonal import Question, WatchedWeb, lasting, read, turn_of, variant_for, variants, written
from shared.locales import language_of
from shared.ports import Clock, ReplyCache
from shared.turn import Reply, Request, Session


class NoReplyCache:
    """Implements `ReplyCache` where there is none: nothing is kept."""

    async def find(self, app: str, intent: str, question: bytes) -> Reply | None:
        """Nothing."""
        return None

    async def keep(self, app: str, intent: str, question: bytes, reply: Reply, seconds: float, took_s: float) -> None:
        """Forgets it."""


class Impersonal:
    """Answers that depend on nobody. `timezone` is an IANA name."""

    def __init__(self, cache: ReplyCache | None, skills: SkillBook, reach: Reach, clock: Clock, timezone: str) -> None:
        self._cache = NoReplyCache() if cache is None else cache
        self._skills = skills
        self._reach = reach
        self._clock = clock
        self._timezone = timezone

    async def answer(self, loaded: LoadedSkill, run: Run, request: Request, session: Session, stages: Stages) -> Reply:
        """What `run` is answered with; not in the words that were said last, where there are others.

        The stage is "cache" where the answer was there already, else "skill". Raises what the handler raises.
        """
        number = variants(loaded.locale(language_of(request.locale)).answers)
        question = await self._question(loaded, run, request, session)
        question = replace(question, variant=variant_for(request.message_id, number))
        reply = await self._asked(loaded, question, request.deadline, stages)
        if number == 1 or not reply.text or reply.text != session.last_reply:
            return reply
        other = replace(question, variant=(question.variant + 1) % number)
        return await self._asked(loaded, other, request.deadline, stages)

    async def _question(self, loaded: LoadedSkill, run: Run, request: Request, session: Session) -> Question:
        intent, heard = run.frame.intent, run.understanding
        again = session.last_intent == intent
        return Question(
            app=request.app,
            intent=intent,
            source=heard.source,
            locale=request.locale,
            timezone=self._timezone,
            text=(heard.text or request.text) if loaded.manifest.intents[intent].cache_text else None,
            slots=heard.slots,
            config=dict(await self._reach.config(loaded, request.app)),
            state=session.skills.get(loaded.manifest.name, {}) if again else {},
        )

    async def _asked(self, loaded: LoadedSkill, question: Question, deadline: float, stages: Stages) -> Reply:
        key = written(question)
        if key is None:
            reply, _ = await self._handled(loaded, question, deadline)
            stages.mark("skill")
            return reply
        found = await self._cache.find(question.app, question.intent, key)
        if found is not None:
            stages.mark("cache")
            return found
        began = self._clock.monotonic()
        reply, whole = await self._handled(loaded, read(key), deadline)
        took_s = self._clock.monotonic() - began
        if whole and lasting(reply):
            seconds = loaded.manifest.intents[question.intent].cache_s
            await self._cache.keep(question.app, question.intent, key, reply, seconds, took_s)
        stages.mark("skill")
        return reply

    async def _handled(self, loaded: LoadedSkill, question: Question, deadline: float) -> tuple[Reply, bool]:
        """What the handler answers, and whether the web answered all that it asked."""
        web = WatchedWeb(self._reach.web(loaded, question.config, self._clock.now(), deadline))
        language = language_of(question.locale)
        turn = turn_of(
            question,
            web,
            loaded.locale(language).answers,
            self._skills.infos(language),
            loaded.manifest.lacking(question.config),
        )
        return await loaded.skill.handle(turn), not web.failed
