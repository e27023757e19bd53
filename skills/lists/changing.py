"""Puts things on lists and takes them off."""

from collections.abc import Sequence

from msgspec.structs import replace

from shared.skill import TurnContext
from shared.turn import Choice, Elicit, Reply
from skills.lists import shelf as kept
from skills.lists.items import meant, named, split
from skills.lists.language import Words, is_any, key, without_start, words_of
from skills.lists.names import LAST, Which, hinted, which
from skills.lists.said import things
from skills.lists.shelf import LONGEST_ITEM, LONGEST_NAME, MOST_ITEMS, MOST_LISTS, TODO, Entry, Shelf
from skills.lists.wording import cut, listed, name_of, number_of


async def add(turn: TurnContext) -> Reply:
    """Puts things on a list, those that are not on it yet. Where a bound is in the way nothing is put on it."""
    words, shelf = words_of(turn.locale), await kept.shelf_of(turn.documents)
    said = things(turn, words)
    chosen = which(turn, shelf, said)
    if turn.understanding.source == "dialogue":  # an answer may repeat the command: "add milk"
        said = without_start(said, words.lead)
    items = split(said, words, doing=chosen.entry.id == TODO)
    if not items:
        return asking(turn, "add_what", "lists.add")
    before = await kept.items_of(turn.documents, chosen.entry)
    fresh, there = _new(items, before, words)
    if refusal := _refused(turn, shelf, chosen, fresh, len(before)):
        return Reply(text=refusal)
    return _told(turn, shelf, chosen.entry, before, fresh, there)


def _told(
    turn: TurnContext, shelf: Shelf, entry: Entry, before: Sequence[str], fresh: Sequence[str], there: Sequence[str]
) -> Reply:
    """What was put on the list, and what was there before."""
    name, state = name_of(turn, entry), {LAST: entry.id}
    if not fresh:
        return Reply(text=turn.say("already", items=listed(turn, there), list=name), state=state)
    made = bool(entry.name) and shelf.entry(entry.id) is None
    text = turn.say("added_new" if made else "added", items=listed(turn, fresh), list=name)
    if there:
        text = f"{text} {turn.say('too', items=listed(turn, there))}"
    return Reply(text=text, effects=kept.added(shelf, entry, before, fresh), state=state)


def _new(items: Sequence[str], before: Sequence[str], words: Words) -> tuple[list[str], list[str]]:
    """The things that are not on a list yet, each once, and those that are."""
    known = {key(text, words) for text in before}
    fresh: dict[str, str] = {}
    there: list[str] = []
    for item in items:
        if key(item, words) in known:
            there.append(item)
        else:
            fresh.setdefault(key(item, words), item)
    return list(fresh.values()), there


def _refused(turn: TurnContext, shelf: Shelf, chosen: Which, fresh: Sequence[str], count: int) -> str:
    """Why things cannot be put on a list; "" where they can."""
    if any(len(item) > LONGEST_ITEM for item in fresh):
        return turn.say("item_too_long", most=number_of(turn, LONGEST_ITEM))
    if count + len(fresh) > MOST_ITEMS:
        return turn.say("list_full", list=name_of(turn, chosen.entry), most=number_of(turn, MOST_ITEMS))
    return no_room(turn, shelf, chosen.entry)


def no_room(turn: TurnContext, shelf: Shelf, entry: Entry) -> str:
    """Why a list that is not there yet cannot be made; "" where it can, or is there."""
    if len(entry.name) > LONGEST_NAME:
        return turn.say("name_too_long", most=number_of(turn, LONGEST_NAME))
    if shelf.entry(entry.id) is None and len(shelf.lists) >= MOST_LISTS:
        return turn.say("too_many_lists", most=number_of(turn, MOST_LISTS))
    return ""


async def remove(turn: TurnContext) -> Reply | None:
    """Takes things off a list; None where all of them are meant, which has to be asked for first."""
    words, shelf = words_of(turn.locale), await kept.shelf_of(turn.documents)
    said = things(turn, words)
    chosen = which(turn, shelf, said)
    if is_any(words.everything, said):
        return None
    if not chosen.known and not said and (entry := hinted(turn.text, shelf, words)):  # the thing was taken for the list
        said, chosen = chosen.entry.name, Which(entry, True, True)
    if not chosen.known:
        return Reply(text=turn.say("unknown", name=cut(chosen.entry.name)))
    place = turn.slots.get("place")
    wanted = [item[:LONGEST_ITEM] for item in split(said, words, doing=chosen.entry.id == TODO)]
    if not wanted and not isinstance(place, int):
        said = named(turn.text, await kept.items_of(turn.documents, chosen.entry), words)
        if not said:
            return asking(turn, "remove_what", "lists.remove")
        wanted = [said]
    entry, items, found = await _found(turn, shelf, chosen, wanted)
    if not any(found) and isinstance(place, int) and items:
        found = [_at(place, len(items))]
    if unclear := next((places for places in found if len(places) > 1), None):
        return _which(turn, [items[n] for n in unclear], entry)
    return _taken(turn, shelf, entry, items, wanted, found)


async def _found(
    turn: TurnContext, shelf: Shelf, chosen: Which, wanted: Sequence[str]
) -> tuple[Entry, list[str], list[list[int]]]:
    """The list with what is wanted, its things, and the places of each; another list where none was named and one has it."""
    words = words_of(turn.locale)
    others = [] if chosen.named else [entry for entry in shelf.lists if entry.id != chosen.entry.id]
    first: tuple[Entry, list[str], list[list[int]]] | None = None
    for entry in (chosen.entry, *others):
        items = await kept.items_of(turn.documents, entry)
        found = [meant(item, items, words) for item in wanted]
        if any(found):
            return entry, items, found
        first = first or (entry, items, found)
    assert first is not None  # noqa: S101 (there is always one list to look at)
    return first


def _taken(
    turn: TurnContext, shelf: Shelf, entry: Entry, items: list[str], wanted: Sequence[str], found: list[list[int]]
) -> Reply:
    """What was taken off, and what could not be found."""
    name, state = name_of(turn, entry), {LAST: entry.id}
    missing = [item for item, places in zip(wanted, found, strict=False) if not places]
    places = sorted({place for each in found for place in each})
    if not places:
        text = turn.say("missing", items=listed(turn, missing), list=name) if items else turn.say("empty", list=name)
        return Reply(text=text, state=state)
    texts = [items[place] for place in places]
    text = turn.say("done" if entry.id == TODO else "removed", items=listed(turn, texts), list=name)
    if missing:
        text = f"{text} {turn.say('missing_too', items=listed(turn, missing))}"
    return Reply(text=text, effects=kept.removed(shelf, entry, items, places), state=state)


def _at(place: int, count: int) -> list[int]:
    """The place that an ordinal means: 1 is the first, -1 the last."""
    number = place - 1 if place > 0 else count + place
    return [number] if 0 <= number < count else []


def _which(turn: TurnContext, items: Sequence[str], entry: Entry) -> Reply:
    """Asks which of several is meant."""
    question = asking(turn, "which", "lists.remove", items=listed(turn, items, "or"))
    return replace(question, choices=tuple(Choice(cut(item), item) for item in items[:10]), state={LAST: entry.id})


def asking(turn: TurnContext, key: str, intent: str, slot: str = "item", **values: object) -> Reply:
    """Asks for a slot."""
    question = turn.say(key, **values)
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit(intent, slot))
