"""A person's reminders during one turn: what became due is told first, and what changed is kept."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.effects import Keep
from shared.skill import TurnContext
from shared.turn import Choice, Elicit, Reply
from skills.reminders import wording
from skills.reminders.kept import DOCUMENT, Reminder, Reminders, due, read, settled, stored, zone_of

TOLD = 5  # reminders in one answer
_DUE = 3  # of those that became due


class Desk(Struct, frozen=True):
    """The reminders that lie ahead, and those that became due and were not told of."""

    turn: TurnContext
    reminders: Reminders
    due: tuple[Reminder, ...]

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.turn.clock.now()

    @property
    def zone(self) -> tzinfo:
        """The person's time zone."""
        return zone_of(self.turn.timezone)

    @property
    def here(self) -> datetime:
        """Now, in the person's time zone."""
        return datetime.fromtimestamp(self.now, self.zone)

    def answer(self, text: str, reminders: Reminders | None = None, **more: Any) -> Reply:
        """Says what became due, then `text`; keeps `reminders` if they changed."""
        kept = self.reminders if reminders is None else reminders
        said = " ".join(part for part in (_told(self), wording.sentence(text)) if part)
        effects = (Keep(DOCUMENT, stored(kept)),) if self.due or reminders is not None else ()
        fields: dict[str, Any] = {"state": {}, **more}
        return replace(Reply(text=said, effects=effects), **fields)

    def ask(self, text: str, again: str, slot: str, **more: Any) -> Reply:
        """Asks for a slot."""
        elicit = Elicit(self.turn.intent, slot)
        return self.answer(text, reprompt=again, expects_answer=True, elicit=elicit, **more)

    def which(self, found: Sequence[Reminder]) -> Reply:
        """Asks which of several; each can be picked by what is to be done, or by its place where that is the same."""
        turn, some = self.turn, list(found[:TOLD])
        tasks, state = [wording.cut(one.task) for one in some], {"asked": [one.id for one in some]}
        if len({task.casefold() for task in tasks}) == len(tasks):
            text = turn.say("which", options=wording.either(turn, tasks))
            choices = tuple(Choice(task, task) for task in tasks)
            return self.ask(text, turn.say("which_again"), "task", choices=choices, state=state)
        text = turn.say("which", options=wording.joined(turn, [wording.item(turn, one) for one in some]))
        words = turn.say("ordinals").split("|")
        choices = tuple(Choice(wording.item(turn, one), word) for one, word in zip(some, words, strict=False))
        return self.ask(text, turn.say("which_again"), "task", choices=choices, state=state)


async def opened(turn: TurnContext) -> Desk:
    """The reminders of the person who speaks."""
    document, now = await turn.documents.get(DOCUMENT), turn.clock.now()
    over = due(document, now)
    return Desk(turn, read(settled(document, over, now)) if over else read(document), over)


def _told(desk: Desk) -> str:
    """What became due, the last of it; nothing where nothing did."""
    turn, said = desk.turn, []
    for one in desk.due[-_DUE:]:
        at = (one.repeat.before(desk.now, one.zone) if one.repeat is not None else None) or one.at
        said.append(wording.sentence(turn.say("due", when=wording.when(turn, at), task=wording.cut(one.task))))
    rest = len(desk.due) - len(said)
    return " ".join([*said, turn.say("due_more", count=rest)] if rest else said)
