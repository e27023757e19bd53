"""Cases of AdapterContract: what a request holds."""

import msgspec

from shared.testing.adapter.hooks import AdapterHooks
from shared.testing.adapter.values import MAX_MESSAGE_ID, MAX_NAME, NOW, Said, wait
from shared.turn import Request


class RequestCases(AdapterHooks):
    """Ids, people, deadlines: what the engine relies on."""

    def test_a_replay_is_the_same_message(self) -> None:
        """The same bytes, sent again, are the same message of the same person."""
        wire = self.wire()
        first, again = self.through(wire), self.through(wire)
        assert (first.message_id, first.user, first.conversation, first.text) == (
            again.message_id,
            again.user,
            again.conversation,
            again.text,
        )

    def test_other_messages_have_other_ids(self) -> None:
        """Different messages have different ids."""
        ids = [self.request(Said(message_id=f"message-{number}")).message_id for number in (1, 2, 11)]
        assert len(set(ids)) == 3

    def test_people_are_told_apart(self) -> None:
        """Different people are different users, and one person is one user in every message."""
        ada, bob = self.request(Said(user="ada")), self.request(Said(user="bob"))
        assert ada.user != bob.user
        assert ada.user == self.request(Said(user="ada", message_id="message-2")).user

    def test_ids_can_be_stored(self) -> None:
        """Message id, user and conversation are printable and of a length that the store takes."""
        request = self.request()
        for value, limit in (
            (request.message_id, MAX_MESSAGE_ID),
            (request.user, MAX_NAME),
            (request.conversation, MAX_NAME),
        ):
            assert 1 <= len(value.encode()) <= limit
            assert value.isprintable()

    def test_the_deadline_is_the_budget_after_reception(self) -> None:
        """The deadline is the platform's patience after the time of reception."""
        request = self.request()
        assert request.received_at == NOW
        assert request.deadline == NOW + self.door().budget_s

    def test_parsing_twice_gives_the_same(self) -> None:
        """Parsing the same twice gives the same: it is pure."""
        door = self.door()
        verified = wait(door.verify(self.wire()))
        assert door.parse(verified) == door.parse(verified)

    def test_a_request_can_be_stored(self) -> None:
        """A request holds nothing that cannot be stored and read back."""
        request = self.request()
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=Request) == request
