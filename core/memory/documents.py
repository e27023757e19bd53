"""A person's documents: as skills and doors see them during one turn, and as they are stored with it."""

import copy
from collections.abc import Sequence
from typing import Any

import msgspec

from shared.effects import Keep
from shared.ports import Person, TurnStore
from shared.turn import Reply

MOST_BYTES = 1024 * 1024  # of a document, as JSON


class PersonDocuments:
    """Implements `shared.ports.Documents` for one person.

    `said` are the replies of this very turn so far: what they keep is seen, though it is stored only with the turn. Or else
    the second of two wishes in one sentence would overwrite what the first one changed.
    """

    def __init__(self, person: Person, turns: TurnStore, said: Sequence[Reply] = ()) -> None:
        self._person = person
        self._turns = turns
        self._kept = {effect.name: effect.content for reply in said for effect in kept(reply)}

    async def get(self, name: str) -> dict[str, Any] | None:
        """See `Documents.get`."""
        if name in self._kept:
            return copy.deepcopy(self._kept[name])
        return await self._turns.document(self._person, name)


def kept(reply: Reply) -> tuple[Keep, ...]:
    """The documents that `reply` keeps, as JSON gives them back. Raises TypeError or ValueError for what is no JSON object."""
    return tuple(
        effect if effect.content is None else Keep(effect.name, _as_json(effect.content))
        for effect in reply.effects
        if isinstance(effect, Keep)
    )


def _as_json(content: dict[str, Any]) -> dict[str, Any]:
    try:
        body = msgspec.json.encode(content)
        msgspec.msgpack.encode(content)  # as it is stored: numbers have at most 64 bits
    except (OverflowError, RecursionError) as error:
        raise ValueError("a document holds what cannot be stored") from error
    if len(body) > MOST_BYTES:
        raise ValueError(f"a document is over {MOST_BYTES} bytes")
    return msgspec.json.decode(body, type=dict[str, Any])
