"""Persistent attributes kept by NEXUS (setting `persistence=nexus`): read before the skill runs, saved with its turn.

The skill writes into a value of this turn alone; what it saved becomes the effect `Keep`, which commits together with the
answer. So a crash loses neither, and a skill that runs twice for one message starts from the same attributes both times.
"""

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

from ask_sdk_core.attributes_manager import AbstractPersistenceAdapter
from ask_sdk_core.exceptions import PersistenceException
from ask_sdk_model.request_envelope import RequestEnvelope

from shared.effects import Keep

MAX_BYTES = 400_000  # as JSON; DynamoDB, where most skills come from, takes as much for an item


class TurnAttributes(AbstractPersistenceAdapter):
    """The persistence adapter of one turn. `stored` is what was kept before, None where there was nothing."""

    def __init__(self, stored: dict[str, Any] | None) -> None:
        self._stored = stored
        self._now = stored

    def get_attributes(self, request_envelope: RequestEnvelope) -> dict[str, object]:
        """As AbstractPersistenceAdapter.get_attributes."""
        return deepcopy(self._now) if self._now is not None else {}

    def save_attributes(self, request_envelope: RequestEnvelope, attributes: dict[str, object]) -> None:
        """As AbstractPersistenceAdapter.save_attributes. Raises PersistenceException for what is not JSON, or too much."""
        self._now = _plain(attributes)

    def delete_attributes(self, request_envelope: RequestEnvelope) -> None:
        """As AbstractPersistenceAdapter.delete_attributes."""
        self._now = None

    def effects(self, name: str) -> tuple[Keep, ...]:
        """What has to be kept as the document `name`; nothing where all is as it was."""
        return () if self._now == self._stored else (Keep(name, self._now),)


def _plain(attributes: Any) -> dict[str, Any]:
    """`attributes` as they are now, as JSON values, so that later changes do not count without another save."""
    try:
        text = json.dumps(attributes, default=_number, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise PersistenceException(f"persistent attributes must be JSON values: {type(error).__name__}") from error
    if len(text) > MAX_BYTES:
        raise PersistenceException(f"persistent attributes may have {MAX_BYTES} bytes as JSON, not {len(text)}")
    plain = json.loads(text)
    if not isinstance(plain, dict):
        raise PersistenceException("persistent attributes must be a dictionary")
    return plain


def _number(value: object) -> int | float:
    """Decimal, which DynamoDB gives for every number, as ask-sdk's own serializer writes it."""
    if isinstance(value, Decimal):
        return int(value) if value % 1 == 0 else float(value)
    raise TypeError(type(value).__name__)
