"""Who speaks through Dialogflow, as far as that can be believed.

The session is Dialogflow's. Who the person behind it is, stands in parts of the request that integrations fill in or that clients
may write themselves: a page with Dialogflow Messenger on it can send any payload and any parameters. So an id counts where
Dialogflow's servers say which integration it comes from (ES only), or where the operator trusts that part of the request.
"""

import re
from collections.abc import Mapping
from typing import Any

from channels.google.values import usable

PARAMETER = "nexus_user"  # a session parameter (CX) that names the person

_NUMBER = re.compile(r"\+?[0-9]{5,15}")
_PATHS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "facebook": (("data", "sender", "id"),),
    "google": (("user", "userId"),),
    "hangouts": (("data", "event", "user", "name"),),
    "line": (("data", "source", "userId"),),
    "skype": (("data", "user", "id"),),
    "slack": (("data", "event", "user"), ("data", "user", "id"), ("data", "user")),
    "slack_testbot": (("data", "event", "user"), ("data", "user", "id"), ("data", "user")),
    "telegram": (
        ("data", "from", "id"),
        ("data", "message", "from", "id"),
        ("data", "callback_query", "from", "id"),
    ),
    "twilio": (("data", "From"),),
    "viber": (("data", "sender", "id"), ("data", "user", "id")),
}
"""Where each integration of Dialogflow ES puts the id of its user; the payload is what the platform itself sent."""

_TELEPHONY = "google_telephony"


def person_of(source: str, payload: Mapping[str, Any], parameters: Mapping[str, Any], trust: frozenset[str]) -> str:
    """A name for the person, unique among all sources; "" where nothing can be believed."""
    source = source.lower()
    for path in _PATHS.get(source, ()):
        if name := _name(payload, path):
            return f"{source}:{name}"
    if source == _TELEPHONY or "caller" in trust:
        number = usable(_at(payload, ("telephony", "caller_id")), 32)
        if _NUMBER.fullmatch(number):
            return f"tel:{number}"
    if "payload" in trust and (name := _name(payload, ("userId",))):
        return f"payload:{name}"
    if "parameters" in trust and (name := _name(parameters, (PARAMETER,))):
        return f"parameter:{name}"
    return ""


def is_phone(source: str, payload: Mapping[str, Any]) -> bool:
    """Whether somebody is on the telephone, where there is nothing to see."""
    return source.lower() == _TELEPHONY or isinstance(payload.get("telephony"), dict)


def _name(values: Mapping[str, Any], path: tuple[str, ...]) -> str:
    value = _at(values, path)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15:
        return f"{value:.0f}"  # Telegram's ids are numbers, which arrive as floats
    return usable(value)


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values
