"""`nexus say`: what a person sees of any twin, whole conversations, complaints, and what goes over the wire."""

import asyncio
import itertools
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.rest.adapter import RestAdapter
from channels.sms.adapter import SmsAdapter
from channels.sms.twins.by_api import ByApiTwin
from infra.cli.commands import Fault
from infra.keysource import key_source
from infra.plugins import find_twins
from infra.simulator import Simulator
from infra.system import SystemClock
from shared.channel import ChannelAdapter, Wire, WireReply
from shared.ports import DoorPorts, KeyOwner, Outgoing
from shared.testing.fakes import FakeApiKeys, FakeIds
from shared.testing.platforms.faults import FAULTS
from shared.testing.platforms.house import House
from shared.turn import Card, Choice, Kind, Reply, Request
from tests.infra.cli.conftest import Run

KEY = "nx_0123456789abcdef_" + "f" * 64
numbers = itertools.count(1)


class Apps:
    """The registry, in memory."""

    def __init__(self) -> None:
        self.configs: dict[str, dict[str, str]] = {}

    async def create_app(self, app: str) -> bool:
        return True

    async def create_key(self, app: str, name: str) -> str:
        return KEY

    async def owner(self, token: str) -> KeyOwner:
        return KeyOwner("sim", "1", "test")

    async def configure_channel(self, app: str, channel: str, values: Mapping[str, str]) -> None:
        self.configs[channel] = dict(values)

    async def channel_config(self, app: str, channel: str) -> dict[str, str] | None:
        return self.configs.get(channel)


def answer(request: Request) -> Reply:
    """Greets, tells what was said, and says good-bye."""
    if request.kind is Kind.OPEN:
        return Reply(text="Hello.", expects_answer=True, reprompt="Still there?")
    if request.text == "go":
        return Reply(text="Bye.", end_session=True)
    card = Card("A card", "with words", url="https://links.example/1")
    return Reply(text=f"You said {request.text}.", cards=(card,), choices=(Choice("Go", "go"),), expects_answer=True)


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everybody's credentials, made once: keys take long to find."""
    folder = tmp_path_factory.mktemp("made") / "simulator"
    prepare(Apps(), folder, None)
    return folder


@pytest.fixture
def prepared(home: Path, credentials: Path) -> Apps:
    """A home with everybody's credentials."""
    apps = Apps()
    shutil.copytree(credentials, home / "simulator")
    prepare(apps, home / "simulator", home)
    return apps


def prepare(apps: Apps, folder: Path, home: Path | None) -> None:
    twins = find_twins(home).found
    assert asyncio.run(Simulator(folder).prepare(apps, twins, time.time(), production=False)) == []


def open_door(apps: Apps, door: type[ChannelAdapter]) -> ChannelAdapter:
    clock = SystemClock()
    owners = {KEY: KeyOwner("sim", "1", "test")}
    keys = FakeApiKeys(owners)
    ports = DoorPorts(clock, FakeIds(), keys, lambda name, config: key_source(name, config, clock), lambda _: bytes(32))
    return door.open("sim", apps.configs.get(door.name, {}), ports)


