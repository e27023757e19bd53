"""Alexa's side of a dialogue, for the twin: what is being asked, and the request that an answer makes of it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from channels.alexa.amazon.interaction import InteractionModel, Kind, Step

YES = {"yes", "yeah", "yep", "sure", "ok", "okay", "correct", "right"}
NO = {"no", "nope", "nah", "wrong"}

Facts = Mapping[str, Any]

_STEPS: dict[str, tuple[Kind, str]] = {
    "Dialog.ElicitSlot": ("slot", "slotToElicit"),
    "Dialog.ConfirmSlot": ("confirm_slot", "slotToConfirm"),
    "Dialog.ConfirmIntent": ("confirm_intent", ""),
}


class Asked(Struct, frozen=True):
    """A question of the skill's, or of Alexa's in its place, about an intent as a request holds it."""

    step: Step
    intent: dict[str, Any]


def dialog_directive(response: Facts) -> Facts | None:
    """The directive of `response` that goes on with a dialogue."""
    for directive in response.get("directives") or ():
        if directive.get("type") in (*_STEPS, "Dialog.Delegate"):
            found: Facts = directive
            return found
    return None


def asked_by(directive: Facts, intent: Facts, model: InteractionModel | None) -> Asked | None:
    """What `directive` asks, `intent` being at hand; None where Alexa has nothing to ask and the dialogue is complete."""
    at_hand = whole(directive.get("updatedIntent") or intent, model)
    if directive["type"] != "Dialog.Delegate":
        kind, field = _STEPS[directive["type"]]
        return Asked(Step(kind, str(directive.get(field, ""))), at_hand)
    step = model.next_step(at_hand) if model is not None else None
    return Asked(step, at_hand) if step is not None else None


def answer(asked: Asked, text: str, model: InteractionModel | None) -> dict[str, Any] | None:
    """The request that `text` becomes as an answer; None where it is none."""
    step, intent = asked.step, asked.intent
    if step.kind == "slot":
        value = model.answer(intent["name"], step.slot, text) if model else text
        return _going_on(with_slot(intent, step.slot, model, value=value), model)
    word = text.strip().rstrip(".!").lower()
    if word not in YES | NO:
        return None
    status = "CONFIRMED" if word in YES else "DENIED"
    if step.kind == "confirm_slot":
        return _going_on(with_slot(intent, step.slot, model, status=status), model)
    return intent_request({**intent, "confirmationStatus": status}, "COMPLETED")


def with_slot(
    intent: Facts, slot: str, model: InteractionModel | None, *, value: str | None = None, status: str = "NONE"
) -> dict[str, Any]:
    """`intent` with a slot as Alexa fills it: the words and, where the model knows the value, what they resolve to."""
    old = intent["slots"].get(slot, {"name": slot})
    new = {**old, "confirmationStatus": status}
    if value is not None:
        new = {**new, **_said(str(intent["name"]), slot, value, model)}
    return {**intent, "slots": {**intent["slots"], slot: new}}


def whole(intent: Facts, model: InteractionModel | None) -> dict[str, Any]:
    """`intent` with every slot that the model gives it, as Alexa sends it."""
    names = model.slot_names(str(intent["name"])) if model is not None else ()
    given = intent.get("slots") or {}
    slots = {
        name: {"name": name, "confirmationStatus": "NONE", **(given.get(name) or {})}
        for name in (*given, *(name for name in names if name not in given))
    }
    return {"name": intent["name"], "confirmationStatus": intent.get("confirmationStatus", "NONE"), "slots": slots}


def intent_request(intent: Facts, state: str = "") -> dict[str, Any]:
    """An IntentRequest, without what every request has."""
    return {"type": "IntentRequest", "intent": dict(intent)} | ({"dialogState": state} if state else {})


def _going_on(intent: Facts, model: InteractionModel | None) -> dict[str, Any]:
    """The request about `intent` in a dialogue, which is complete once the model has nothing left to ask."""
    complete = model is not None and model.next_step(intent) is None
    return intent_request(intent, "COMPLETED" if complete else "IN_PROGRESS")


def _said(intent: str, slot: str, text: str, model: InteractionModel | None) -> dict[str, Any]:
    said: dict[str, Any] = {"value": text, "source": "USER"}
    type_ = model.type_of(intent, slot) if model is not None else None
    if model is not None and type_ is not None:
        known = model.value(intent, slot, text)
        authority: dict[str, Any] = {
            "authority": f"amzn1.er-authority.echo-sdk.simulator.{type_}",
            "status": {"code": "ER_SUCCESS_MATCH" if known else "ER_SUCCESS_NO_MATCH"},
        }
        if known is not None:
            authority["values"] = [{"value": {"name": known.name.value, "id": known.id or ""}}]
        said["resolutions"] = {"resolutionsPerAuthority": [authority]}
    return {**said, "slotValue": {"type": "Simple", **{key: said[key] for key in said if key != "source"}}}
