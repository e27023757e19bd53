"""Plivo's twin: sends what somebody texts, signed, as a form, and refuses what Plivo would refuse; pictures come by its API.

    with PlivoTwin(folder, "http://127.0.0.1:8080", "sim") as twin:
        twin.say("what time is it in Tokyo").text

`folder` holds `plivo.json` (mode 0600): auth id, auth token, number, and the port of its API.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import urlencode

from msgspec import Struct

from channels.sms.twins.by_api import ByApiTwin, digits, keep, kept
from channels.sms.twins.plivo_api import PlivoApi
from channels.sms.twins.plivo_rules import complaints, texted
from shared.testing.platforms import Answer, Heard, Sent, Twin
from shared.testing.platforms.api import free_port

_FILE = "plivo.json"

Version = Literal["v2", "v3"]


class PlivoAccount(Struct, frozen=True):
    """An account: auth id, the token it signs with, its number, the port of its API."""

    auth_id: str
    auth_token: str
    number: str
    port: int

    def __repr__(self) -> str:
        return "PlivoAccount(hidden)"


class PlivoTwin(ByApiTwin):
    """Somebody who texts the number of a Plivo account."""

    name: ClassVar[str] = "sms-plivo"
    path: ClassVar[str] = "sms/plivo"
    patience_s: ClassVar[float] = 8.0
    one_answer: ClassVar[str] = Twin.one_answer
    replies_to: ClassVar[frozenset[str]] = frozenset(("stop", "end", "quit", "help", "info"))
    first_s: float = 1.0  # for pictures; texts are in the answer

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """An account of its own."""
        auth_id = "MA" + secrets.token_hex(9).upper()
        keep(folder / _FILE, PlivoAccount(auth_id, secrets.token_hex(20), "+15005550010", free_port()))

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        account = kept(folder / _FILE, PlivoAccount)
        return {
            "plivo_auth_id": account.auth_id,
            "plivo_auth_token": account.auth_token,
            "plivo_from": account.number,
            "plivo_api_base": f"http://127.0.0.1:{account.port}",
        }

    @property
    def account(self) -> PlivoAccount:
        """The account whose number is texted."""
        return kept(self.folder / _FILE, PlivoAccount)

    def api(self) -> PlivoApi:
        """As ByApiTwin.api."""
        account = self.account
        return PlivoApi(account.auth_id, account.auth_token, account.port)

    def message(self, text: str) -> Sent:
        """A text message."""
        return self.webhook({"Type": "sms", "Text": text, "MessageIntent": _intent(text)})

    def picture(self, text: str, media: Sequence[str]) -> Sent:
        """A message with pictures or the like, by their addresses."""
        named = {f"Media{number}": url for number, url in enumerate(media)}
        return self.webhook({"Type": "mms", "Body": text, "MediaCount": str(len(media)), **named})

    def webhook(self, said: Mapping[str, str], version: Version = "v2") -> Sent:
        """A message with these fields besides those that every message has."""
        uuid = self.new_id()
        fields = {
            "From": digits(self.number),
            "To": digits(self.account.number),
            "TotalRate": "0",
            "Units": "1",
            "TotalAmount": "0",
            "MessageUUID": uuid,
            "PowerpackUUID": "",
        }
        return self.signed(fields | dict(said), uuid, version=version)

    def status(self, uuid: str, status: str, *, error: int = 0, query: str = "") -> Sent:
        """What became of the message `uuid`, which this person was sent; `query` as its callback address had it."""
        fields = {
            "From": digits(self.account.number),
            "To": digits(self.number),
            "Status": status,
            "MessageUUID": uuid,
            "ParentMessageUUID": uuid,
            "PartInfo": "1 of 1",
            "Type": "sms",
            "Units": "1",
            "Sequence": "1",
        }
        return self.signed(fields | ({"ErrorCode": str(error)} if error else {}), f"{uuid}:{status}", query)

    def signed(self, fields: Mapping[str, str], message_id: str, query: str = "", version: Version = "v2") -> Sent:
        """A request with these fields as Plivo signs them: the address and a nonce, and by version 3 the fields too."""
        nonce = self.new_id()
        text = self.url + nonce if version == "v2" else self._text_v3(fields, query) + "." + nonce
        mac = base64.b64encode(hmac.digest(self.account.auth_token.encode(), text.encode(), "sha256")).decode()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": "Plivo",
            f"x-plivo-signature-{version}": mac,
            f"x-plivo-signature-ma-{version}": mac,
            f"x-plivo-signature-{version}-nonce": nonce,
        }
        return Sent(self.url + (f"?{query}" if query else ""), headers, urlencode(fields).encode(), message_id)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints, by the rules of Plivo's XML."""
        return complaints(answer)

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """The texts of the answer or, where there are none, what comes by the API."""
        found = texted(answer)
        return self.arrived(sent, found, (), found) if found else super().heard(sent, answer)

    def _text_v3(self, fields: Mapping[str, str], query: str) -> str:
        said = "".join(name + value for name, value in sorted(fields.items()))
        return f"{self.url}?{query}{'.' if query else ''}{said}"


def _intent(text: str) -> str:
    """What Plivo takes a message for: its page on opting out."""
    word = text.strip().lower()
    if word in ("stop", "end", "quit"):
        return "optout"
    return {"start": "optin", "unstop": "optin", "help": "help", "info": "help"}.get(word, "")