def serve(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with house:
        monkeypatch.setenv("NEXUS_PORT", house.url.rpartition(":")[2])
        yield house


@pytest.fixture
def alexa(prepared: Apps, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    yield from serve(House(open_door(prepared, AlexaAdapter), answer), monkeypatch)


@pytest.fixture
def rest(prepared: Apps, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    yield from serve(House(open_door(prepared, RestAdapter), answer), monkeypatch)


def lines(*texts: str) -> str:
    """What comes in by a pipe."""
    return "".join(f"{text}\n" for text in texts)


def test_words_cards_and_choices_are_lines(rest: House, run: Run) -> None:
    told = run("say", "--channel", "rest", "--user", "ada", "hi", "there")
    assert told.code == 0, told.err
    assert told.out == "You said hi there.\n  | A card\n  | with words\n  | https://links.example/1\n  - Go\n"
    [turn] = rest.turns
    assert turn.app == "sim"


@pytest.mark.parametrize("user", ["a b", "", " ", "../ada", "a_b", "+1", "+1650555012x", "ada\n"])
def test_a_person_is_letters_and_digits(user: str, run: Run) -> None:
    told = run("say", "--channel", "rest", "--user", user, "hi")
    assert told.code == 2
    assert "letters and digits" in " ".join(told.err.replace("│", "").split())


@pytest.mark.parametrize("carrier", ["sms", "sms-telnyx"])
def test_silence_that_is_right_keeps_the_promise(
    carrier: str, prepared: Apps, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByApiTwin, "first_s", 0.3)

    def at(url: str) -> ChannelAdapter:
        prepared.configs["sms"]["public_url"] = url
        return open_door(prepared, SmsAdapter)

    for house in serve(House(at, lambda _: Reply(text="")), monkeypatch):
        told = run("say", "--channel", carrier, "--fault", "retry", "STOP")
        assert told.code == 0, told.err
        assert told.out.startswith("(no answer: the carrier ")
        assert told.out.endswith("(sent again with the same id: no answer, each time)\n")
        assert len(house.turns) == 1


def test_a_conversation_begins_and_ends_as_the_platform_does(alexa: House, run: Run) -> None:
    told = run("say", "--interactive", typed=lines("", "one", "go", "not heard any more"))
    assert told.code == 0, told.err
    assert told.out.splitlines() == [
        "Hello.",
        "  (listening; after silence: Still there?)",
        "Still there?",
        "  (listening)",
        "You said one. You can say “Go”.",
        "  | A card",
        "  | with words",
        "  | https://links.example/1",
        "  (listening)",
        "Bye.",
        "  (session closed)",
    ]
    assert [turn.reply.text for turn in alexa.turns if turn.reply] == ["Hello.", "You said one.", "Bye."]


def test_after_two_silences_the_platform_hangs_up(alexa: House, run: Run) -> None:
    told = run("say", "-i", typed=lines("", "", "hello?"))
    assert told.code == 0
    assert told.out.splitlines()[-1] == "  (session closed)"
    assert "hello?" not in told.out


def test_a_conversation_ends_with_the_input(rest: House, run: Run) -> None:
    told = run("say", "--channel", "rest", "-i", "one", typed=lines("two"))
    assert (told.code, [line for line in told.out.splitlines() if line.startswith("You")]) == (
        0,
        ["You said one.", "You said two."],
    )


@pytest.mark.parametrize("fault", ["retry", "duplicate", "hang-up"])
def test_under_a_fault_a_message_has_one_answer_or_it_is_told(fault: str, rest: House, run: Run) -> None:
    told = run("say", "--channel", "rest", "--fault", fault, "hi")
    assert (told.code, told.out.splitlines()[0]) == (0, "You said hi.")
    assert told.out.splitlines()[-1] == f"  ({FAULTS[fault].done}: one answer, the same bytes each time)"
    assert len(rest.turns) == 1
    rest.answer = lambda request: Reply(text=f"{next(numbers)}")
    rest.turns = Forgetful()
    told = run("say", "--channel", "rest", "--fault", fault, "hi")
    assert told.code == 1
    assert "different answers" in told.err or "got another answer" in told.err
    assert told.out == ""


def test_messages_that_come_last_one_first_have_one_answer_each(rest: House, run: Run) -> None:
    told = run("say", "--channel", "rest", "--fault", "reorder", "one", "two", "three")
    assert told.code == 0, told.err
    assert [line for line in told.out.splitlines() if line.startswith((">", "You", "  ("))] == [
        *("> three", "You said three.", "> two", "You said two.", "> one", "You said one."),
        "  (delivered last one first, each of them twice: 3 messages, one answer each)",
    ]
    assert len(rest.turns) == 3


def test_one_message_cannot_be_reordered(rest: House, run: Run) -> None:
    told = run("say", "--channel", "rest", "--fault", "reorder", "one")
    assert told.code == 2
    assert "two messages or more" in told.err
    assert rest.turns == []


def test_a_whole_conversation_goes_under_the_fault(alexa: House, run: Run) -> None:
    told = run("say", "-i", "--fault", "duplicate", typed=lines("", "one", "go"))
    assert told.code == 0, told.err
    told_of = [line for line in told.out.splitlines() if "sent twice at once: one answer" in line]
    assert len(told_of) == 3  # the opening and two messages: the silence is Alexa's own affair
    assert len(alexa.turns) == 3


def test_lines_go_out_in_twos_with_the_second_first(alexa: House, run: Run) -> None:
    told = run("say", "-i", "--fault", "reorder", "zero", typed=lines("one", "two", "go", "not said any more"))
    assert told.code == 0, told.err
    assert [line for line in told.out.splitlines() if line.startswith(">")] == ["> one", "> zero", "> go", "> two"]
    assert sum("2 messages, one answer each" in line for line in told.out.splitlines()) == 2


class SaysNothing(House):
    """Takes messages, and sends nobody anything."""

    async def _deliver(self, messages: Sequence[Outgoing], message_id: str) -> None:
        return


class SaysTwice(House):
    """Sends every answer twice."""

    async def _deliver(self, messages: Sequence[Outgoing], message_id: str) -> None:
        for time_ in ("first", "second"):
            await super()._deliver(messages, f"{message_id}-{time_}")


class CallsTwice(House):
    """Sends every answer twice under one reference, which a carrier may take for one."""

    async def _deliver(self, messages: Sequence[Outgoing], message_id: str) -> None:
        for _ in range(2):
            await super()._deliver(messages, message_id)


@pytest.mark.parametrize("carrier", ["vonage", "telnyx", "bandwidth"])
@pytest.mark.parametrize(
    ("kind", "code", "says"),
    [
        (House, 0, "sent twice at once: one answer, by one call of the carrier's API"),
        (SaysNothing, 1, "sent twice at once, the message got no answer"),
        (SaysTwice, 1, "2 answers to one message came by the carrier's API"),
        (CallsTwice, 1, "carrier's API"),
    ],
)
def test_a_carrier_that_is_answered_by_api_is_called_once(
    carrier: str, kind: type[House], code: int, says: str, prepared: Apps, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByApiTwin, "first_s", 1.0)
    monkeypatch.setattr(ByApiTwin, "second_s", 0.4)
    for house in serve(kind(open_door(prepared, SmsAdapter), answer), monkeypatch):
        told = run("say", "--channel", f"sms-{carrier}", "--fault", "duplicate", "hi")
        assert told.code == code, told.err
        assert says in told.out + told.err
        assert len(house.turns) == 1


def test_the_faults_of_the_command_are_those_of_the_twins() -> None:
    assert [one.value for one in Fault] == list(FAULTS)


class Forgetful(list):  # type: ignore[type-arg]
    """A list that stays empty."""

    def append(self, one: object) -> None:
        """Forget it."""


class Tampering(House):
    """Answers what no platform takes."""

    async def at_door(self, wire: Wire) -> WireReply:
        wrong = {"outputSpeech": {"type": "PlainText", "text": ""}, "card": {"type": "Simple", "content": "x" * 8_001}}
        body = json.dumps({"version": "1.0", "response": wrong}).encode()
        return WireReply(200, ((b"content-type", b"application/json"),), body)


def test_complaints_are_told_in_words(prepared: Apps, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in serve(Tampering(open_door(prepared, AlexaAdapter), answer), monkeypatch):
        told = run("say", "hi")
        assert told.code == 1
        assert told.out == ""
        assert told.err.splitlines() == [
            "nexus: alexa does not take the answer:",
            "  - outputSpeech has 0 characters, not 1 to 8000",
            "  - the card has 8001 characters, more than 8000, addresses of pictures included",
        ]


def test_a_problem_is_told_in_one_line(prepared: Apps, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared.configs["alexa"]["skill_id"] = "amzn1.ask.skill.another"
    for _ in serve(House(open_door(prepared, AlexaAdapter), answer), monkeypatch):
        told = run("say", "hi")
        assert told.code == 1
        assert told.err.startswith("nexus: alexa does not take the answer: HTTP 400: alexa: the request is for another")
        assert told.err.count("\n") == 1


def test_what_is_sent_is_shown_without_credentials(rest: House, run: Run) -> None:
    told = run("say", "--channel", "rest", "--show", "hi")
    assert told.code == 0
    assert f"POST {rest.url}/v1/messages" in told.err
    assert '"text": "hi"' in told.err
    assert "200 OK" in told.err
    assert f"Bearer {KEY[:12]}…" in told.err
    assert KEY[:20] not in told.err + told.out


PIGEON = """
from pathlib import Path
from shared.testing.platforms import Answer, Heard, Sent, Twin, status_complaints

class PigeonTwin(Twin):
    name = path = "pigeon"
    @classmethod
    def make(cls, folder: Path, now: float) -> None: ...
    @classmethod
    def config(cls, folder: Path) -> dict[str, str]: return {}
    def request(self, text: str) -> Sent: return Sent(self.url, {}, text.encode(), "1")
    def complaints(self, sent: Sent, answer: Answer) -> list[str]: return status_complaints(answer, 404)
    def heard(self, sent: Sent, answer: Answer) -> Heard: return Heard(f"coo {self.user} {self.locale} {self.url}")
"""


def test_a_plug_ins_twin_is_one_like_the_others(
    home: Path, rest: House, prepared: Apps, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "plugins" / "pigeon"
    folder.mkdir(parents=True)
    twins = '[[twins]]\nname = "pigeon"\nentry = "twin:PigeonTwin"\n'
    (folder / "channel.toml").write_text(f'name = "pigeon"\ntitle = "P"\nentry = "adapter:X"\n{twins}')
    (folder / "twin.py").write_text(PIGEON)
    assert "it is made when NEXUS starts" in run("say", "--channel", "pigeon", "hi").err
    prepare(prepared, home / "simulator", home)
    told = run("say", "--channel", "pigeon", "--user", "ada", "--locale", "de-DE", "hi")
    assert told.out == f"coo ada de-DE {rest.url}/apps/sim/channels/pigeon\n"
    wrong = run("say", "--channel", "dove", "hi")
    assert wrong.code == 2
    assert all(name in wrong.err for name in ("alexa", "rest", "web", "pigeon"))
    for name in [name for name in sys.modules if name.startswith("nexus_plugins")]:
        monkeypatch.delitem(sys.modules, name)


def test_production_has_no_simulators(rest: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_ENV", "production")
    told = run("say", "hi")
    assert told.code == 1
    assert "production refuses" in told.err
