"""Twilio's twin: sends what somebody texts, signed, as a form, and refuses what Twilio would refuse.

    with TwilioTwin(folder, "http://127.0.0.1:8080", "sim") as twin:
        twin.say("what time is it in Tokyo").text

`folder` holds `twilio.json` (mode 0600): account, token, number, and the port on which `api()` listens.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, urlencode

from msgspec import Struct

from channels.sms.twins.by_api import keep, kept
from channels.sms.twins.texting import HELP, START, STOP, TextingTwin
from channels.sms.twins.twilio_api import TwilioApi
from channels.sms.twins.twiml_rules import complaints, texted
from shared.testing.platforms import Answer, Heard, Sent
from shared.testing.platforms.api import free_port

_FILE = "twilio.json"


class TwilioAccount(Struct, frozen=True):
    """An account: its SID, the token it signs with, its number, the port of its API."""

    account_sid: str
    auth_token: str
    number: str
    port: int

    def __repr__(self) -> str:
        return "TwilioAccount(hidden)"


class TwilioTwin(TextingTwin):
    """Somebody who texts the number of a Twilio account."""

    name: ClassVar[str] = "sms"
    path: ClassVar[str] = "sms/twilio"
    replies_to: ClassVar[frozenset[str]] = STOP | START | HELP
    patience_s: ClassVar[float] = 15.0

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """An account of its own."""
        account = TwilioAccount("AC" + secrets.token_hex(16), secrets.token_hex(16), "+15005550006", free_port())
        keep(folder / _FILE, account)

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        account = account_in(folder)
        return {
            "twilio_account_sid": account.account_sid,
            "twilio_auth_token": account.auth_token,
            "twilio_from": account.number,
            "twilio_api_base": f"http://127.0.0.1:{account.port}",
        }

    @property
    def account(self) -> TwilioAccount:
        """The account whose number is texted."""
        return account_in(self.folder)

    def api(self) -> TwilioApi:
        """Twilio's API for this account, at the address that `config` names; not listening yet."""
        account = self.account
        return TwilioApi(account.account_sid, account.auth_token, account.port)

    def message(self, text: str) -> Sent:
        """A text message."""
        return self.picture(text, ())

    def picture(self, text: str, media: Sequence[tuple[str, str]], extra: Mapping[str, str] | None = None) -> Sent:
        """A message with pictures or the like: addresses with their types. `extra` are further fields, such as OptOutType."""
        sid = ("MM" if media else "SM") + self._hex()
        fields = self._fields(sid, text, len(media)) | dict(extra or {})
        for number, (url, kind) in enumerate(media):
            fields |= {f"MediaUrl{number}": url, f"MediaContentType{number}": kind}
        return self.signed(fields, sid)

    def status(self, sid: str, status: str, *, error: int = 0, reference: str = "") -> Sent:
        """A report about the message `sid`, which this person was sent; `reference` as its StatusCallback said it."""
        account = self.account
        fields = {
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "ApiVersion": "2010-04-01",
        }
        fields |= {"AccountSid": account.account_sid, "From": account.number, "To": self.number}
        fields |= {"ErrorCode": str(error)} if error else {}
        return self.signed(fields, sid, f"?reference={quote(reference, safe='')}" if reference else "")

    def signed(self, fields: Mapping[str, str], sid: str, query: str = "") -> Sent:
        """A request with these fields as Twilio signs them."""
        account, url = self.account, self.url + query
        text = url + "".join(name + value for name, value in sorted(fields.items()))
        digest = hmac.new(account.auth_token.encode(), text.encode(), hashlib.sha1).digest()
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": base64.b64encode(digest).decode(),
            "i-twilio-idempotency-token": self.new_id(),
            "user-agent": "TwilioProxy/1.1",
            "accept": "*/*",
        }
        return Sent(url, headers, urlencode(fields).encode(), sid)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints, by the rules of TwiML."""
        return complaints(answer)

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """The texts on the phone, one after the other, and the pictures."""
        found = texted(answer)
        pictures = [url for one in found for url in one.media]
        return self.arrived(sent, [one.text for one in found], pictures, found)

    def _fields(self, sid: str, text: str, media: int) -> dict[str, str]:
        account = self.account
        place = {"City": "PALO ALTO", "State": "CA", "Zip": "94301", "Country": "US"}
        return {
            **{f"From{name}": value for name, value in place.items()},
            **{f"To{name}": "" for name in place},
            "ToCountry": "US",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "Body": text,
            "NumMedia": str(media),
            "NumSegments": "1",
            "From": self.number,
            "To": account.number,
            "MessageSid": sid,
            "AccountSid": account.account_sid,
            "ApiVersion": "2010-04-01",
        }

    def _hex(self) -> str:
        return hashlib.md5(self.new_id().encode(), usedforsecurity=False).hexdigest()


def account_in(folder: Path) -> TwilioAccount:
    """The account that `make` made. Raises SettingsInvalid where there is none."""
    return kept(folder / _FILE, TwilioAccount)
