"""Persons and their data keys: who is behind a channel's own name, made at first sight."""

from cachetools import LRUCache
from msgspec import Struct

from infra.storage.postgres import Connection, Database
from infra.vault import DataKey, Vault, join
from shared.errors import StoreUnavailable
from shared.ports import Ids, Person

_CACHED = 50_000  # persons whose keys are kept in memory, about 1 kB each

_FIND = """
    select i.person_id, k.wrapped from identities i join person_keys k using (app_id, person_id)
    where i.app_id = %s and i.channel = %s and i.user_digest = %s"""
_KEY = "select wrapped from person_keys where app_id = %s and person_id = %s"


class Known(Struct, frozen=True):
    """A person with the key that opens what is theirs."""

    person: Person
    key: DataKey


class People:
    """Looks persons up by keyed digest, so that the store holds no readable outside id."""

    def __init__(self, database: Database, vault: Vault, ids: Ids) -> None:
        self._database = database
        self._vault = vault
        self._ids = ids
        self._by_user: LRUCache[tuple[str, bytes], Known] = LRUCache(_CACHED)
        self._by_id: LRUCache[Person, DataKey] = LRUCache(_CACHED)

    async def person(self, app: str, channel: str, user: str) -> Person:
        """The person whom `channel` calls `user`. Raises StoreUnavailable."""
        digest = self._vault.id_digest("user", channel, user)
        known = self._by_user.get((app, digest))
        if known is None:
            known = await self._find(app, channel, digest) or await self._create(app, channel, user, digest)
            self._by_user[app, digest] = known
            self._by_id[known.person] = known.key
        return known.person

    async def key(self, person: Person) -> DataKey:
        """The data key of a person. Raises StoreUnavailable."""
        key = self._by_id.get(person)
        if key is None:
            row = await self._database.row(_KEY, person.app, person.id)
            if row is None:
                raise StoreUnavailable("a person's key is missing from the store")
            key = self._by_id[person] = self._vault.person_key(person.app, person.id, row[0])
        return key

    async def _find(self, app: str, channel: str, digest: bytes) -> Known | None:
        row = await self._database.row(_FIND, app, channel, digest)
        if row is None:
            return None
        person_id, wrapped = row
        return Known(Person(app, person_id), self._vault.person_key(app, person_id, wrapped))

    async def _create(self, app: str, channel: str, user: str, digest: bytes) -> Known:
        person_id = self._ids.new()
        key, wrapped = self._vault.new_person_key(app, person_id)
        external = key.seal(user.encode(), join("identity", app, person_id, channel))

        async def insert(connection: Connection) -> None:
            async with connection.transaction():
                # The identity's row decides who was first; the foreign key is why the person comes before it.
                await connection.execute(
                    "insert into persons (app_id, person_id) values (%s, %s) on conflict do nothing",
                    (app, person_id),
                )
                await connection.execute(
                    "insert into person_keys values (%s, %s, %s) on conflict do nothing",
                    (app, person_id, wrapped),
                )
                cursor = await connection.execute(
                    "insert into identities (app_id, channel, user_digest, person_id, external) values (%s, %s, %s, %s, %s)"
                    " on conflict do nothing",
                    (app, channel, digest, person_id, external),
                )
                if cursor.rowcount == 0:  # another worker was first: leave no empty person behind
                    await connection.execute(
                        "delete from person_keys where app_id = %s and person_id = %s", (app, person_id)
                    )
                    await connection.execute(
                        "delete from persons where app_id = %s and person_id = %s", (app, person_id)
                    )

        await self._database.run(insert)
        known = await self._find(app, channel, digest)
        if known is None:
            raise StoreUnavailable("a new person could not be stored")
        return known
