"""Lists: shopping, to-do and any other. What is on them lies in the person's documents (see `shelf`)."""

from shared.effects import Effect
from shared.skill import Skill, TurnContext, confirm, intent
from shared.turn import Confirm, Reply
from skills.lists import changing, reading
from skills.lists import shelf as kept
from skills.lists.names import LAST, Which, which
from skills.lists.shelf import Shelf, Step
from skills.lists.wording import count_of, cut, listed, name_of

_ASKED = "asked"  # in the session's state: the id of the list that the question was about


class Lists(Skill):
    """Answers `lists.*`."""

    @intent("lists.add")
    async def add(self, turn: TurnContext) -> Reply:
        """Puts things on a list."""
        return await changing.add(turn)

    @intent("lists.remove")
    async def remove(self, turn: TurnContext) -> Reply:
        """Takes things off a list; asks first where that is all of them."""
        return await changing.remove(turn) or await _ask(turn, "lists.clear")

    @intent("lists.read")
    async def read(self, turn: TurnContext) -> Reply:
        """Says what is on a list, or whether something is."""
        return await reading.read(turn)

    @intent("lists.overview")
    async def overview(self, turn: TurnContext) -> Reply:
        """Says which lists there are."""
        return await reading.overview(turn)

    @confirm("lists.clear", "lists.delete")
    async def ask(self, turn: TurnContext) -> Reply:
        """Says which list it is and how much is on it, and asks."""
        return await _ask(turn, turn.intent)

    @intent("lists.clear")
    async def clear(self, turn: TurnContext) -> Reply:
        """Empties a list."""
        shelf, chosen = await _agreed(turn)
        items = await kept.items_of(turn.documents, chosen.entry)
        if not items:
            return Reply(text=_nothing_there(turn, shelf, chosen))
        effects = kept.removed(shelf, chosen.entry, items, range(len(items)), "cleared")
        return _done(turn, "cleared", chosen, effects)

    @intent("lists.delete")
    async def delete(self, turn: TurnContext) -> Reply:
        """Takes a list away."""
        shelf, chosen = await _agreed(turn)
        if shelf.entry(chosen.entry.id) is None:
            return Reply(text=_nothing_there(turn, shelf, chosen))
        items = await kept.items_of(turn.documents, chosen.entry)
        return _done(turn, "deleted", chosen, kept.deleted(shelf, chosen.entry, items))

    @intent("lists.create")
    async def create(self, turn: TurnContext) -> Reply:
        """Makes a list, which is the one talked about from then on."""
        shelf = await kept.shelf_of(turn.documents)
        chosen = which(turn, shelf)
        if not chosen.named:
            return changing.asking(turn, "create_what", "lists.create", "list")
        if shelf.entry(chosen.entry.id) is not None:
            return _done(turn, "exists", chosen, ())
        if refusal := changing.no_room(turn, shelf, chosen.entry):
            return Reply(text=refusal)
        return _done(turn, "created", chosen, kept.created(shelf, chosen.entry))

    @intent("lists.undo")
    async def undo(self, turn: TurnContext) -> Reply:
        """Takes back the last change of a list."""
        shelf = await kept.shelf_of(turn.documents)
        step = await kept.last_step(turn.documents, shelf)
        if step is None:
            return Reply(text=turn.say("undo_nothing"))
        entry = shelf.entry(step.entry.id) or step.entry
        effects = kept.taken_back(
            shelf, step, await kept.items_of(turn.documents, entry) if _there(shelf, step) else []
        )
        return Reply(text=_undone(turn, step), effects=effects, state={LAST: step.entry.id})


async def _ask(turn: TurnContext, about: str) -> Reply:
    """Asks whether a list may be emptied or deleted; says so where there is nothing to do."""
    shelf = await kept.shelf_of(turn.documents)
    chosen = which(turn, shelf)
    if about == "lists.delete" and not chosen.named:
        return changing.asking(turn, "delete_what", about, "list")
    entry = shelf.entry(chosen.entry.id)
    if entry is None or (about == "lists.clear" and not entry.count):
        return Reply(text=_nothing_there(turn, shelf, chosen))
    key = "clear_ask" if about == "lists.clear" else "delete_ask"
    key = key if entry.count else "delete_empty_ask"
    question = turn.say(key, list=name_of(turn, entry), count=count_of(turn, "count", entry.count))
    state = {LAST: entry.id, _ASKED: entry.id}
    return Reply(text=question, reprompt=question, expects_answer=True, confirm=Confirm(about), state=state)


async def _agreed(turn: TurnContext) -> tuple[Shelf, Which]:
    """The list that the person agreed about: the one they named, else the one that the question was about."""
    shelf = await kept.shelf_of(turn.documents)
    chosen, asked = which(turn, shelf), turn.state.get(_ASKED)
    entry = shelf.entry(asked) if isinstance(asked, str) and not chosen.named else None
    return shelf, Which(entry, True, True) if entry is not None else chosen


def _nothing_there(turn: TurnContext, shelf: Shelf, chosen: Which) -> str:
    if not chosen.known:
        return turn.say("unknown", name=cut(chosen.entry.name))
    key = "empty" if shelf.entry(chosen.entry.id) else "no_list"
    return turn.say(key, list=name_of(turn, chosen.entry))


def _done(turn: TurnContext, key: str, chosen: Which, effects: tuple[Effect, ...]) -> Reply:
    last = {} if key == "deleted" else {LAST: chosen.entry.id}
    return Reply(text=turn.say(key, list=name_of(turn, chosen.entry)), effects=effects, state=last)


def _there(shelf: Shelf, step: Step) -> bool:
    return shelf.entry(step.entry.id) is not None


def _undone(turn: TurnContext, step: Step) -> str:
    """What was taken back, in words."""
    count, name = count_of(turn, "count", len(step.items)), name_of(turn, step.entry)
    key = "undo_made" if step.kind == "added" and step.made and step.entry.name else f"undo_{step.kind}"
    return turn.say(key, list=name, count=count, items=listed(turn, step.texts))
