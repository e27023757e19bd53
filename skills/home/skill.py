"""Home: switches and sets the devices of a Home Assistant, and tells how they are.

    words → devices (match.py) → absolute commands (commands.py) → a question that names them → Call → Home Assistant

What a person agrees to is carried out as it was asked, once it is agreed to: the command is kept with the question.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shared.effects import Call
from shared.errors import DeliveryFailed, WebFailed
from shared.outside import PastCall
from shared.skill import CallContext, Skill, TurnContext, call, confirm, intent
from shared.turn import Choice, Confirm, Elicit, Reply
from skills.home import afterwards, telling
from skills.home.commands import ONCE, Command, Trouble, plan, told
from skills.home.hass import UNAVAILABLE, Device, HomeFailed, call_service, devices
from skills.home.kinds import ALLOWED
from skills.home.match import Heard, Said, fitting, folded, heard_in, nearest, read

SLOTS = {
    "home.on": "device",
    "home.off": "device",
    "home.dim": "light",
    "home.warm": "room",
    "home.cover": "cover",
    "home.lock": "door",
    "home.scene": "scene",
    "home.state": "thing",
}
ACTING = tuple(intent for intent in SLOTS if intent != "home.state")
SERVICE = "service"
WITHIN_S = 60.0  # later than that nobody expects a lamp to go on
FRESH_S = 30.0  # after a command the states are read anew
CHOICES = 4
MOST_AT_ONCE = 30  # devices
_VALUES = {"level": "level", "degrees": "temperature"}  # of commands, and the slots that say the same


class House(Struct, frozen=True):
    """What there is, and what became of the commands before."""

    devices: list[Device]
    calls: list[PastCall]
    heard: Heard

    def of(self, intent: str) -> list[Device]:
        """The devices that an intent is about, by name."""
        return sorted(
            (one for one in self.devices if one.domain in ALLOWED[intent]), key=lambda one: (one.name, one.id)
        )


class Home(Skill):
    """Answers `home.*`."""

    @confirm(*ACTING)
    async def ask(self, turn: TurnContext) -> Reply:
        """Names the devices, and what is going to happen to them."""
        return await _with_house(turn, lambda house: _planned(turn, house))

    @intent(*ACTING)
    async def act(self, turn: TurnContext) -> Reply:
        """Has done what was agreed to. Where a platform asked in our place, it is planned now."""
        agreed = _agreed(turn)
        if agreed is not None:
            return _done(turn, agreed)
        return await _with_house(turn, lambda house: _planned(turn, house, now=True))

    @intent("home.state")
    async def state(self, turn: TurnContext) -> Reply:
        """Tells how a device is, or several."""
        return await _with_house(turn, lambda house: _state(turn, house))

    @call(SERVICE)
    async def carry(self, call: CallContext) -> None:
        """Calls Home Assistant's services. All but scripts may be called twice."""
        for one in call.content["services"]:
            try:
                await call_service(call.web, call.config, one["domain"], one["service"], one["data"])
            except WebFailed as error:
                if error.in_doubt and one["domain"] in ONCE:
                    raise DeliveryFailed("doubt: no answer", final=True) from None
                raise


async def _with_house(turn: TurnContext, answer: Any) -> Reply:
    """The answer, after what is to be told of the commands before; or why Home Assistant does not tell."""
    calls = await turn.calls(5)
    recent = any(turn.clock.now() - one.at < FRESH_S for one in calls)
    try:
        found = await devices(turn.web, turn.config, fresh=recent)
    except HomeFailed as error:
        return Reply(text=turn.say(error.key))
    house = House(found, calls, heard_in(turn.answers))
    said, until = afterwards.news(turn, calls, found)
    reply: Reply = answer(house)
    state = {**(reply.state or {}), "told": until}
    return replace(reply, text=f"{said} {_sentence(reply.text)}".strip(), state=state)


def _sentence(text: str) -> str:
    """A name may be the first word."""
    return text[:1].upper() + text[1:]


# -- which devices -----------------------------------------------------------------------------------------------------


def _slot(turn: TurnContext) -> str:
    """The slot with the words for what is meant. Each intent has one of its own, for what people say differs."""
    return SLOTS[turn.intent]


