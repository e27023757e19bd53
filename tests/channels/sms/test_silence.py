"""Where a phone rightly stays silent its twin says why, so that `nexus say --fault` tells it from an answer that is lost."""

from pathlib import Path

import pytest

from channels.sms.twins.bandwidth import BandwidthTwin
from channels.sms.twins.by_api import ByApiTwin
from channels.sms.twins.plivo import PlivoTwin
from channels.sms.twins.telnyx import TelnyxTwin
from channels.sms.twins.texting import TextingTwin
from channels.sms.twins.twilio import TwilioTwin
from channels.sms.twins.vonage import VonageTwin
from core.keywords import ruling
from shared.testing.adapter_contract import NOW
from shared.testing.platforms import NO_ANSWER
from shared.testing.platforms.faults import FAULTS, PromiseBroken, result
from shared.turn import Media, Reply, Request, Session
from tests.channels.sms.carriers import PUBLIC, Served, open_carrier

TWINS: dict[str, type[TextingTwin]] = {
    "twilio": TwilioTwin,
    "vonage": VonageTwin,
    "plivo": PlivoTwin,
    "telnyx": TelnyxTwin,
    "bandwidth": BandwidthTwin,
}
OPTED_OUT = "(no answer: this number opted out; send START)"


class Consent:
    """An engine that rules as NEXUS' own does; `lost` answers of it are lost."""

    def __init__(self) -> None:
        self.opted_out, self.lost = False, False

    def __call__(self, request: Request) -> Reply:
        ruled = ruling(request, Session(), self.opted_out)
        if ruled is not None and ruled.consent is not None:
            self.opted_out = not ruled.consent
        if self.lost:
            return Reply(text="")
        if ruled is not None:
            return ruled.reply
        picture = Media("https://media.example/key.png", "image/png")
        return Reply(text="", media=(picture,)) if request.text == "picture" else Reply(text=f"You said {request.text}")


class Texting:
    """Somebody who texts through a carrier, and the engine at the other end."""

    def __init__(self, place: str, folder: Path, engine: Consent) -> None:
        self.place, self.folder, self.engine = place, folder, engine
        self._served = Served(open_carrier(place, TWINS[place].config(folder)), engine)

    def twin(self) -> TextingTwin:
        return TWINS[self.place](self.folder, PUBLIC, client=self._served.client(), now=lambda: NOW, user="ada")

    def says(self, *texts: str) -> list[str]:
        """What is heard, each time by a twin of its own, as `nexus say` has it."""
        heard = []
        for text in texts:
            with self.twin() as twin:
                heard.append(twin.say(text).text)
        return heard


@pytest.fixture(params=TWINS)
def texting(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Texting:
    for kind in (ByApiTwin, PlivoTwin):
        monkeypatch.setattr(kind, "first_s", 0.3)
        monkeypatch.setattr(kind, "further_s", 0.05)
        monkeypatch.setattr(kind, "second_s", 0.05)
    TWINS[request.param].make(tmp_path, NOW)
    return Texting(request.param, tmp_path, Consent())


STOPPED = {
    "twilio": "(no answer: the carrier answers STOP itself)",
    "plivo": "(no answer: the carrier answers STOP itself)",
    "telnyx": "(no answer: the carrier lets nothing through after STOP)",
}


def test_after_stop_silence_has_a_reason_until_start(texting: Texting) -> None:
    stopped, hello, again, started, last = texting.says("STOP", "hello", "Stop.", "START", "hello")
    assert stopped == STOPPED.get(texting.place, stopped)
    assert stopped.startswith("(no answer: ") == (texting.place in STOPPED)
    assert (hello, again, last) == (OPTED_OUT, OPTED_OUT, "You said hello")
    assert started != NO_ANSWER


def test_a_lost_answer_has_no_reason(texting: Texting) -> None:
    """Where NEXUS has something to say it must come: to ordinary words and, where it owes them, to keywords."""
    texting.engine.lost = True
    owed = {"twilio": ["hello"], "plivo": ["hello", "START"], "telnyx": ["hello", "START", "HELP"]}
    for word in owed.get(texting.place, ["hello", "STOP", "START", "HELP"]):
        assert texting.says(word) == [NO_ANSWER], word


def test_a_fault_takes_silence_that_has_a_reason(texting: Texting) -> None:
    with texting.twin() as twin:
        twin.fault = FAULTS["retry"]
        told = result(twin, [twin.say("STOP")])
        assert told.endswith("no answer, each time") == (texting.place in STOPPED)
        assert result(twin, [twin.say("hello")]).endswith("no answer, each time")
        texting.engine.lost = True
        twin.say("START")
        with pytest.raises(PromiseBroken, match="the message got no answer"):
            result(twin, [twin.say("hello")])


def test_a_picture_alone_is_an_answer(texting: Texting) -> None:
    with texting.twin() as twin:
        twin.fault = FAULTS["retry"]
        heard = twin.say("picture")
        told = result(twin, [heard])
    assert heard.text == "" if heard.shown else "key.png" in heard.text
    assert told == f"sent again with the same id: {twin.one_answer}"


def test_who_answers_end_to_a_question_did_not_opt_out(texting: Texting) -> None:
    """NEXUS took the word for an answer, and goes on answering: later silence is a fault again."""
    assert texting.says("END", "START", "hello")[-1] == "You said hello"
    texting.engine.opted_out = False
    texting.says("END")
    texting.engine.opted_out = False
    assert texting.says("hello") == ["You said hello"]
    texting.engine.lost = True
    assert texting.says("hello") == [NO_ANSWER]
