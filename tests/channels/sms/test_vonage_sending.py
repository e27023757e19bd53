"""What goes out through Vonage is what its libraries would send, and its twin behaves as it does."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from vonage_http_client.auth import Auth  # type: ignore[import-untyped]
from vonage_jwt import verify_signature  # type: ignore[import-untyped]
from vonage_messages.models import MmsImage, Sms  # type: ignore[import-untyped]

from channels.sms.carrier import Carrier
from channels.sms.message import Letter, letter_of
from channels.sms.twins.api import CarrierApi
from channels.sms.twins.vonage import VonageTwin
from channels.sms.twins.vonage_api import VonageApi
from channels.sms.vonage.carrier import Vonage
from shared.channel import Receipt
from shared.errors import DeliveryFailed, DoorShut
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import door_ports
from shared.testing.platforms import AnswerRefused
from shared.testing.platforms.api import Back, Call, Failure
from shared.turn import Attachment, Reply
from tests.channels.replies import REPLIES
from tests.channels.sms.carriers import (
    REFERENCE,
    Served,
    open_carrier,
    request_of,
    sample,
    understood,
    wire_of,
)
from tests.channels.sms.test_vonage import CONFIG, Golden, by_token, door


@pytest.mark.parametrize("name", REPLIES)
def test_what_is_sent(name: str, golden: Golden) -> None:
    carrier = door(mms="always")
    request = request_of(carrier, by_token(sample("vonage", "message_sms.json")))
    turn = turn_of(request, REPLIES[name])
    assert carrier.render(request, turn).body == b""
    assert isinstance(carrier, Vonage)
    letters = [letter_of(one.content) for one in carrier.outgoing(request, turn)]
    golden(f"vonage_send_{name}", [carrier.message(letter, REFERENCE) for letter in letters])


@pytest.fixture
def api() -> Iterator[VonageApi]:
    with VonageApi(CONFIG["vonage_api_key"], CONFIG["vonage_api_secret"]) as api:
        yield api


def send(carrier: Carrier, letter: Letter, reference: str = REFERENCE) -> str:
    return asyncio.run(carrier.deliver(letter.content(), reference)).provider_id


TEXT = Letter("+14155550123", "It is 5 pm – 東京 🗼", sender="+15005550007")
PICTURE = Letter("+14155550123", "Look.", ("https://media.example/key.png",), "+15005550007")


COMMON = {
    "to": "14155550123",
    "from_": "15005550007",
    "client_ref": REFERENCE,
    "webhook_url": "https://nexus.example/channels/sms/vonage",
    "webhook_version": "v1",
}


def test_a_text_is_what_vonages_library_would_send(api: VonageApi) -> None:
    provider_id = send(door(vonage_api_base=api.url, vonage_application_id=""), TEXT)
    taken = api.messages[0]
    assert (taken.id, taken.reference, taken.text) == (provider_id, REFERENCE, TEXT.text)
    theirs = Sms.model_validate({"text": TEXT.text, **COMMON})
    assert json.loads(taken.call.body) == json.loads(theirs.model_dump_json(by_alias=True, exclude_none=True))


def test_a_picture_is_what_vonages_library_would_send(api: VonageApi) -> None:
    send(door(vonage_api_base=api.url, vonage_application_id=""), PICTURE)
    theirs = MmsImage.model_validate({"image": {"url": PICTURE.media[0], "caption": "Look."}, **COMMON})
    assert json.loads(api.messages[0].call.body) == json.loads(theirs.model_dump_json(by_alias=True, exclude_none=True))


def test_an_application_signs_with_its_own_key() -> None:
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    class TokenApi(CarrierApi):
        """Takes what the application's token allows."""

        def answer(self, call: Call) -> Back:
            token = call.headers["authorization"].removeprefix("Bearer ")
            self.claims = jwt.decode(
                token, key.public_key(), ["RS256"], options={"verify_iat": False, "verify_exp": False}
            )
            return Back(202, msgspec.json.encode({"message_uuid": "uuid-1"}))

        def failed(self, failure: Failure) -> Back:
            return Back(failure.status)

    with TokenApi() as api:
        carrier = door(vonage_api_base=api.url, vonage_private_key=pem.replace("\n", "\\n"), vonage_api_secret="")
        assert send(carrier, TEXT) == "uuid-1"
    assert api.claims["application_id"] == CONFIG["vonage_application_id"]
    assert api.claims["exp"] - api.claims["iat"] == 900
    assert api.claims["iat"] == int(NOW)
    assert api.claims["jti"]


