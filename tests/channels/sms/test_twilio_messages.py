"""What becomes of Twilio's requests: messages with their people, ids and pictures, and reports about messages of ours."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from channels.sms.carrier import CarrierVerified
from shared.channel import Receipt, Wire
from shared.errors import Malformed
from shared.turn import Attachment, Keyword, Kind, Request
from tests.channels.sms.twilio_door import (
    ACCOUNT,
    FIELDS,
    OURS,
    PATH,
    PUBLIC,
    SID,
    THEIRS,
    open_door,
    signed,
    understood,
)

SAMPLES = Path("channels/sms/samples").resolve()


def said(**more: str) -> Request:
    return understood(open_door(), signed(FIELDS | more))


def reported(fields: Mapping[str, str], query: str = "") -> Receipt | None:
    door = open_door()
    return door.receipt(asyncio.run(door.verify(signed(fields, PUBLIC + PATH + query))))


def test_a_message() -> None:
    request = said()
    assert (request.app, request.channel, request.kind) == ("default", "sms", Kind.UTTERANCE)
    assert (request.user, request.conversation) == (THEIRS, f"{OURS}:{THEIRS}")
    assert request.message_id == f"twilio:{SID}"
    assert request.opt_out
    assert request.keyword is None
    assert request.deadline == request.received_at + 14


def test_retries_have_the_same_id_whatever_their_headers_say() -> None:
    """The idempotency token is not signed: whoever changes it must not have the message answered anew."""
    door = open_door()
    ids = {
        understood(door, signed(FIELDS, headers=[("i-twilio-idempotency-token", token)])).message_id
        for token in ("a", "b")
    }
    assert ids == {f"twilio:{SID}"}


@pytest.mark.parametrize("name", ["SmsMessageSid", "SmsSid"])
def test_older_names_of_the_id_count(name: str) -> None:
    fields = {key: value for key, value in FIELDS.items() if key != "MessageSid"} | {name: SID}
    assert understood(open_door(), signed(fields)).message_id == f"twilio:{SID}"


def test_what_is_signed_cannot_be_cut_anew_into_another_message() -> None:
    """Nothing is signed between a value and the next name: the same bytes, split elsewhere, had another id."""
    good = signed(FIELDS)
    moved = good.body.replace(f"{SID}&NumMedia=0".encode(), f"{SID}NumMedia0".encode())
    assert moved != good.body
    door = open_door()
    verified = asyncio.run(door.verify(Wire("POST", good.target, good.headers, moved)))
    with pytest.raises(Malformed, match="SID"):
        door.parse(verified)


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To"])
def test_what_is_needed_is_named(missing: str) -> None:
    fields = {key: value for key, value in FIELDS.items() if key != missing}
    with pytest.raises(Malformed) as caught:
        understood(open_door(), signed(fields))
    assert caught.value.fields == (missing,)
    assert "5550" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "user"),
    [
        ("+1 (415) 555-0199", THEIRS),
        ("14155550199", THEIRS),
        ("rcs:+14155550199", THEIRS),
        ("72727", "72727"),
        ("whatsapp:+14155550199", "whatsapp:+14155550199"),
        ("ACME", "ACME"),
    ],
)
def test_people_are_their_numbers(written: str, user: str) -> None:
    assert said(From=written).user == user


@pytest.mark.parametrize("written", ["+1415555019912345678", "+", "+1415X", "x" * 65, "\u200b\x00"])
def test_what_is_no_number_is_malformed(written: str) -> None:
    with pytest.raises(Malformed, match="From"):
        said(From=written)


def test_limits_know_people_without_their_numbers() -> None:
    door = open_door()
    names = [asyncio.run(door.verify(signed(FIELDS | {"From": number}))).principal for number in (THEIRS, OURS, THEIRS)]
    assert names[0] == names[2] != names[1]
    assert not any(THEIRS[1:] in name or OURS[1:] in name for name in names)


def test_pictures_come_by_reference() -> None:
    request = said(
        Body="",
        NumMedia="2",
        MediaUrl0="https://api.twilio.com/1",
        MediaContentType0="image/jpeg",
        MediaUrl1="https://api.twilio.com/2",
    )
    assert request.text == ""
    assert request.attachments == (
        Attachment("https://api.twilio.com/1", "image/jpeg"),
        Attachment("https://api.twilio.com/2", "application/octet-stream"),
    )


def test_more_media_than_there_can_be_are_left_out() -> None:
    media = {f"MediaUrl{n}": f"https://api.twilio.com/{n}" for n in range(20)}
    assert len(said(NumMedia="20", **media).attachments) == 10
    assert said(NumMedia="1", MediaUrl0="file:///etc/passwd").attachments == ()


@pytest.mark.parametrize("number", ["", "x", "-1", "1.5", "٣", "9" * 400])
def test_numbers_must_be_numbers(number: str) -> None:
    with pytest.raises(Malformed, match="NumMedia"):
        said(NumMedia=number)


# -- keywords --------------------------------------------------------------------------------------------------------


def test_twilio_answers_its_keywords_itself() -> None:
    assert said(Body="STOP").keyword == Keyword("stop", carrier_answers=True)
    assert said(Body="yes").keyword == Keyword("start", ordinary=True, carrier_answers=True)
    assert said(Body="HELP").keyword == Keyword("help", carrier_answers=True)


def test_unless_its_opt_out_handling_is_off() -> None:
    door = open_door({"twilio_answers_keywords": "no", "help_text": "Acme. Call +1 800 555 0100."})
    assert understood(door, signed(FIELDS | {"Body": "stop"})).keyword == Keyword("stop")
    assert understood(door, signed(FIELDS | {"Body": "info"})).keyword == Keyword(
        "help", reply="Acme. Call +1 800 555 0100."
    )


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("basta", "STOP", Keyword("stop", carrier_answers=True)),
        ("CANCEL", "STOP", Keyword("stop", carrier_answers=True)),  # Twilio has blocked: it is no answer to us any more
        ("join", "START", Keyword("start", ordinary=True, carrier_answers=True)),
        ("ayuda", "HELP", Keyword("help", carrier_answers=True)),
        ("hello", "SNOOZE", None),
    ],
)
def test_words_of_advanced_opt_out_are_told_by_twilio(body: str, kind: str, expected: Keyword | None) -> None:
    assert said(Body=body, OptOutType=kind).keyword == expected


# -- status callbacks ------------------------------------------------------------------------------------------------


def status(name: str, **more: str) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT,
        "From": OURS,
        "To": THEIRS,
        "MessageSid": SID,
        "SmsSid": SID,
        "SmsStatus": name,
        "MessageStatus": name,
    } | more


@pytest.mark.parametrize(
    ("name", "state"),
    [
        *((name, "sent") for name in ("accepted", "scheduled", "queued", "sending", "sent", "from-the-future")),
        *((name, "delivered") for name in ("delivered", "read")),
        *((name, "failed") for name in ("failed", "undelivered", "canceled")),
    ],
)
def test_reports_are_receipts(name: str, state: str) -> None:
    found = reported(status(name), "?reference=out%2F1")
    assert found is not None
    assert (found.state, found.provider_id, found.reference, found.opted_out) == (state, SID, "out/1", False)


def test_reports_without_a_reference_know_their_id() -> None:
    assert reported(status("sent")) == Receipt("sent", provider_id=SID)


@pytest.mark.parametrize("query", ["?reference=%00", "?reference=a%0Ab", "?reference=" + "x" * 300])
def test_a_reference_that_is_none_of_ours_is_left_out(query: str) -> None:
    assert reported(status("sent"), query) == Receipt("sent", provider_id=SID)


def test_older_reports_have_one_status_only() -> None:
    fields = status("delivered")
    del fields["MessageStatus"]
    assert reported(fields) == Receipt("delivered", provider_id=SID)


def test_who_opted_out_is_told_by_the_error() -> None:
    found = reported(status("failed", ErrorCode="21610", ErrorMessage=f"{THEIRS} does not want this"))
    assert found == Receipt("failed", provider_id=SID, reason="21610", opted_out=True)
    assert reported(status("failed", ErrorCode="not a code")) == Receipt("failed", provider_id=SID)


def test_messages_are_no_reports_and_reports_no_messages() -> None:
    assert reported(FIELDS) is None
    door = open_door()
    verified = asyncio.run(door.verify(signed(status("sent"))))
    assert isinstance(verified, CarrierVerified)
    with pytest.raises(Malformed, match="reports"):
        door.parse(verified)


def test_a_report_is_answered_with_nothing() -> None:
    reply = open_door().render_receipt()
    assert (reply.status, reply.body) == (204, b"")


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("twilio_*.txt")), ids=lambda path: path.stem)
def test_the_samples_are_understood(sample: Path) -> None:
    fields = dict(parse_qsl(sample.read_text().strip(), keep_blank_values=True, strict_parsing=True))
    door = open_door({"twilio_account_sid": fields["AccountSid"]})
    verified = asyncio.run(door.verify(signed(fields)))
    found = door.receipt(verified)
    assert (found is not None) is sample.stem.startswith("twilio_status")
    if found is None:
        assert door.parse(verified).user.startswith("+")
