"""Runs the handlers of skills: gives each what its manifest permits, and takes of its answer what the manifest declares."""

import traceback
from collections.abc import Sequence

from core.dialogue.manager import Run
from core.impersonal import Impersonal
from core.memory.documents import PersonDocuments
from core.memory.recall import PersonMemories
from core.reach import NothingOutside, Reach
from core.skillbook import LoadedSkill, SkillBook, SkillFailed
from core.stages import Stages
from shared.effects import ASK_FIRST, name_of
from shared.errors import DeadlineExceeded, ModelUnavailable, StoreUnavailable, Withheld
from shared.impersonal import Nothing
from shared.locales import language_of
from shared.manifest import NOT_SET_UP
from shared.outside import Outside
from shared.ports import Clock, Documents, Memories, ModelService, Person, ReplyCache, TurnStore
from shared.skill import TurnContext
from shared.turn import Reply, Request, Session

OUTAGES = (DeadlineExceeded, ModelUnavailable, StoreUnavailable)
"""What is no skill's fault."""


class Handlers:
    """The handlers of all skills. `timezone` is an IANA name."""

    def __init__(
        self,
        turns: TurnStore,
        model: ModelService,
        skills: SkillBook,
        clock: Clock,
        timezone: str,
        outside: Outside | None = None,
        cache: ReplyCache | None = None,
    ) -> None:
        self._turns = turns
        self._model = model
        self._skills = skills
        self._clock = clock
        self._timezone = timezone
        self._reach = Reach(outside or NothingOutside(), turns)
        self._impersonal = Impersonal(cache, skills, self._reach, clock, timezone)

    def memories(self, person: Person, request: Request) -> Memories:
        """What a person asked to remember."""
        return PersonMemories(person, self._turns, self._model, request.deadline, language_of(request.locale))

    async def not_set_up(self, intent: str, request: Request) -> Reply | None:
        """What the skill of `intent` says without the settings that it needs: nothing need be asked then. None: it has them."""
        loaded = self._skills.of(intent)
        if loaded is None or not loaded.manifest.lacking(loaded.manifest.defaults):
            return None
        if not loaded.manifest.lacking(await self._reach.config(loaded, request.app)):
            return None
        words = loaded.locale(language_of(request.locale)).answers.get(NOT_SET_UP, ())
        return Reply(text=words[0]) if words else None

    async def answer(
        self, run: Run, person: Person, request: Request, session: Session, said: Sequence[Reply], stages: Stages
    ) -> Reply:
        """What the handler of `run` answers, after `said` in the same turn. Raises SkillFailed, or one of OUTAGES."""
        loaded = self._skills.of(run.frame.intent)
        assert loaded is not None, "an intent of nobody"  # noqa: S101 (a caller's mistake)
        name = loaded.manifest.name
        spec = loaded.manifest.intents[run.frame.intent]
        try:
            if spec.cache_s and not run.first:
                reply = await self._impersonal.answer(loaded, run, request, session, stages)
            else:
                reply = await self._handled(loaded, run, person, request, session, said)
                stages.mark("skill")
        except OUTAGES:
            raise
        except Exception as error:
            raise failed(name, error) from error
        if run.first and reply.effects:
            raise SkillFailed(name, "acts before it is agreed to")
        for effect in map(name_of, reply.effects):
            if effect not in spec.effects:
                raise SkillFailed(name, f"{run.frame.intent} may not {effect}: its effects do not name it")
            if effect in ASK_FIRST and not run.frame.confirmed:
                raise SkillFailed(name, f"{run.frame.intent} may not {effect} before it is agreed to")
        return reply

    async def _handled(
        self, loaded: LoadedSkill, run: Run, person: Person, request: Request, session: Session, said: Sequence[Reply]
    ) -> Reply:
        context = await self._context(loaded, run, person, request, session, said)
        return await (loaded.skill.ask_first(context) if run.first else loaded.skill.handle(context))

    async def _context(
        self, loaded: LoadedSkill, run: Run, person: Person, request: Request, session: Session, said: Sequence[Reply]
    ) -> TurnContext:
        name, permitted = loaded.manifest.name, loaded.manifest.permissions
        memories: Memories = self.memories(person, request) if "memories" in permitted else _withheld(name)
        documents: Documents = (
            PersonDocuments(person, self._turns, said) if "documents" in permitted else _withheld(name)
        )
        language = language_of(request.locale)
        config = await self._reach.config(loaded, request.app)
        return TurnContext(
            request=request,
            understanding=run.understanding,
            session=session,
            state=session.skills.get(name, {}),
            memories=memories,
            documents=documents,
            clock=self._clock,
            timezone=self._timezone,
            web=self._reach.web(loaded, config, self._clock.now(), request.deadline),
            called=self._reach.calls(loaded, person),
            config=config,
            lacks=loaded.manifest.lacking(config),
            skills=self._skills.infos(language),
            confirmed=run.frame.confirmed,
            answers=loaded.locale(language).answers,
        )


def failed(name: str, error: Exception) -> SkillFailed:
    """The failure of a skill's (or door's) code, without the error's own text, which may hold what was said."""
    if isinstance(error, SkillFailed):
        return error
    return SkillFailed(name, str(error) if isinstance(error, Withheld) else type(error).__name__)


def traced(error: Exception) -> dict[str, str]:
    """Of the error behind a failure: what it was, and the last place in the code that it passed."""
    cause = error.__cause__ or error
    frames = traceback.extract_tb(cause.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"error": type(cause).__name__, "where": where}


def _withheld(skill: str) -> Nothing:
    """Memories and documents of a person, for a skill that may not see them."""
    return Nothing(f"skill {skill} has no permission for this: permissions in skill.toml")
