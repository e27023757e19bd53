"""Cases of AdapterContract: who may come in."""

from shared.channel import Wire
from shared.testing.adapter.hooks import AdapterHooks
from shared.testing.adapter.instruments import explosive, parsers_called
from shared.testing.adapter.values import CANARY, Said, wait
from shared.turn import Kind


class EntryCases(AdapterHooks):
    """Only the sender who holds the credentials comes in, and nothing of anybody else's is parsed."""

    def test_an_authentic_message_is_understood(self) -> None:
        """What an authentic sender says arrives, word for word, as something said."""
        said = Said(text="what time is it")
        request = self.request(said)
        assert (request.text, request.kind) == ("what time is it", Kind.UTTERANCE)

    def test_app_and_channel_are_those_of_the_door(self) -> None:
        """What comes in belongs to the app and the channel of the door, and names who was proven."""
        door = self.door()
        verified = wait(door.verify(self.wire()))
        request = door.parse(verified)
        assert verified.app == request.app == self.app
        assert request.channel == door.name
        assert verified.principal

    def test_forged_is_refused(self) -> None:
        """Nobody comes in with credentials that are forged, broken, another's or meant for something else."""
        wires = list(self.forged(self.wire()))
        assert wires, "a contract without forgeries shows nothing"
        for wire in wires:
            self.assert_refused(wire)

    def test_unsigned_is_refused(self) -> None:
        """Nobody comes in without credentials."""
        self.assert_refused(self.unsigned(self.wire()))
        self.assert_refused(Wire("POST", self.wire().target, (), b""))

    def test_stale_is_refused(self) -> None:
        """What was authentic once, or will be, is refused now."""
        wires = list(self.stale())
        assert wires, "credentials that never end must at least be revocable"
        for wire in wires:
            self.assert_refused(wire)

    def test_an_altered_body_is_refused(self) -> None:
        """Where the signature covers the body, an altered body is refused."""
        wire = self.wire()
        for body in (wire.body[:-1], wire.body + b" ", wire.body.replace(CANARY.encode(), b"other"), b""):
            altered = Wire(wire.method, wire.target, wire.headers, body)
            if self.signs_body:
                self.assert_refused(altered)
            else:
                assert wait(self.door().verify(altered)).wire.body == body

    def test_bytes_that_break_parsers_are_only_refused(self) -> None:
        """Bytes that break parsers, from a forger, are refused like anything else of theirs."""
        for body in (*explosive(), *self.malformed()):
            for wire in self.forged(self.sign(body, Said())):
                self.assert_refused(Wire(wire.method, wire.target, wire.headers, wire.body or body))

    def test_nothing_is_parsed_before_the_sender_is_proven(self) -> None:
        """No parser sees the bytes of somebody who is not proven."""
        wire = self.wire()
        assert parsers_called(lambda: self.through(wire), wire.body), "the instrument does not see this door's parser"
        for forged in (self.unsigned(wire), *self.forged(wire)):
            assert parsers_called(lambda forged=forged: self.assert_refused(forged), forged.body) == []  # type: ignore[misc]
