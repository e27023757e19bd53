"""What became of the commands before: told with the next answer, once, where one failed or did nothing."""

from collections.abc import Mapping, Sequence

from shared.outside import PastCall
from shared.skill import TurnContext
from skills.home import telling
from skills.home.commands import is_so
from skills.home.hass import Device

TOLD_S = 900.0  # what failed longer ago is no news any more
LOOKED_AT_S = 120.0  # after that, others may have changed the device
SETTLES_S = 3.0  # devices take a moment before they tell that they changed
_REASONS = ("unauthorised", "refused", "doubt")


def news(turn: TurnContext, calls: Sequence[PastCall], devices: Sequence[Device]) -> tuple[str, float]:
    """What has to be told of the calls since it was last told, and up to when that is told now."""
    known = _told(turn)
    until, sentences = known, []
    now = turn.clock.now()
    for past in reversed(calls):
        if past.at <= known or now - past.at > TOLD_S or past.state == "waiting":
            continue
        until = max(until, past.at)
        if said := outcome(turn, past, devices):
            sentences.append(said)
    return " ".join(sentences[-2:]), until


def outcome(turn: TurnContext, past: PastCall, devices: Sequence[Device]) -> str:
    """What is to be said of a call that came to an end; nothing where all went well."""
    called = [str(one) for one in _mapping(past.content.get("names")).values()]
    if past.state != "done":
        known = (one for one in _REASONS if past.state == one or past.reason.startswith(one))
        reason = next(known, "unreachable")
        return turn.say(f"failed_{reason}", names=telling.names(turn, called))
    ended = past.at if past.ended_at is None else past.ended_at
    if not SETTLES_S <= turn.clock.now() - ended <= LOOKED_AT_S:
        return ""
    want = _mapping(past.content.get("want"))
    wrong = [one.name for one in devices if one.id in want and not is_so(one, _mapping(want[one.id]))]
    return turn.say("no_effect", names=telling.names(turn, wrong)) if wrong else ""


def _told(turn: TurnContext) -> float:
    told = turn.state.get("told")
    return float(told) if isinstance(told, int | float) else 0.0


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
