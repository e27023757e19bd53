"""Twilio's twin against the door: what it sends Twilio's own library takes for authentic, and it complains as Twilio would."""

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.sms.adapter import SmsAdapter
from channels.sms.twins.twilio import TwilioTwin
from channels.sms.twins.twiml_rules import complaints
from shared.channel import ChannelAdapter, Receipt, Wire
from shared.errors import SettingsInvalid
from shared.testing.adapter.values import turn_of
from shared.testing.fakes import door_ports
from shared.testing.platforms import Answer, AnswerRefused, Sent
from shared.turn import Attachment, Reply

BASE = "http://127.0.0.1:8080"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an account."""
    TwilioTwin.make(tmp_path, 0.0)
    return tmp_path


@pytest.fixture
def door(folder: Path) -> ChannelAdapter:
    """The door that believes it, in development."""
    config = TwilioTwin.config(folder) | {"development_origins": BASE}
    return SmsAdapter.open("default", config, door_ports()).at("twilio")


@pytest.fixture
def twin(folder: Path, door: ChannelAdapter) -> Iterator[TwilioTwin]:
    """Somebody whose messages are answered with "You said …" by that door."""

    def answer(request: httpx.Request) -> httpx.Response:
        verified = asyncio.run(door.verify(wire_of(request)))
        if door.receipt(verified) is not None:
            reply = door.render_receipt()
        else:
            asked = door.parse(verified)
            reply = door.render(
                asked, turn_of(asked, Reply(text=f"You said {asked.text}" if asked.text != "STOP" else ""))
            )
        headers = [(name.decode(), value.decode()) for name, value in reply.headers]
        return httpx.Response(reply.status, headers=headers, content=reply.body)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        yield TwilioTwin(folder, BASE, client=client, user="ada")


def wire_of(request: httpx.Request) -> Wire:
    headers = tuple((name.lower(), value) for name, value in request.headers.raw)
    return Wire(request.method, request.url.raw_path.decode(), headers, request.read())


def wire(sent: Sent) -> Wire:
    return Wire(
        sent.method, "/channels/sms/twilio", tuple((k.encode(), v.encode()) for k, v in sent.headers.items()), sent.body
    )


def test_a_conversation(twin: TwilioTwin) -> None:
    heard = twin.say("hello & welcome 👋")
    assert heard.text == "You said hello & welcome 👋"
    assert heard.open is None
    assert twin.say("STOP").text == "(no answer: the carrier answers STOP itself)"


def test_twilios_library_finds_it_authentic(twin: TwilioTwin) -> None:
    for sent in (
        twin.request("naïve + 100% ☕"),
        twin.picture("x", [("https://media.example/1.jpg", "image/jpeg")]),
        twin.status("SM1", "sent", reference="a/b"),
    ):
        fields = dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
        signature = sent.headers["x-twilio-signature"]
        assert RequestValidator(twin.account.auth_token).validate(sent.url, fields, signature)


def test_a_retry_has_the_same_id(twin: TwilioTwin, door: ChannelAdapter) -> None:
    first, again = twin.say("hello"), twin.again()
    assert first.text.encode() in again.body
    sent = twin.request("hello")
    ids = {door.parse(asyncio.run(door.verify(wire(sent)))).message_id for _ in range(2)}
    assert len(ids) == 1


def test_a_picture(twin: TwilioTwin, door: ChannelAdapter) -> None:
    sent = twin.picture("", [("https://media.example/1.jpg", "image/jpeg")])
    request = door.parse(asyncio.run(door.verify(wire(sent))))
    assert request.attachments == (Attachment("https://media.example/1.jpg", "image/jpeg"),)


def test_a_report(twin: TwilioTwin, door: ChannelAdapter) -> None:
    sent = twin.status("SM9", "failed", error=21610, reference="out-1")
    headers = tuple((k.encode(), v.encode()) for k, v in sent.headers.items())
    verified = asyncio.run(door.verify(Wire("POST", "/channels/sms/twilio?reference=out-1", headers, sent.body)))
    assert door.receipt(verified) == Receipt("failed", "SM9", "out-1", "21610", opted_out=True)
    assert twin.post(sent).status == 204


def test_people_have_numbers_of_their_own(folder: Path) -> None:
    numbers = {TwilioTwin(folder, BASE, user=user).number for user in ("ada", "bob", "+14155550199")}
    assert len(numbers) == 3
    assert all(number.startswith("+1") and len(number) == 12 for number in numbers)


def test_the_account_is_for_its_owner_only(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    [kept] = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert TwilioTwin(folder, BASE).account.auth_token not in repr(TwilioTwin(folder, BASE).account)
    with pytest.raises(SettingsInvalid):
        TwilioTwin.config(tmp_path_factory.mktemp("empty"))


# -- what it holds against an answer ---------------------------------------------------------------------------------

XML = "text/xml; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "kind", "complaint"),
    [
        ("<Response/>", "text/html", "content type"),
        ("<Response/>", "", "content type"),
        ("<Response>", XML, "well-formed"),
        ("<Response><Message>\x01</Message></Response>", XML, "well-formed"),
        ("<Response><Message>a & b</Message></Response>", XML, "well-formed"),
        ("<!DOCTYPE x><Response/>", XML, "DTD"),
        ("<Reply/>", XML, "root"),
        ("<Response>hello</Response>", XML, "outside"),
        ("<Response><Say>hello</Say></Response>", XML, "no verb"),
        ("<Response><message>hello</message></Response>", XML, "no verb"),
        ("<Response><Message>x</Message>y</Response>", XML, "outside"),
        ("<Response><Message colour='red'>hello</Message></Response>", XML, "attribute colour"),
        ("<Response><Message><Text>hello</Text></Message></Response>", XML, "no noun"),
        ("<Response><Message><Body>a</Body><Body>b</Body></Message></Response>", XML, "more than one"),
        ("<Response><Message><Body><b>a</b></Body></Message></Response>", XML, "holds elements"),
        ("<Response><Message><Body> </Body></Message></Response>", XML, "says nothing"),
        (f"<Response><Message><Body>{'x' * 1_601}</Body></Message></Response>", XML, "1601 characters"),
        (f"<Response><Message><Body>{'😀' * 801}</Body></Message></Response>", XML, "1602 characters"),
        (f"<Response><Message>{'<Media>https://m.example/1</Media>' * 11}</Message></Response>", XML, "11 media"),
        ("<Response><Message><Media>/1.jpg</Media></Message></Response>", XML, "no web address"),
        (f"<Response>{'<Message>x</Message>' * 11}</Response>", XML, "11 messages"),
        (f"<Response>{' ' * 64_001}</Response>", XML, "bytes"),
    ],
)
def test_what_twilio_would_refuse_is_said(body: str, kind: str, complaint: str) -> None:
    found = complaints(Answer(200, {"content-type": kind}, body.encode()))
    assert any(complaint in one for one in found), found


@pytest.mark.parametrize(
    "body",
    [
        "<Response/>",
        "<Response></Response>",
        "<?xml version='1.0' encoding='UTF-8'?><Response><Message>hello &amp; bye</Message></Response>",
        "<Response><Message to='+1' statusCallback='/x'><Body>a</Body><Media>https://m.example/1</Media></Message></Response>",
        f"<Response><Message><Body>{'x' * 1_600}</Body></Message></Response>",
        "<Response><Redirect method='GET'>https://n.example</Redirect></Response>",
    ],
)
def test_what_twilio_takes_is_fine(body: str) -> None:
    assert complaints(Answer(200, {"content-type": "application/xml"}, body.encode())) == []


def test_other_statuses_are_complaints(folder: Path) -> None:
    with (
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(503, text="later"))) as client,
        pytest.raises(AnswerRefused, match="503"),
    ):
        TwilioTwin(folder, BASE, client=client).say("hello")
