"""What goes out through Twilio's API, against that API on this machine: taken once, refused for good, or to be tried again."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from channels.sms import api as sms_api
from channels.sms.twins.twilio_api import TwilioApi
from shared.channel import Delivered
from shared.errors import DeliveryFailed
from shared.testing.platforms.api import Failure
from tests.channels.sms.twilio_door import ACCOUNT, OURS, PATH, PUBLIC, THEIRS, TOKEN, open_door

LETTER = {"to": THEIRS, "from": OURS, "text": "Your tea is ready ☕ & hot"}


@pytest.fixture
def twilio() -> Iterator[TwilioApi]:
    """Twilio's API, listening."""
    with TwilioApi(ACCOUNT, TOKEN) as api:
        yield api


def sent(
    api: TwilioApi, content: Mapping[str, Any], config: Mapping[str, str] | None = None, app: str = "default"
) -> Delivered:
    door = open_door({"twilio_api_base": api.url, **(config or {})}, app=app)
    return asyncio.run(door.deliver(content, "out/1"))


def refused(api: TwilioApi, content: Mapping[str, Any], config: Mapping[str, str] | None = None) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        sent(api, content, config)
    assert not any(number in str(caught.value) for number in (THEIRS, OURS, THEIRS[1:], "tea"))
    return caught.value


def test_a_message_is_taken(twilio: TwilioApi) -> None:
    delivered = sent(twilio, LETTER)
    [message] = twilio.messages
    assert delivered == Delivered(message.id)
    assert (message.recipient, message.sender, message.text, message.media) == (THEIRS, OURS, LETTER["text"], ())
    assert message.reference == "out/1"
    assert message.call.form()["StatusCallback"] == [f"{PUBLIC}{PATH}?reference=out%2F1"]


def test_another_app_hears_about_it_at_its_own_path(twilio: TwilioApi) -> None:
    sent(twilio, LETTER, app="shop")
    assert twilio.messages[0].call.form()["StatusCallback"][0].startswith(f"{PUBLIC}/apps/shop{PATH}?")


def test_pictures_go_along(twilio: TwilioApi) -> None:
    sent(
        twilio,
        {
            "to": THEIRS,
            "from": OURS,
            "text": "",
            "media": ["https://media.example/1.jpg", "https://media.example/2.jpg"],
        },
    )
    assert twilio.messages[0].media == ("https://media.example/1.jpg", "https://media.example/2.jpg")
    assert twilio.messages[0].id.startswith("MM")


def test_without_a_sender_the_configured_one_is_taken(twilio: TwilioApi) -> None:
    for sender, field in (("+14155550111", "From"), ("MG" + "0" * 32, "MessagingServiceSid")):
        sent(twilio, {"to": THEIRS, "text": "x"}, {"twilio_from": sender})
        assert twilio.messages[-1].call.form()[field] == [sender]
    error = refused(twilio, {"to": THEIRS, "text": "x"})
    assert error.final
    assert "NEXUS_TWILIO_FROM" in str(error)


def test_without_a_public_url_there_are_no_reports(twilio: TwilioApi) -> None:
    sent(twilio, LETTER, {"public_url": ""})
    assert "StatusCallback" not in twilio.messages[0].call.form()


@pytest.mark.parametrize(
    ("failure", "final", "opted_out", "in_doubt", "retry_after"),
    [
        (Failure(400, 21610), True, True, False, None),
        (Failure(400, 21211), True, False, False, None),
        (Failure(404, 20404), True, False, False, None),
        (Failure(429, retry_after="7"), False, False, False, 7.0),
        (Failure(429, retry_after="86400"), False, False, False, sms_api.LATER_S),
        (Failure(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), False, False, False, sms_api.AGAIN_S),
        (Failure(500, taken=True), False, False, True, sms_api.AGAIN_S),
        (Failure(503), False, False, True, sms_api.AGAIN_S),
        (Failure(503, retry_after="7"), False, False, False, 7.0),
        (Failure(403, 21610), True, True, False, None),
        (Failure(502, taken=True), False, False, True, sms_api.AGAIN_S),
        (Failure(504), False, False, True, sms_api.AGAIN_S),
    ],
)
def test_what_twilio_says_decides_what_comes_next(
    twilio: TwilioApi, failure: Failure, final: bool, opted_out: bool, in_doubt: bool, retry_after: float | None
) -> None:
    twilio.fail(failure)
    error = refused(twilio, LETTER)
    assert (error.final, error.opted_out, error.in_doubt) == (final, opted_out, in_doubt)
    assert retry_after is None or error.retry_after == retry_after
    assert str(failure.code or failure.status) in str(error)
    assert sent(twilio, LETTER).provider_id  # and then all is well again


def test_wrong_credentials_are_the_accounts_fault_not_the_messages(twilio: TwilioApi) -> None:
    error = refused(twilio, LETTER, {"twilio_auth_token": "another"})
    assert not error.final
    assert error.retry_after == sms_api.LATER_S
    assert "credentials" in str(error)


def test_a_slow_answer_leaves_doubt(twilio: TwilioApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms_api, "WHOLE_S", 1.0)  # time enough to send it, on a busy machine too
    twilio.fail(Failure(500, delay_s=30, taken=True))
    error = refused(twilio, LETTER)
    assert error.in_doubt
    assert not error.final
    assert len(twilio.messages) == 1


def test_nobody_there_leaves_none() -> None:
    with TwilioApi(ACCOUNT, TOKEN) as gone:
        pass
    error = refused(gone, LETTER)
    assert (error.final, error.in_doubt) == (False, False)


@pytest.mark.parametrize(
    "content", [{}, {"to": THEIRS}, {"to": 7, "text": "x"}, {"to": THEIRS, "text": "x", "media": "y"}]
)
def test_what_is_no_letter_is_refused_for_good(twilio: TwilioApi, content: dict[str, Any]) -> None:
    assert refused(twilio, content).final
    assert twilio.calls == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"text": ""}, "neither"),
        ({"text": "x" * 1_601}, "1600"),
        ({"media": [f"https://media.example/{n}.jpg" for n in range(11)]}, "media"),
    ],
)
def test_the_twin_refuses_what_twilio_refuses(twilio: TwilioApi, change: dict[str, Any], complaint: str) -> None:
    assert refused(twilio, LETTER | change).final
    assert complaint in twilio.complaints[0]
    assert twilio.messages == []