def _meant(turn: TurnContext, house: House) -> list[Device] | Reply:
    """The devices that are meant; or the question which, or that there is none."""
    pool, slot = house.of(turn.intent), turn.slot(_slot(turn))
    if not pool:
        return Reply(text=turn.say("nothing_such"))
    offered = [one for one in pool if one.id in _options(turn)]
    if offered and (picked := _picked(turn, offered, house.heard)):
        return picked
    said = read(slot.text if slot else "", house.heard)
    if not said:
        said = _said_anywhere(turn, pool, house.heard)
    if not said:
        return _ask(turn, "which_device")
    found = _fitting(turn, said, pool, house.heard)
    if not found:
        return _none(turn, said, pool, house.heard)
    if len(found) == 1 or said.every or (turn.intent == "home.state" and len(found) <= MOST_AT_ONCE):
        return found[:MOST_AT_ONCE]
    return _which(turn, found)


def _fitting(turn: TurnContext, said: Said, pool: list[Device], heard: Heard) -> list[Device]:
    """The devices that fit, of the kind that the rest of the sentence tells of if there are such: "how warm is it in …"."""
    if not said.kind and (kind := read(turn.text, heard).kind):
        found = fitting(replace(said, kind=kind), pool, heard)
        if found:
            return found
    return fitting(said, pool, heard)


def _said_anywhere(turn: TurnContext, pool: list[Device], heard: Heard) -> Said:
    """What the whole sentence says of devices, where no slot was found: those whose names are in it, or a kind."""
    words = folded(turn.text)[:60]
    whole = read(" ".join(words), heard)
    named = [one for one in pool if (own := read(one.name, heard).words) and set(own) <= set(words)]
    longest = max(named, key=lambda one: len(folded(one.name)), default=None)
    if longest is not None:
        return replace(read(longest.name, heard), every=whole.every)
    return Said((), whole.kind, whole.every and bool(whole.kind), "")


def _options(turn: TurnContext) -> list[str]:
    options = turn.state.get("options")
    return [str(one) for one in options] if isinstance(options, list) else []


def _picked(turn: TurnContext, offered: list[Device], heard: Heard) -> list[Device]:
    """Those of the devices that were offered that the person picked: by place, all of them, or by what tells them apart."""
    offered = sorted(offered, key=lambda one: _options(turn).index(one.id))
    slot, place = turn.slot(_slot(turn)), turn.slots.get("which")
    text = slot.text if slot else turn.text
    said = read(text, heard)
    if said.every and not said.words:
        return offered
    if isinstance(place, int) and 0 < place <= len(offered):
        return [offered[place - 1]]
    if place == -1:
        return [offered[-1]]
    found = fitting(said, offered, heard) if said else []
    return found if len(found) == 1 else []


def _ask(turn: TurnContext, key: str, **values: object) -> Reply:
    question = turn.say(key, **values)
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit(turn.intent, _slot(turn)))


def _which(turn: TurnContext, found: list[Device]) -> Reply:
    """Asks which of several; they can be picked by name."""
    if len(found) > CHOICES:
        return replace(_ask(turn, "which_of_many", names=telling.names(turn, found)), state={"options": _ids(found)})
    question = _ask(turn, "which_of", names=telling.names(turn, found, either=True))
    choices = tuple(Choice(one.name[:80], one.name) for one in found)
    return replace(question, choices=choices, state={"options": _ids(found)})


def _ids(found: list[Device]) -> list[str]:
    return [one.id for one in found[:MOST_AT_ONCE]]


def _none(turn: TurnContext, said: Said, pool: list[Device], heard: Heard) -> Reply:
    slot = turn.slot(_slot(turn))
    asked = " ".join(slot.text.split())[:80] if slot else " ".join(said.words)[:80]
    return Reply(text=turn.say("none_fits", asked=asked, names=telling.names(turn, nearest(said, pool, heard))))


# -- what happens to them ----------------------------------------------------------------------------------------------


