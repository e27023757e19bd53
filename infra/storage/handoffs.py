"""Handoffs on Postgres: which conversations are in the hands of a human.

They begin and go on in the commits of turns (store_more.sql); here they are looked up, and given back by operators.
"""

import msgspec
from msgspec.structs import replace

from infra.storage.people import People
from infra.storage.postgres import Database
from infra.storage.writer import HandoffRow
from infra.vault import DataKey, join
from shared.handing import Handoff, HandoffEnded, HandoffHeard, HandoffStep
from shared.ports import Person

_COLUMNS = """
    select app_id, person_id, handoff_id, extract(epoch from until)::float8, extract(epoch from returned_at)::float8, body
    from handoffs"""
_FIND = _COLUMNS + " where app_id = %s and handoff_id = %s"
_FIND_OF = _FIND + " and person_id = %s"
_OPEN = (
    _COLUMNS + " where app_id = %s and returned_at is null and until > to_timestamp(%s) order by started_at, handoff_id"
)
_RETURN = """
    update handoffs set returned_at = to_timestamp(%s), returned_by = 'operator'
    where app_id = %s and handoff_id = %s and returned_at is null"""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Handoff).decode


class HandoffStore:
    """Looks handoffs up. Everything raises StoreUnavailable."""

    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def find(self, person: Person, handoff_id: str) -> Handoff | None:
        """See `TurnStore.handoff`."""
        row = await self._database.row(_FIND_OF, person.app, handoff_id, person.id)
        return None if row is None else await self._opened(*row)

    async def of_app(self, app: str, handoff_id: str) -> Handoff | None:
        """A handoff of an app, over or not; None where the app has none such."""
        row = await self._database.row(_FIND, app, handoff_id)
        return None if row is None else await self._opened(*row)

    async def open(self, app: str, now: float) -> list[Handoff]:
        """The conversations of an app that a human has now, the longest first."""
        return [await self._opened(*row) for row in await self._database.rows(_OPEN, app, now)]

    async def give_back(self, app: str, handoff_id: str, now: float) -> Handoff | None:
        """The handoff, ended now unless it ended before; None where the app has none such."""
        await self._database.execute(_RETURN, now, app, handoff_id)
        return await self.of_app(app, handoff_id)

    async def _opened(
        self, app: str, person_id: str, handoff_id: str, until: float, returned_at: float | None, sealed: bytes
    ) -> Handoff:
        person = Person(app, person_id)
        key = await self._people.key(person)
        body = _decode(key.open(sealed, _bound(person, handoff_id)))
        return replace(body, until=until, returned_at=returned_at)


def handoff_row(key: DataKey, person: Person, step: HandoffStep) -> HandoffRow:
    """What a turn writes about a handoff."""
    match step:
        case HandoffHeard():
            return step.id, step.until, None, None
        case HandoffEnded():
            return step.id, None, step.by, None
    return step.id, step.until, None, key.seal(_encode(step), _bound(person, step.id))


def _bound(person: Person, handoff_id: str) -> bytes:
    return join("handoff", person.app, person.id, handoff_id)
