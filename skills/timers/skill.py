"""Timers that are kept, and counted when somebody asks.

Nothing rings by itself here: a timer that ran out is told of at the next turn of this skill, and no answer promises more.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.effects import Keep
from shared.skill import Skill, TurnContext, intent
from shared.turn import CORRECTION, Choice, Elicit, Reply
from skills.timers import wording
from skills.timers.choosing import Asked, asked, chosen, name_of, seconds_of
from skills.timers.kept import DOCUMENT, Timer, Timers, read, stored
from skills.timers.words import is_of_timer

LONGEST = 24 * 3_600  # seconds
MOST = 25  # timers
TOLD = 5  # in one answer
_SOON = 60  # seconds; of a shorter timer no time of day is said
_LONGEST_NAME = 60  # characters


class Desk(Struct, frozen=True):
    """A person's timers at this moment: those that ran out and were not told of, and the others."""

    turn: TurnContext
    timers: Timers
    over: tuple[Timer, ...]

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.turn.clock.now()

    def answer(self, text: str, timers: Timers | None = None, **more: Any) -> Reply:
        """Says what ran out, then `text`; keeps `timers` if they changed."""
        kept = self.timers if timers is None else timers
        changed = bool(self.over) or timers is not None
        said = " ".join(part for part in (_ended(self), wording.sentence(text)) if part)
        effects = (Keep(DOCUMENT, stored(kept)),) if changed else ()
        fields: dict[str, Any] = {"state": {}, **more}
        return replace(Reply(text=said, effects=effects), **fields)

    def ask(self, text: str, again: str, slot: str, **more: Any) -> Reply:
        """Asks for a slot."""
        elicit = Elicit(self.turn.intent, slot)
        return self.answer(text, reprompt=again, expects_answer=True, elicit=elicit, **more)


class TimersSkill(Skill):
    """Answers `timers.*`."""

    @intent("timers.set")
    async def set(self, turn: TurnContext) -> Reply:
        """Starts a timer."""
        return _set(await _desk(turn))

    @intent("timers.left")
    async def left(self, turn: TurnContext) -> Reply:
        """Says how much time is left."""
        return _left(await _desk(turn))

    @intent("timers.extend")
    async def extend(self, turn: TurnContext) -> Reply:
        """Adds time."""
        return _extend(await _desk(turn))

    @intent("timers.pause")
    async def pause(self, turn: TurnContext) -> Reply:
        """Makes time stand still."""
        return _pause(await _desk(turn))

    @intent("timers.resume")
    async def resume(self, turn: TurnContext) -> Reply:
        """Lets time go on."""
        return _resume(await _desk(turn))

    @intent("timers.cancel")
    async def cancel(self, turn: TurnContext) -> Reply:
        """Stops timers."""
        return _cancel(await _desk(turn))


async def _desk(turn: TurnContext) -> Desk:
    timers = read(await turn.documents.get(DOCUMENT))
    over = timers.over(turn.clock.now())
    return Desk(turn, timers.without(over), over)


