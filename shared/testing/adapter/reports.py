"""Cases of AdapterContract: receipts, places below the door, carriers' keywords."""

from contextlib import suppress

from shared.channel import ChannelAdapter, Receipt, Verified
from shared.errors import DoorShut, Malformed, NotAuthentic
from shared.testing.adapter.hooks import AdapterHooks
from shared.testing.adapter.instruments import explosive
from shared.testing.adapter.values import Said, assert_well_formed, given, rich_reply, turn_of, wait


class ReportCases(AdapterHooks):
    """What is no message is told from messages; what every door may have besides is in order."""

    def test_a_message_is_no_receipt(self) -> None:
        """What people say is never taken for a platform's report about a message of ours."""
        for said in (Said(), Said(text="delivered"), Said(text="SM123 failed"), Said(text="STOP")):
            verified = self._verified(self.body(said), said)
            assert verified is not None
            assert self.door().receipt(verified) is None, f"{said.text!r} was taken for a receipt"

    def test_receipts_are_read_or_malformed(self) -> None:
        """Whatever an authentic sender sends, `receipt` gives a Receipt, None or Malformed, and nothing else."""
        body = self.body(Said())
        bodies = (*explosive(), *self.malformed(), *self.strange(Said()), *self.samples(), b"", body[: len(body) // 2])
        for strange in bodies:
            verified = self._verified(strange, Said())
            if verified is None:
                continue  # what is signed may still be stale, or meant for somebody else
            with given(strange), suppress(Malformed):
                found = self.door().receipt(verified)
                assert found is None or isinstance(found, Receipt)

    def test_samples_are_understood(self) -> None:
        """Every sample of what the platform really sends becomes a request that can be answered, or a receipt."""
        for sample in self.samples():
            with given(sample):
                verified = self._verified(sample, Said())
                assert verified is not None, "this sample is refused"
                door = self.door()
                if door.receipt(verified) is None:
                    request = door.parse(verified)
                    assert_well_formed(door.render(request, turn_of(request, rich_reply())))

    def test_every_place_has_a_door(self) -> None:
        """Each of the door's places is open, or says what it lacks."""
        door = self.door()
        assert door.places, "a door without any place lets nobody in"
        for place in sorted(door.places):
            found = _at(door, place)
            assert isinstance(found, ChannelAdapter) or found.strip(), f"the place {place!r} does not say what it lacks"

    def test_keywords_are_for_channels_with_consent(self) -> None:
        """STOP, START and HELP mean something only where people can forbid us to write, and then they do; other words never."""
        for text, meaning in (("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("stop the music", "")):
            request = self.request(Said(text=text))
            if request.keyword is not None:
                assert request.opt_out, f"{text} became a keyword on a channel that nobody can opt out of"
            if request.opt_out:
                found = request.keyword.meaning if request.keyword else ""
                assert found == meaning, f"{text!r} means {found!r} here"

    def _verified(self, body: bytes, said: Said) -> Verified | None:
        try:
            return wait(self.door().verify(self.sign(body, said)))
        except NotAuthentic:
            return None


def _at(door: ChannelAdapter, place: str) -> ChannelAdapter | str:
    """The adapter at `place`, or how that says that it is shut."""
    try:
        return door.at(place)
    except DoorShut as shut:
        return str(shut)
