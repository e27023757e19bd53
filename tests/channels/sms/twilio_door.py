"""What the tests of the SMS door at Twilio share: an open door, and requests that Twilio's own library signs."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.sms.adapter import SmsAdapter
from channels.sms.carrier import Carrier
from shared.channel import Wire
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.turn import Request

ACCOUNT, TOKEN = "AC0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
PUBLIC = "https://nexus.example"
PATH = "/channels/sms/twilio"
OURS, THEIRS = "+14155550100", "+14155550199"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
SID = "SM00000000000000000000000000000001"

FIELDS = {
    "AccountSid": ACCOUNT,
    "ApiVersion": "2010-04-01",
    "Body": "what time is it in Tokyo?",
    "From": THEIRS,
    "FromCity": "SÃO PAULO",
    "FromZip": "",
    "MessageSid": SID,
    "NumMedia": "0",
    "NumSegments": "1",
    "SmsStatus": "received",
    "To": OURS,
}


def open_door(more: Mapping[str, str] | None = None, *, app: str = "default", production: bool = False) -> Carrier:
    """The door at Twilio, in development unless told otherwise; `more` is added to its configuration, and "" takes away."""
    config = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "public_url": PUBLIC}
    if not production:
        config["development_origins"] = "http://127.0.0.1:8080 http://localhost:8080"
    config |= more or {}
    door = SmsAdapter.open(app, {key: value for key, value in config.items() if value}, door_ports(FakeClock(NOW))).at(
        "twilio"
    )
    assert isinstance(door, Carrier)
    return door


class Fields:
    """Fields of which some come twice, as Twilio's validator wants to be given them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = list(pairs)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self.pairs])

    def __len__(self) -> int:
        return len(self.pairs)

    def getall(self, name: str) -> list[str]:
        """All values of one field."""
        return [value for key, value in self.pairs if key == name]


def signed(
    fields: Mapping[str, str] | list[tuple[str, str]],
    url: str = PUBLIC + PATH,
    *,
    target: str = "",
    host: str = "",
    token: str = TOKEN,
    body: bytes | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Wire:
    """A form as Twilio sends it after it called `url`; `target` is what arrives where proxies are in between."""
    pairs = [*fields.items()] if isinstance(fields, Mapping) else [*fields]
    signature = RequestValidator(token).compute_signature(url, Fields(pairs))
    return wire(
        signature, urlencode(pairs).encode() if body is None else body, target or path_of(url), host, FORM, headers
    )


def wire(
    signature: str,
    body: bytes,
    target: str = PATH,
    host: str = "",
    kind: str = FORM,
    headers: Iterable[tuple[str, str]] = (),
) -> Wire:
    """A request with this signature."""
    found = [("content-type", kind), ("x-twilio-signature", signature), *headers]
    found += [("host", host)] if host else []
    return Wire("POST", target, tuple((name.encode(), value.encode()) for name, value in found), body)


def path_of(url: str) -> str:
    """Path and query of a URL, as they are."""
    return "/" + url.split("://", 1)[1].partition("/")[2]


def understood(door: Carrier, wire: Wire) -> Request:
    """Verify and parse. Raises what they raise."""
    return door.parse(asyncio.run(door.verify(wire)))
