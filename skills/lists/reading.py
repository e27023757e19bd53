"""Tells what is on lists, and which lists there are."""

from shared.skill import TurnContext
from shared.turn import Choice, Elicit, Reply
from skills.lists import shelf as kept
from skills.lists.items import meant, split
from skills.lists.language import words_of
from skills.lists.names import LAST, which
from skills.lists.said import things
from skills.lists.shelf import LONGEST_ITEM, TODO, Entry, Shelf
from skills.lists.wording import count_of, cut, listed, name_of, portion

_READ_TO = "read"  # in the session's state: how many things of the list have been told
_MORE, _STOP = "more", "stop"


async def read(turn: TurnContext) -> Reply:
    """What is on a list, a portion at a time; or whether something is on it."""
    if turn.slots.get("portion") == _STOP and _READ_TO in turn.state:
        return Reply(text=turn.say("stopped"), state={LAST: turn.state.get(LAST)})
    words, shelf = words_of(turn.locale), await kept.shelf_of(turn.documents)
    item = things(turn, words)
    chosen = which(turn, shelf, item)
    if not chosen.known:
        return Reply(text=turn.say("unknown", name=cut(chosen.entry.name)))
    if wanted := split(item, words, doing=chosen.entry.id == TODO):
        return await _is_on(turn, shelf, chosen.entry, chosen.named, wanted[0][:LONGEST_ITEM])
    return await _told(turn, chosen.entry)


async def _told(turn: TurnContext, entry: Entry) -> Reply:
    items = await kept.items_of(turn.documents, entry)
    name = name_of(turn, entry)
    if not items:
        return Reply(text=turn.say("empty", list=name), state={LAST: entry.id})
    start = _from(turn, entry, len(items))
    end = start + portion(items[start:])
    told = {"items": listed(turn, items[start:end]), "list": name, "count": count_of(turn, "count", len(items))}
    if end == len(items):
        return Reply(text=turn.say("read_last" if start else "read", **told), state={LAST: entry.id})
    key = "read_next" if start else "read_first"
    again = turn.say("read_on")
    return Reply(
        text=f"{turn.say(key, **told)} {again}",
        reprompt=again,
        expects_answer=True,
        elicit=Elicit("lists.read", "portion"),
        choices=(Choice(turn.say("more_button"), turn.say("more_button")),),
        state={LAST: entry.id, _READ_TO: end},
    )


def _from(turn: TurnContext, entry: Entry, count: int) -> int:
    """Where to go on: from the start, unless more is asked for of the list that was begun."""
    begun = turn.state.get(_READ_TO)
    more = turn.slots.get("portion") == _MORE and turn.state.get(LAST) == entry.id
    return begun if more and isinstance(begun, int) and 0 < begun < count else 0


async def _is_on(turn: TurnContext, shelf: Shelf, entry: Entry, named: bool, item: str) -> Reply:
    """Whether something is on a list; where none was named, on any."""
    words = words_of(turn.locale)
    others = () if named else tuple(other for other in shelf.lists if other.id != entry.id)
    for one in (entry, *others):
        items = await kept.items_of(turn.documents, one)
        if places := meant(item, items, words):
            found = listed(turn, [items[place] for place in places])
            return Reply(text=turn.say("is_on", items=found, list=name_of(turn, one)), state={LAST: one.id})
    return Reply(text=turn.say("is_not_on", item=cut(item), list=name_of(turn, entry)), state={LAST: entry.id})


async def overview(turn: TurnContext) -> Reply:
    """Which lists there are, each with how much is on it."""
    shelf = await kept.shelf_of(turn.documents)
    if not shelf.lists:
        return Reply(text=turn.say("no_lists"))
    told = [
        turn.say("list_with", list=name_of(turn, entry), count=count_of(turn, "count", entry.count))
        for entry in shelf.lists
    ]
    count = count_of(turn, "lists", len(told))
    return Reply(text=turn.say("overview", count=count, lists=listed(turn, told)))
