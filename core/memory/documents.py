"""A person's documents, as skills and doors see them during one turn."""

from typing import Any

from shared.ports import Person, TurnStore


class PersonDocuments:
    """Implements `shared.ports.Documents` for one person."""

    def __init__(self, person: Person, turns: TurnStore) -> None:
        self._person = person
        self._turns = turns

    async def get(self, name: str) -> dict[str, Any] | None:
        """See `Documents.get`."""
        return await self._turns.document(self._person, name)
