"""Dice, coins and chance: throws, draws and chooses, as `luck` has it. Nothing is kept but which cards are drawn."""

from typing import Any

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.numbers import format_decimal

from shared.locales import language_of
from shared.skill import Skill, TurnContext, intent
from shared.turn import Elicit, Reply
from skills.chance import asked
from skills.chance.luck import Luck

MOST_DICE = 50
MOST_SIDES = 1000
MOST_COINS = 1000
MOST_CARDS = 20  # at once
LARGEST = 10**15
LONGEST = 100  # characters of what was chosen that are said back
DECK = 52
_SUIT = 13  # cards


class Chance(Skill):
    """Answers `chance.*`."""

    @intent("chance.dice")
    async def dice(self, turn: TurnContext) -> Reply:
        """What each die shows, and what they come to."""
        count, sides = asked.dice(turn)
        if not (1 <= count <= MOST_DICE and 2 <= sides <= MOST_SIDES):
            most, largest = _number(turn, MOST_DICE), _number(turn, MOST_SIDES)
            return Reply(text=turn.say("dice_bounds", most=most, sides=largest))
        luck = _luck(turn)
        shown = [luck.between(1, sides) for _ in range(count)]
        if count == 1:
            return _drawn(turn, turn.say("die", number=_number(turn, shown[0])))
        each = _listed(turn, [_number(turn, number) for number in shown])
        return _drawn(turn, turn.say("dice", each=each, sum=_number(turn, sum(shown))))

    @intent("chance.coin")
    async def coin(self, turn: TurnContext) -> Reply:
        """Heads or tails; of several coins how many of each."""
        count = asked.coins(turn)
        if not 1 <= count <= MOST_COINS:
            return Reply(text=turn.say("coin_bounds", most=_number(turn, MOST_COINS)))
        luck = _luck(turn)
        heads = sum(luck.below(2) for _ in range(count))
        if count == 1:
            return _drawn(turn, turn.say("heads" if heads else "tails"))
        told = {"heads": _number(turn, heads), "tails": _number(turn, count - heads)}
        return _drawn(turn, turn.say("coins", count=_number(turn, count), **told))

    @intent("chance.number")
    async def number(self, turn: TurnContext) -> Reply:
        """A number between two, whichever was said first."""
        bounds = asked.bounds(turn)
        if bounds is None:
            return _asking(turn, "number_high", "chance.number", "high")
        low, high = bounds
        if low > high:
            return Reply(text=turn.say("number_none"))
        if max(abs(low), abs(high)) > LARGEST:
            return Reply(text=turn.say("number_bounds", most=_number(turn, LARGEST)))
        return _drawn(turn, turn.say("number", number=_number(turn, _luck(turn).between(low, high))))

    @intent("chance.pick")
    async def pick(self, turn: TurnContext) -> Reply:
        """One of what the person named."""
        said = turn.slot("options")
        options = asked.options(said.text if said else "", turn.locale)
        if len(options) < 2:
            question = turn.say("pick_more")
            return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit("chance.pick", "options"))
        return _drawn(turn, turn.say("pick", choice=_cut(_luck(turn).one(options))))

    @intent("chance.card")
    async def card(self, turn: TurnContext) -> Reply:
        """Cards from the deck of this conversation, which is shuffled when it is asked for or used up."""
        count = asked.cards(turn)
        if not 1 <= count <= MOST_CARDS:
            return Reply(text=turn.say("card_bounds", most=_number(turn, MOST_CARDS)))
        gone = [] if turn.slots.get("deck") else _gone(turn)
        shuffled = len(gone) + count > DECK
        gone = [] if shuffled else gone
        drawn = _luck(turn).some([card for card in range(DECK) if card not in gone], count)
        text = turn.say("cards" if count > 1 else "card", cards=_listed(turn, [_card(turn, card) for card in drawn]))
        text = f"{turn.say('shuffled')} {text}" if shuffled else text
        return _drawn(turn, text, gone=[*gone, *drawn])


def _asking(turn: TurnContext, key: str, intent: str, slot: str) -> Reply:
    question = turn.say(key)
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit(intent, slot))


def _luck(turn: TurnContext) -> Luck:
    return Luck(turn.request, _times(turn))


def _drawn(turn: TurnContext, text: str, **kept: Any) -> Reply:
    """The answer; remembered is that this message had its throw, for one sentence may ask for two."""
    state = {**turn.state, "message": turn.request.message_id[:200], "times": _times(turn) + 1, **kept}
    return Reply(text=text, state={name: value for name, value in state.items() if name in _KEPT})


_KEPT = ("message", "times", "gone")


def _times(turn: TurnContext) -> int:
    """How often this message has asked for something already."""
    times = turn.state.get("times")
    same = turn.state.get("message") == turn.request.message_id[:200]
    return times if same and isinstance(times, int) else 0


def _gone(turn: TurnContext) -> list[int]:
    """The cards that are drawn."""
    gone = turn.state.get("gone")
    return [card for card in gone if isinstance(card, int)] if isinstance(gone, list) else []


def _card(turn: TurnContext, card: int) -> str:
    suit, rank = divmod(card, _SUIT)
    return turn.say("card_name", rank=turn.say(f"rank_{rank + 1}"), suit=turn.say(f"suit_{suit + 1}"))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _number(turn: TurnContext, number: int) -> str:
    return format_decimal(number, locale=_locale(turn))


def _listed(turn: TurnContext, parts: list[str]) -> str:
    return format_list(parts, locale=_locale(turn))


def _locale(turn: TurnContext) -> Locale:
    """Babel's locale for the words that are spoken; that of the language where it knows no more."""
    for name in (turn.locale, language_of(turn.locale)):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
