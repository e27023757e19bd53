"""From a turn to Actions' answer: what this device can show and play, within Google's limits."""

from typing import Any

from channels.google.actions import content as rich
from channels.google.actions.answer import (
    END,
    MAX_BUBBLE,
    MAX_SUGGESTION,
    MAX_SUGGESTIONS,
    Answer,
    Content,
    Expected,
    MediaOut,
    NextScene,
    Prompt,
    SceneOut,
    SessionOut,
    Simple,
    SlotOut,
    Suggestion,
    UserOut,
)
from channels.google.actions.parse import MEDIA_STATUS, USER
from channels.google.apologies import asks
from channels.google.native import Native, Slot
from channels.google.rooms import fitting
from channels.google.words import SPEAK, Line, cut, hint, joined, plainly, speech_of, unsaid
from shared.turn import Choice, Device, Reply, Request

_HEARD_BY_PLAYER = Content(media=MediaOut("MEDIA_STATUS_ACK"))


def render(request: Request, reply: Reply) -> bytes:
    """The body of the answer. Raises PluginInvalid for a wrong native part."""
    return fitting(reply, lambda shortened, native: _answer(request, shortened, native))


def _answer(request: Request, reply: Reply, native: Native) -> Answer:
    reported = request.event.startswith(MEDIA_STATUS)
    going_on = reported or asks(reply)
    return Answer(
        session=SessionOut(
            request.native["session"], _session_params(request, reply, native), list(native.type_overrides)
        ),
        prompt=_acknowledged(native) if reported else _prompt(reply, native, request.device, going_on),
        scene=_scene(request, reply, native, going_on),
        user=_user(request, native),
        expected=_expected(reply) if going_on and not reported else None,
    )


def _acknowledged(native: Native) -> Prompt:
    """The answer to what a player reports: nobody spoke, so nothing is said."""
    return Prompt(content=native.content or _HEARD_BY_PLAYER)


def _prompt(reply: Reply, native: Native, device: Device, going_on: bool) -> Prompt | None:
    shown = rich.shown(reply, native.table, device)
    chips, others = _chips(reply, device, going_on)
    first, last, over = _bubbles(reply, shown.lines, hint(others, reply.language))
    content = native.content or shown.content or (rich.overflow(over) if device.screen else None)
    if not (first or content or native.canvas):
        return None
    if first is None and content:  # what is shown needs words before it
        first = Simple(_introduction(reply))
    return Prompt(native.replace, first, content, last, chips, native.canvas or None)


def _introduction(reply: Reply) -> str:
    """What is said where a skill only shows something."""
    names = (*(card.title for card in reply.cards), *(medium.alt for medium in reply.media))
    return plainly(joined(", ", names)) or "Here you are."


def _chips(reply: Reply, device: Device, going_on: bool) -> tuple[list[Suggestion], list[Choice]]:
    """The choices that become chips, and those that are told in words."""
    if not (device.screen and going_on):
        return [], unsaid(reply)
    titles: dict[str, Suggestion] = {}
    others: list[Choice] = []
    for choice in reply.choices:
        title = choice.title
        if len(title) <= MAX_SUGGESTION and (len(titles) < MAX_SUGGESTIONS or title in titles):
            titles[title] = Suggestion(title)
        else:
            others.append(choice)
    return list(titles.values()), others


def _bubbles(reply: Reply, lines: tuple[Line, ...], choices: str) -> tuple[Simple | None, Simple | None, str]:
    """Two bubbles, the second for what does not fit into the first or has no other place; and what is not shown in them.

    Speech has no limit of its own, so what cannot be shown is at least said, links and all.
    """
    head, rest = cut(reply.text, MAX_BUBBLE)
    told = joined("\n", (rest, *(line.shown for line in lines), choices))
    bubble, over = cut(told, MAX_BUBBLE)
    speech = speech_of(reply)
    also = rest if over or not speech else ""
    voice = joined(" ", (also, *(line.shown if over else line.said for line in lines), choices))
    first = Simple(SPEAK.format(speech), head) if speech else _simple(head, head)
    last = _simple(voice, bubble)
    return first or last, last if first else None, over


def _simple(voice: str, text: str) -> Simple | None:
    """A bubble; its text is left out where it says the same."""
    speech = plainly(voice)
    return Simple(speech, "" if text == speech else text) if voice or text else None


def _session_params(request: Request, reply: Reply, native: Native) -> dict[str, Any]:
    """What is kept for the project's own prompts: the reprompt and what is asked for; null where it holds no longer."""
    ours: dict[str, Any] = dict.fromkeys(request.native["ours"])
    if reply.reprompt and asks(reply):
        ours["nexus_reprompt"] = reply.reprompt
    if reply.elicit is not None and asks(reply):
        ours |= {"nexus_intent": reply.elicit.intent, "nexus_slot": reply.elicit.slot}
    return ours | native.session_params


def _scene(request: Request, reply: Reply, native: Native, going_on: bool) -> SceneOut | None:
    slots = {name: _slot(slot) for name, slot in native.slots.items() if name in request.native["slots"]}
    asked = reply.elicit.slot if reply.elicit is not None and going_on else ""
    if asked in request.native["slots"] and asked not in slots:
        slots[asked] = SlotOut("REQUIRED", "INVALID" if request.native["slots"][asked] else "EMPTY", None)
    following = native.scene or ("" if going_on else END)
    if not (slots or following):
        return None
    return SceneOut(request.native["scene"], slots, NextScene(following) if following else None)


def _slot(slot: Slot) -> SlotOut:
    status = "INVALID" if slot.invalid else "EMPTY" if slot.value is None else "FILLED"
    return SlotOut("REQUIRED" if slot.required else "OPTIONAL", status, slot.value)


def _user(request: Request, native: Native) -> UserOut | None:
    """What is to be kept for the person: the id that was made for them, and what a skill adds."""
    made = request.native.get("user")
    if made is not None:
        return UserOut({**request.native["user_params"], USER: made, **native.user_params})
    return UserOut(native.user_params) if native.user_params else None


def _expected(reply: Reply) -> Expected | None:
    titles = [choice.title for choice in reply.choices[:50]]
    return Expected(titles) if titles else None
