"""An answer that takes long: the holding line as any answer, then the rest by the carrier's API, over HTTP."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from channels.sms.adapter import CARRIERS, SmsAdapter
from channels.sms.bandwidth.contract import BandwidthContract
from channels.sms.carrier import Carrier
from channels.sms.plivo.contract import PlivoContract
from channels.sms.telnyx.contract import TelnyxContract
from channels.sms.twins.api import CarrierApi
from channels.sms.twins.bandwidth import BandwidthTwin
from channels.sms.twins.by_api import ByApiTwin, digits
from channels.sms.twins.plivo import PlivoTwin
from channels.sms.twins.telnyx import TelnyxTwin
from channels.sms.twins.twilio import TwilioTwin
from channels.sms.twins.vonage import VonageTwin
from channels.sms.vonage.contract import VonageContract
from shared.testing.adapter.values import turn_of
from shared.testing.fakes import FakeClock, door_ports
from shared.testing.platforms import Heard
from shared.testing.platforms.api import Failure
from shared.testing.platforms.house import House, Slow
from shared.turn import Kind, Media, Outcome, Reply, Request
from tests.channels.replies import HOLDING, REPLIES
from tests.channels.sms.carriers import open_carrier
from tests.channels.sms.twilio_door import ACCOUNT, TOKEN

Golden = Callable[[str, Any], None]
TWINS = {
    "twilio": TwilioTwin,
    "vonage": VonageTwin,
    "plivo": PlivoTwin,
    "telnyx": TelnyxTwin,
    "bandwidth": BandwidthTwin,
}
CONFIGS = {
    "twilio": {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN},
    "vonage": VonageContract.config,
    "plivo": PlivoContract.config,
    "telnyx": TelnyxContract.config,
    "bandwidth": BandwidthContract.config,
}
NOW = 1_780_000_000.0
HOLD = Reply(text="One moment, I am looking that up.")
LONG = "It is a long story, and this is a part of it. " * 60


def request(text: str = "tell me a story") -> Request:
    return Request(
        app="default",
        channel="sms",
        message_id="x:1",
        conversation="+14155550100:+14155550199",
        user="+14155550199",
        kind=Kind.UTTERANCE,
        received_at=NOW,
        deadline=NOW + 5,
        text=text,
        opt_out=True,
        native={"from": "+14155550199", "to": "+14155550100"},
    )


class Talk:
    """Somebody who texts, an engine that is slow, and the carrier."""

    def __init__(self, place: str, folder: Path, answer: Reply) -> None:
        kind: Any = TWINS[place]
        kind.make(folder, NOW)
        self.place, self.folder, self.kind = place, folder, kind
        self.house = House(self._door, lambda asked: Slow(answer, HOLD))

    def _door(self, url: str) -> SmsAdapter:
        config = {**self.kind.config(self.folder), "public_url": url, "development_origins": url}
        return SmsAdapter.open("default", config, door_ports(FakeClock(NOW)))

    def late(self, *failures: Failure, messages: int) -> tuple[Heard, list[str], CarrierApi]:
        """What is heard at once, and what comes by the API later."""
        with self.house as house, self.kind(self.folder, house.url, now=lambda: NOW) as twin:
            ours: str = twin.account.number
            api: CarrierApi = twin.listen() if isinstance(twin, ByApiTwin) else twin.api()
            if not isinstance(twin, ByApiTwin):
                api.start()
            try:
                heard = twin.say("tell me a story")
                before = len(api.messages)
                api.fail(*failures)
                house.finish()
                came = api.taken(before + messages)[before:]
                assert {digits(one.recipient) for one in came} == {digits(twin.number)}
                assert {digits(one.sender) for one in came} == {digits(ours)}
                assert api.complaints == []
                return heard, [one.text for one in came], api
            finally:
                api.close()


@pytest.mark.parametrize("place", TWINS)
def test_the_answer_follows_by_the_carriers_api(place: str, tmp_path: Path) -> None:
    heard, came, _ = Talk(place, tmp_path, Reply(text="It is 42.")).late(messages=1)
    assert heard.text == HOLD.text
    assert came == ["It is 42."]


@pytest.mark.parametrize("place", ["twilio", "telnyx"])
def test_what_is_long_follows_in_parts_and_in_order(place: str, tmp_path: Path) -> None:
    door = open_carrier(place, CONFIGS[place])
    parts = len(door.later(request(), turn_of(request(), Reply(text=LONG))))
    assert parts > 1
    _, came, _ = Talk(place, tmp_path, Reply(text=LONG)).late(messages=parts)
    assert [re.match(r"\((\d+)/\d+\) ", one) is not None for one in came] == [True] * parts
    assert [int(one[1 : one.index("/")]) for one in came] == list(range(1, parts + 1))


@pytest.mark.parametrize("place", ["plivo"])
def test_a_carrier_that_is_busy_is_asked_again(place: str, tmp_path: Path) -> None:
    _, came, api = Talk(place, tmp_path, Reply(text="It is 42.")).late(Failure(429, retry_after="1"), messages=1)
    assert came == ["It is 42."]
    assert api.calls == len(api.messages) + 1


@pytest.mark.parametrize("place", CARRIERS)
def test_what_follows(place: str, golden: Golden) -> None:
    """Every feature of a reply as it goes out later: by the API, whatever carried the first answer."""
    door, said = open_carrier(place, CONFIGS[place]), {}
    for name, reply in REPLIES.items():
        said[name] = [one.content for one in door.later(request(), turn_of(request(), reply))]
    assert all(one.place == place for one in door.later(request(), turn_of(request(), REPLIES["plain"])))
    golden(f"{place}_later", said)


@pytest.mark.parametrize("place", CARRIERS)
def test_the_holding_line_is_answered_as_any_other(place: str, golden: Golden) -> None:
    door, said = open_carrier(place, CONFIGS[place]), {}
    for name, reply in HOLDING.items():
        turn = turn_of(request(), reply, Outcome.DEFERRED)
        sent = [one.content for one in door.outgoing(request(), turn)]
        said[name] = {"answer": door.render(request(), turn).body.decode(), "sent": sent}
    golden(f"{place}_holding", said)


def test_a_picture_is_sent_where_pictures_are() -> None:
    turn = turn_of(request(), Reply(text="Look.", media=(Media("https://media.example/a.png", "image/png"),)))
    for place in CARRIERS:
        door: Carrier = open_carrier(place, CONFIGS[place])
        [letter] = door.later(request(), turn)
        assert letter.content["media"] == ["https://media.example/a.png"]
        assert msgspec.json.decode(msgspec.json.encode(letter.content)) == letter.content
