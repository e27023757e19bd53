"""Questions of ours: what a reply leaves open, and the utterance that answers it."""

from shared.turn import Pending, Reply, SlotValue, Understanding


def question(reply: Reply, skill: str, understanding: Understanding | None, before: Pending | None) -> Pending | None:
    """The question that `reply` leaves open. Asked once more ("repeat"), it keeps what was known when it was asked first."""
    asked = reply.elicit
    if asked is None:
        return None
    known = understanding.slots if understanding else {}
    if before is not None and (before.intent, before.slot) == (asked.intent, asked.slot):
        fresh = known if understanding and understanding.intent == asked.intent else {}
        return Pending(before.skill, asked.intent, asked.slot, {**before.slots, **fresh})
    return Pending(skill, asked.intent, asked.slot, known)


def answer_to(pending: Pending, text: str) -> Understanding:
    """What `text` means as the answer to an open question."""
    slots = {**pending.slots, pending.slot: SlotValue(text, text)}
    return Understanding(pending.intent, 1.0, slots=slots, source="dialogue")