def _ended(desk: Desk) -> str:
    """What ran out meanwhile, the last of it; nothing where nothing did."""
    turn, said = desk.turn, []
    for timer in desk.over[-3:]:
        ago = desk.now - (timer.due or desk.now)
        timer_, key = wording.called(turn, timer), "ended" if ago >= 1 else "ended_now"
        said.append(wording.sentence(turn.say(key, timer=timer_, ago=wording.length(turn, max(1, ago // 1)))))
    rest = len(desk.over) - len(said)
    return " ".join([*said, turn.say("ended_more", count=rest)] if rest else said)


# -- starting ----------------------------------------------------------------------------------------------------------


def _set(desk: Desk) -> Reply:
    turn = desk.turn
    timers, corrected = desk.timers, turn.understanding.source == CORRECTION
    if corrected:
        timers = timers.without(timer for timer in timers.timers if timer.id == turn.state.get("last"))
    seconds = _duration(turn)
    if (wrong := _out_of_bounds(desk, seconds)) is not None:
        return wrong
    if len(timers.timers) >= MOST:
        return desk.answer(turn.say("too_many", count=MOST))
    name = _new_name(desk)[:_LONGEST_NAME].rstrip()
    timers = timers.set(name, seconds, desk.now)
    return desk.answer(_started(desk, timers, corrected), timers, state={"last": timers.timers[-1].id})


def _duration(turn: TurnContext) -> int:
    """The seconds to set or add; -1 where no length was understood."""
    seconds = seconds_of(turn.slot("duration"))
    return -1 if seconds is None else int(seconds + 0.5)


def _out_of_bounds(desk: Desk, seconds: int) -> Reply | None:
    """Asks for another length where this one is none, or too short or too long."""
    turn = desk.turn
    if 1 <= seconds <= LONGEST:
        return None
    key = "how_long" if seconds < 0 else "too_short" if seconds < 1 else "too_long"
    return desk.ask(turn.say(key), turn.say("how_long"), "duration")


def _new_name(desk: Desk) -> str:
    """The name to give; not the one of the timer before, which a follow-up ("and one for 5 minutes") brings along."""
    turn, name = desk.turn, name_of(desk.turn)
    last = next((timer for timer in desk.timers.timers if timer.id == turn.state.get("last")), None)
    repeated = last is not None and last.name == name and name.casefold() not in turn.text.casefold()
    return "" if repeated and turn.understanding.source == "dialogue" else name


def _started(desk: Desk, timers: Timers, corrected: bool) -> str:
    turn, timer = desk.turn, timers.timers[-1]
    length = wording.length(turn, timer.seconds)
    what = turn.say("what_named", name=timer.name, length=length) if timer.name else length
    key = "corrected" if corrected else "set" if timer.seconds >= _SOON else "set_soon"
    said = turn.say(key, what=what, time=wording.until(turn, timer.due or desk.now))
    same = sum(1 for other in timers.timers if timer.name and other.name.casefold() == timer.name.casefold())
    return f"{said} {turn.say('same_name', count=same, name=timer.name)}" if same > 1 else said


# -- asking ------------------------------------------------------------------------------------------------------------


def _left(desk: Desk) -> Reply:
    turn, meant = desk.turn, asked(desk.turn)
    found = chosen(meant, desk.timers.timers)
    if not found:
        return _nothing(desk, meant, desk.timers.timers)
    if len(found) == 1:
        return desk.answer(_one_left(desk, found[0]), state={"last": found[0].id})
    return desk.answer(_all_left(turn, found))


def _one_left(desk: Desk, timer: Timer) -> str:
    turn, left = desk.turn, wording.length(desk.turn, timer.remaining(desk.now))
    if timer.due is None:
        return turn.say("paused", timer=wording.called(turn, timer), left=left)
    time = wording.until(turn, timer.due)
    return turn.say("left", timer=wording.called(turn, timer), left=left, time=time)


def _all_left(turn: TurnContext, timers: Sequence[Timer]) -> str:
    """Each with what is left, the one that is over first at the beginning."""
    now = turn.clock.now()
    order = sorted(timers, key=lambda timer: (timer.due is None, timer.remaining(now)))
    listed = turn.say("between").join(wording.told(turn, order[:TOLD]))
    said = turn.say("several", count=len(order), timers=listed)
    return f"{said} {turn.say('more', count=len(order) - TOLD)}" if len(order) > TOLD else said


def _nothing(desk: Desk, meant: Asked, there: Sequence[Timer], key: str = "none") -> Reply:
    """Says that there is no such timer, and which there are."""
    turn = desk.turn
    if not there or not meant.is_anything:
        return desk.answer("" if desk.over and key == "none" else turn.say(key))
    if meant.name:
        said = turn.say("none_named", name=meant.name[: wording.QUOTED])
    else:
        seconds = meant.seconds
        said = turn.say("none_such") if not seconds else turn.say("none_long", length=wording.length(turn, seconds))
    return desk.answer(
        f"{said} {_all_left(turn, there) if len(there) > 1 else wording.sentence(_one_left(desk, there[0]))}"
    )


# -- changing ----------------------------------------------------------------------------------------------------------


def _extend(desk: Desk) -> Reply:
    turn, meant = desk.turn, asked(desk.turn)
    seconds = _duration(turn)
    length = meant.seconds
    if length is not None and _is_swapped(turn, length, desk.timers):
        meant, seconds = replace(meant, seconds=float(seconds)), int(length + 0.5)
    if seconds < 1:
        return desk.ask(turn.say("how_much"), turn.say("how_much"), "duration")
    found = chosen(meant, desk.timers.timers)
    if not found and (over := chosen(meant, desk.over)):
        return _again(desk, over[-1], seconds)
    return _for_one(desk, meant, found, desk.timers.timers, lambda timer: _extended(desk, timer, seconds))


def _is_swapped(turn: TurnContext, length: float, timers: Timers) -> bool:
    """Whether the first length that was said is the timer's own, as in "the ten minute timer by five minutes"."""
    first, second = turn.slot("duration"), turn.slot("length")
    if first is None or second is None:
        return False
    lengths = {timer.seconds for timer in timers.timers}
    if length not in lengths:
        return seconds_of(first) in lengths
    return is_of_timer(first.text, turn.text) and not is_of_timer(second.text, turn.text)


def _again(desk: Desk, timer: Timer, seconds: int) -> Reply:
    """A timer that just ran out goes on for so long."""
    turn = desk.turn
    if (wrong := _out_of_bounds(desk, seconds)) is not None:
        return wrong
    timers = desk.timers.set(timer.name, seconds, desk.now)
    length, time = wording.length(turn, seconds), wording.until(turn, desk.now + seconds)
    said = turn.say("again", timer=wording.called(turn, timer), length=length, time=time)
    return desk.answer(said, timers, state={"last": timers.timers[-1].id})


def _extended(desk: Desk, timer: Timer, seconds: int) -> Reply:
    turn, longer = desk.turn, timer.extended(seconds)
    if longer.remaining(desk.now) > LONGEST:
        return desk.answer(turn.say("too_long_now", timer=wording.called(turn, timer)))
    left = wording.length(turn, longer.remaining(desk.now))
    time = wording.until(turn, longer.due) if longer.due is not None else ""
    key = "extended" if longer.due is not None else "extended_paused"
    said = turn.say(key, timer=wording.called(turn, timer), left=left, time=time)
    return desk.answer(said, desk.timers.put([longer]), state={"last": timer.id})


def _pause(desk: Desk) -> Reply:
    turn, meant = desk.turn, asked(desk.turn)
    running = [timer for timer in desk.timers.timers if timer.due is not None]
    found = chosen(meant, running)
    still = chosen(meant, desk.timers.timers)
    if not found and len(still) == 1 and (meant.is_anything or not running):
        return desk.answer(_one_left(desk, still[0]))
    if meant.all and len(found) > 1:
        paused = desk.timers.put(timer.paused(desk.now) for timer in found)
        return desk.answer(turn.say("paused_all", count=len(found)), paused)
    return _for_one(desk, meant, found, desk.timers.timers, lambda timer: _paused(desk, timer))


def _paused(desk: Desk, timer: Timer) -> Reply:
    paused = timer.paused(desk.now)
    return desk.answer(_one_left(desk, paused), desk.timers.put([paused]), state={"last": timer.id})


def _resume(desk: Desk) -> Reply:
    turn, meant = desk.turn, asked(desk.turn)
    paused = [timer for timer in desk.timers.timers if timer.due is None]
    found = chosen(meant, paused)
    running = chosen(meant, desk.timers.timers)
    if not found and len(running) == 1 and (meant.is_anything or not paused):
        return desk.answer(turn.say("runs", timer=wording.called(turn, running[0]), left=_left_of(desk, running[0])))
    if meant.all and len(found) > 1:
        timers = desk.timers.put(timer.running(desk.now) for timer in found)
        return desk.answer(turn.say("resumed_all", count=len(found)), timers)
    key = "none_paused" if desk.timers.timers else "none"
    return _for_one(desk, meant, found, paused, lambda timer: _resumed(desk, timer), key)


def _resumed(desk: Desk, timer: Timer) -> Reply:
    turn, running = desk.turn, timer.running(desk.now)
    time = wording.until(turn, running.due or desk.now)
    said = turn.say("resumed", timer=wording.called(turn, timer), left=_left_of(desk, running), time=time)
    return desk.answer(said, desk.timers.put([running]), state={"last": timer.id})


def _cancel(desk: Desk) -> Reply:
    turn, meant = desk.turn, asked(desk.turn)
    found = chosen(meant, desk.timers.timers)
    if meant.all and len(found) > 1:
        return desk.answer(turn.say("cancelled_all", count=len(found)), desk.timers.without(found))
    return _for_one(desk, meant, found, desk.timers.timers, lambda timer: _cancelled(desk, timer))


def _cancelled(desk: Desk, timer: Timer) -> Reply:
    turn = desk.turn
    said = turn.say("cancelled", timer=wording.called(turn, timer), left=_left_of(desk, timer))
    return desk.answer(said, desk.timers.without([timer]))


def _left_of(desk: Desk, timer: Timer) -> str:
    return wording.length(desk.turn, timer.remaining(desk.now))


# -- which one ---------------------------------------------------------------------------------------------------------


def _for_one(
    desk: Desk,
    meant: Asked,
    found: Sequence[Timer],
    there: Sequence[Timer],
    act: Callable[[Timer], Reply],
    key: str = "none",
) -> Reply:
    """Acts on the one that is meant, asks which of several, or says that there is none."""
    if len(found) == 1:
        return act(found[0])
    return _which(desk, found) if found else _nothing(desk, meant, there, key)


def _which(desk: Desk, found: Sequence[Timer]) -> Reply:
    """Asks which; each can be picked by its name or length, or by its place where those are the same."""
    turn, some = desk.turn, list(found[:TOLD])
    labels = [wording.label(turn, timer) for timer in some]
    if len(set(labels)) < len(labels):
        words = turn.say("ordinals").split("|")
        choices = tuple(Choice(told, word) for told, word in zip(wording.told(turn, some), words, strict=False))
        options = turn.say("between").join(wording.told(turn, some))
    else:
        choices = tuple(Choice(label, label) for label in labels)
        options = wording.either(turn, labels)
    text, again = turn.say("which", options=options), turn.say("which_again")
    return desk.ask(text, again, "name", choices=choices, state={"asked": [timer.id for timer in some]})
