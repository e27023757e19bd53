"""What the ciphertexts of several stores are bound to, so that none can be put in the place of another."""

from infra.vault import join
from shared.ports import Person


def turn_bound(person: Person, message_digest: bytes, column: str) -> bytes:
    """What a column of a turn is bound to."""
    return join("turn", person.app, person.id, message_digest, column)


def deferred_bound(person: Person, deferred_id: str, column: str) -> bytes:
    """What a column of a deferred answer is bound to."""
    return join("deferred", person.app, person.id, deferred_id, column)