def _planned(turn: TurnContext, house: House, *, now: bool = False) -> Reply:
    """The question before it is done; `now`: it is agreed to already."""
    found = _meant(turn, house)
    if isinstance(found, Reply):
        return found
    plans = _plans(turn, found)
    commands = [one for one in plans if isinstance(one, Command)]
    todo = [one for one in commands if not one.already]
    if not commands:
        return _trouble(turn, [one for one in plans if isinstance(one, Trouble)], found)
    if not todo:
        return Reply(text=_worded(turn, "already", told(commands)))
    content = told(todo)
    if now:
        return _done(turn, content)
    question = _worded(turn, "ask", content)
    state = {"agreed": {"intent": turn.intent, "slots": _texts(turn), "content": content}}
    return Reply(text=question, reprompt=question, expects_answer=True, confirm=Confirm(turn.intent), state=state)


def _plans(turn: TurnContext, found: list[Device]) -> list[Command | Trouble]:
    """One a device. Of several that are made brighter or warmer all get the same, and lamps that are off stay off."""
    slots, change = dict(turn.slots), turn.slots.get("change")
    if change is None or len(found) == 1 or slots.get("level") or slots.get("temperature"):
        return [plan(turn.intent, device, slots) for device in found]
    running = [device for device in found if device.state != "off"] or found
    plans = [plan(turn.intent, device, slots) for device in running]
    values = [item for one in plans if isinstance(one, Command) for item in one.values.items()]
    if not values:
        return plans
    key, value = (max if change in ("up", "most") else min)(values, key=lambda item: item[1])
    return [plan(turn.intent, device, {**slots, _VALUES[key]: value}) for device in running]


def _trouble(turn: TurnContext, troubles: list[Trouble], found: list[Device]) -> Reply:
    trouble = troubles[0]
    values = {key: telling.number(turn, value) for key, value in trouble.values.items() if isinstance(value, float)}
    told_of = telling.names(turn, found) if trouble.key == UNAVAILABLE else telling.name(turn, found[0])
    words = turn.say(trouble.key, name=told_of, names=told_of, **values)
    if not trouble.slot:
        return Reply(text=words)
    return Reply(text=words, reprompt=words, expects_answer=True, elicit=Elicit(turn.intent, trouble.slot))


def _worded(turn: TurnContext, what: str, content: dict[str, Any]) -> str:
    """`ask.on`, `doing.dim` … with names and values. A group is worded as one thing where it has one value."""
    values: dict[str, str] = {}
    for key, value in content["values"].items():
        values[key] = telling.percent(turn, value) if key == "level" else telling.number(turn, value)
    title = content["key"] in ("scene", "script")
    named = telling.names(turn, list(content["names"].values()), title=title)
    return turn.say(f"{what}.{content['key']}", names=named, **values)


def _done(turn: TurnContext, content: dict[str, Any]) -> Reply:
    effect = Call(SERVICE, content, within_s=WITHIN_S, lane="home")
    return Reply(text=_worded(turn, "doing", content), effects=(effect,), state={"told": turn.state.get("told", 0.0)})


def _agreed(turn: TurnContext) -> dict[str, Any] | None:
    """What the last question was about, if it was about this."""
    agreed = turn.state.get("agreed")
    if not isinstance(agreed, dict) or (agreed.get("intent"), agreed.get("slots")) != (turn.intent, _texts(turn)):
        return None
    content: dict[str, Any] = agreed["content"]
    return content


def _texts(turn: TurnContext) -> dict[str, str]:
    return {name: slot.text for name, slot in sorted(turn.understanding.slots.items())}


# -- how they are ------------------------------------------------------------------------------------------------------


def _state(turn: TurnContext, house: House) -> Reply:
    found, last = _meant(turn, house), house.calls[0] if house.calls else None
    if isinstance(found, Reply):
        if found.elicit is None or last is None or turn.state.get("options"):
            return found
        return _last(turn, house, last)  # "did it work?"
    if len(found) == 1:
        return Reply(text=telling.state(turn, found[0]))
    return Reply(text=telling.summary(turn, found))


def _last(turn: TurnContext, house: House, last: PastCall) -> Reply:
    """How the last command went."""
    named: dict[str, str] = last.content["names"]
    if last.state == "waiting":
        return Reply(text=turn.say("still_waiting", names=telling.names(turn, list(named.values()))))
    if last.state != "done" and (said := afterwards.outcome(turn, last, house.devices)):
        return Reply(text=said)
    changed = [one for one in house.devices if one.id in named and one.domain in ALLOWED["home.state"]]
    return Reply(text=telling.summary(turn, changed) if changed else turn.say("which_device"))
