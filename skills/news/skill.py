"""News: headlines from the feeds that the operator named, a few at a time, and more about one of them.

What was read is kept in the session as ids only; the texts are looked up again among what the feeds say.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_time

from shared.errors import WebFailed
from shared.skill import Skill, TurnContext, intent
from shared.turn import Card, Choice, Elicit, Reply
from skills.news.feeds import Item, Unreadable
from skills.news.paper import Paper, paper, words

PORTION = 3  # headlines in one breath
_KEPT = 60
_SMALL, _LONG = 3, 6  # letters: words that name nothing, and words that name something alone


class News(Skill):
    """Answers `news.*`."""

    @intent("news.headlines")
    async def headlines(self, turn: TurnContext) -> Reply:
        """The first headlines, or those about a topic."""
        found = await _paper(turn)
        if isinstance(found, Reply):
            return found
        topic = _topic(turn)
        items = found.about(topic) if topic else found.items
        if not items:
            return Reply(text=turn.say("none_about", topic=topic) if topic else turn.say("none"), state={})
        intro = turn.say("about", topic=topic) if topic else turn.say("intro")
        return _portion(turn, found, intro, [one.id for one in items], 0)

    @intent("news.next")
    async def next(self, turn: TurnContext) -> Reply:
        """The headlines after those that were read."""
        ids, start, _ = _read_so_far(turn)
        if not ids:
            return await self.headlines(turn)
        if start >= len(ids):
            return Reply(text=turn.say("no_more"))
        found = await _paper(turn)
        return found if isinstance(found, Reply) else _portion(turn, found, turn.say("next"), ids, start)

    @intent("news.more")
    async def more(self, turn: TurnContext) -> Reply:
        """What a feed says about one headline."""
        ids, end, first = _read_so_far(turn)
        found = await _paper(turn)
        if isinstance(found, Reply):
            return found
        if not ids:
            return await self.headlines(turn)
        slot = turn.slot("number")
        if slot is None:
            item = _named(turn.text, found.items)
            if item is None and end - first == 1:
                item = found.item(ids[first])
            return _told(turn, found, item) if item else _which(turn, turn.say("which"))
        number = end if slot.value == "last" else int(slot.value) if str(slot.value).isdecimal() else 0
        if not 1 <= number <= end:
            return _which(turn, turn.say("no_such", count=end))
        return _told(turn, found, found.item(ids[number - 1]))


async def _paper(turn: TurnContext) -> Paper | Reply:
    """The headlines, or why there are none."""
    try:
        return await paper(turn.web, turn.config)
    except WebFailed:
        return Reply(text=turn.say("down"))
    except Unreadable:
        return Reply(text=turn.say("refused"))


def _topic(turn: TurnContext) -> str:
    slot = turn.slot("topic")
    return " ".join(slot.text.split())[:60] if slot and words(slot.text) else ""


def _portion(turn: TurnContext, found: Paper, intro: str, ids: Sequence[str], start: int) -> Reply:
    """A few headlines with their numbers, which go on counting."""
    end = min(start + PORTION, len(ids))
    known = [(number + 1, found.item(ids[number])) for number in range(start, end)]
    items = [(number, item) for number, item in known if item is not None]
    said = [turn.say("headline", number=number, title=_sentence(item.title)) for number, item in items]
    hint = turn.say("hint" if end < len(ids) else "hint_last")
    choices = tuple(Choice(item.title[:80], turn.say("choice", number=number)) for number, item in items)
    return Reply(
        text=" ".join([intro, *said, *_age(turn, found), hint]),
        choices=choices,
        reprompt=hint,
        expects_answer=True,
        state={"ids": list(ids[:_KEPT]), "first": start, "end": end},
    )


def _told(turn: TurnContext, found: Paper, item: Item | None) -> Reply:
    if item is None:
        return Reply(text=turn.say("gone"))
    text = " ".join([_sentence(item.title), _sentence(item.summary) if item.summary else turn.say("nothing_more")])
    cards = (Card(item.title, item.summary, url=item.link),) if item.link else ()
    return Reply(text=" ".join([text, *_age(turn, found)])[:600], cards=cards)


def _which(turn: TurnContext, question: str) -> Reply:
    return Reply(text=question, reprompt=turn.say("which"), expects_answer=True, elicit=Elicit("news.more", "number"))


def _read_so_far(turn: TurnContext) -> tuple[list[str], int, int]:
    """The ids of all headlines that were meant, how many of them were read, and where the last portion began."""
    ids, end, first = turn.state.get("ids"), turn.state.get("end"), turn.state.get("first")
    if not isinstance(ids, list) or not isinstance(end, int) or not isinstance(first, int):
        return [], 0, 0
    return [str(one) for one in ids], min(end, len(ids)), first


def _named(text: str, items: Sequence[Item]) -> Item | None:
    """The headline with most of the words that were said: two, or a long one; None where none has, or two fit as well."""
    said = {word for word in words(text) if len(word) > _SMALL}
    fits = [({word for word in words(item.title) if word in said}, item) for item in items]
    best = sorted(fits, key=lambda pair: -len(pair[0]))[:2]
    if not best or (len(best) == 2 and len(best[0][0]) == len(best[1][0])):
        return None
    common = best[0][0]
    return best[0][1] if len(common) >= 2 or any(len(word) >= _LONG for word in common) else None


def _age(turn: TurnContext, found: Paper) -> list[str]:
    if found.stale_since is None:
        return []
    at = datetime.fromtimestamp(found.stale_since, ZoneInfo(turn.timezone)).replace(tzinfo=None)
    return [turn.say("as_of", time=format_time(at, "short", locale=_locale(turn)).replace("\u202f", " "))]


def _locale(turn: TurnContext) -> Locale:
    for name in (turn.locale, turn.locale.partition("-")[0]):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", "”", "»")) else f"{text}."