@pytest.mark.parametrize(
    ("failure", "final", "opted_out", "retry_after"),
    [
        (Failure(422, 1120), True, False, None),
        (Failure(422, 1240), True, True, None),
        (Failure(402, 1070), False, False, 300),
        (Failure(401), False, False, 300),
        (Failure(429, retry_after="7"), False, False, 7),
        (Failure(500), False, False, 5),
    ],
)
def test_failures(api: VonageApi, failure: Failure, final: bool, opted_out: bool, retry_after: float | None) -> None:
    api.fail(failure)
    carrier = door(vonage_api_base=api.url, vonage_application_id="")
    with pytest.raises(DeliveryFailed) as raised:
        send(carrier, TEXT)
    error = raised.value
    assert (error.final, error.opted_out) == (final, opted_out)
    assert retry_after is None or error.retry_after == retry_after
    assert "4155550123" not in str(error)
    assert TEXT.text not in str(error)
    assert send(carrier, TEXT), "what failed once may go well afterwards"


def test_wrong_credentials_are_told_without_them() -> None:
    with (
        VonageApi(CONFIG["vonage_api_key"], "another") as api,
        pytest.raises(DeliveryFailed, match="credentials") as raised,
    ):
        send(door(vonage_api_base=api.url, vonage_application_id=""), TEXT)
    assert not raised.value.final
    assert CONFIG["vonage_api_secret"] not in str(raised.value)


def test_without_any_number_nothing_can_be_sent() -> None:
    with pytest.raises(DeliveryFailed, match="vonage_from") as raised:
        send(door(), Letter("+14155550123", "Hello."))
    assert raised.value.final


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"vonage_signature_method": "rot13"}, "vonage_signature_method"),
        ({"vonage_api_secret": ""}, "vonage_api_secret"),
        ({"vonage_private_key": "no key"}, "vonage_private_key"),
    ],
)
def test_settings_that_cannot_be_used_shut_the_door(more: dict[str, str], names: str) -> None:
    with pytest.raises(DoorShut, match=names):
        Vonage.open("default", CONFIG | more, door_ports())


# -- the twin ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    VonageTwin.make(tmp_path, NOW)
    return tmp_path


def echo(text: str) -> Reply:
    return Reply(text=f"You said: {text}")


def test_a_talk_with_the_twin(folder: Path) -> None:
    served = Served(open_carrier("vonage", VonageTwin.config(folder)), lambda request: echo(request.text))
    with VonageTwin(folder, "https://nexus.example", client=served.client(), now=lambda: NOW) as twin:
        assert twin.say("Grüße & 東京 = 🗼").text == "You said: Grüße & 東京 = 🗼"
        heard = twin.exchange(twin.picture("https://media.example/key.jpg", "the key"))
        assert heard.text == "You said: the key"
        assert served.requests[-1].attachments == (Attachment("https://media.example/key.jpg", "image/jpeg"),)
        assert twin.exchange(twin.older("by the older API")).text == "You said: by the older API"
        assert twin.exchange(twin.older("as JSON – ü", "json")).text == "You said: as JSON – ü"
        twin.again()
        served.settle()
        assert len(served.delivered) == 4, "a message that is sent again is answered once"
        reports = [
            twin.status("uuid-1", state, reference=REFERENCE) for state in ("delivered", "submitted", "delivered")
        ]
        assert [twin.post(one).status for one in reports] == [204, 204, 204]
    assert [one.state for one in served.receipts] == ["delivered", "sent", "delivered"]


def test_the_twin_complains(folder: Path) -> None:
    """Numbers with a plus sign, texts without an end, doors that refuse."""
    served = Served(open_carrier("vonage", VonageTwin.config(folder)), lambda request: Reply(text=""))
    with VonageTwin(folder, "https://nexus.example", client=served.client(), now=lambda: NOW) as twin:
        twin.first_s = 0.1
        assert twin.say("hello").text == "(no answer)"
        wrong = twin.signed(b"{}", "x")
        with pytest.raises(AnswerRefused, match="HTTP 400"):
            twin.exchange(wrong)
        stale = twin.signed(b"{}", "x", at=NOW - 30 * 3600)
        with pytest.raises(AnswerRefused, match="HTTP 401"):
            twin.exchange(stale)


def test_the_twin_signs_as_vonages_libraries_do(folder: Path) -> None:
    twin = VonageTwin(folder, "https://nexus.example")
    account = twin.account
    bearer = wire_of(twin.request("hello")).header("authorization")
    assert bearer is not None
    assert verify_signature(bearer.removeprefix("Bearer "), account.signature_secret)
    auth = Auth(api_key=account.api_key, signature_secret=account.signature_secret, signature_method="sha256")
    assert auth.check_signature(json.loads(twin.older("a&b=c ü", "json").body))


def test_a_receipt_is_no_message() -> None:
    found = understood(door(), by_token(sample("vonage", "status_opted_out.json")))
    assert found == Receipt("failed", "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", REFERENCE, "1240", opted_out=True)
