"""Cases of AdapterContract: what the platform makes of the answers, and what is sent through its API."""

from unittest.mock import patch

import msgspec

from shared.channel import ChannelAdapter
from shared.ports import Outgoing
from shared.testing.adapter.hooks import AdapterHooks
from shared.testing.adapter.instruments import for_all
from shared.testing.adapter.replies import Told, any_told, missing, moderate_told
from shared.testing.adapter.values import assert_well_formed, rich_reply, turn_of
from shared.turn import Outcome, Request, Turn


class PlatformCases(AdapterHooks):
    """Whatever NEXUS says becomes something that the platform takes, whole where it fits, the same each time."""

    def test_any_reply_becomes_what_the_platform_takes(self) -> None:
        """Replies of any size, script and shape, with any outcome, are answered well-formed and without a complaint."""
        door, wire, request = self.door(), self.wire(), self.request()

        def holds(told: Told) -> None:
            turn = turn_of(request, told.reply, told.outcome)
            answer = door.render(request, turn)
            assert_well_formed(answer)
            self.assert_no_complaints(self.complaints(wire, answer), answer.body)
            for outgoing in door.outgoing(request, turn):
                self.assert_no_complaints(self.objections(outgoing), outgoing.content)

        for_all(any_told(), self.of_replies(), holds)

    def test_nothing_of_a_moderate_reply_is_dropped(self) -> None:
        """Every word and address of a rich reply of moderate size is said, shown or sent; what cannot be shown becomes text."""
        door, request = self.door(), self.request()

        def holds(told: Told) -> None:
            assert told.reply is not None
            turn = turn_of(request, told.reply, told.outcome)
            said = self.said(door.render(request, turn), door.outgoing(request, turn))
            lost = missing(told.reply, said, self.reprompts)
            assert not lost, f"not said, shown or sent: {lost}"

        for_all(moderate_told(), self.of_replies(), holds)

    def test_what_is_sent_later_is_made_of_json(self) -> None:
        """What `outgoing` gives is stored until it is sent: JSON values, for one of the door's places."""
        door = self.door()
        for turn in self._turns():
            for one in door.outgoing(self.request(), turn):
                stored = msgspec.json.decode(msgspec.json.encode(one.content))
                assert stored == one.content, f"these are no JSON values: {one.content!r:.500}"
                assert one.place in door.places, f"there is no place {one.place!r}"

    def test_the_same_turn_is_sent_the_same(self) -> None:
        """A turn that is computed twice leaves one message behind: `outgoing` depends on nothing else and changes nothing."""
        request = self.request()
        for turn in self._turns():
            before = msgspec.msgpack.encode((request, turn))
            sent = [self.door().outgoing(request, turn) for _ in range(3)]
            assert sent[0] == sent[1] == sent[2]
            assert msgspec.msgpack.encode((request, turn)) == before

    def test_nothing_is_sent_before_the_commit(self) -> None:
        """Neither `render` nor `outgoing` delivers anything: that is for the outbox, once the turn is stored."""
        door = self.door()
        with patch.object(type(door), "deliver", autospec=True) as deliver:
            for turn in self._turns():
                _answers(door, self.request(), turn)
        assert not deliver.called, "a message left before its turn was stored"

    def _turns(self) -> list[Turn]:
        request = self.request()
        return [turn_of(request, reply, outcome) for outcome in Outcome for reply in (None, rich_reply())]


def _answers(door: ChannelAdapter, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
    door.render(request, turn)
    return door.outgoing(request, turn)
