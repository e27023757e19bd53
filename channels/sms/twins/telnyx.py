"""Telnyx' twin: sends what somebody texts, signed, waits two seconds, and takes the answers through its API.

    with TelnyxTwin(folder, "http://127.0.0.1:8080", "sim") as twin:
        twin.say("what time is it in Tokyo").text

`folder` holds `telnyx.json` (mode 0600): the account's API key, signing key, number, and the port of its API.
"""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from channels.sms.twins.by_api import ByApiTwin, keep, kept
from channels.sms.twins.telnyx_api import TelnyxApi
from shared.testing.platforms import Answer, Sent, status_complaints
from shared.testing.platforms.api import free_port

_FILE = "telnyx.json"


class TelnyxAccount(Struct, frozen=True):
    """An account: API key, signing key (32 bytes in base64), its number, the port of its API."""

    api_key: str
    signing_key: str
    number: str
    port: int

    def __repr__(self) -> str:
        return "TelnyxAccount(hidden)"

    def key(self) -> Ed25519PrivateKey:
        """The key that Telnyx signs with."""
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(self.signing_key))


class TelnyxTwin(ByApiTwin):
    """Somebody who texts the number of a Telnyx account."""

    name: ClassVar[str] = "sms-telnyx"
    path: ClassVar[str] = "sms/telnyx"
    drops_after: ClassVar[frozenset[str]] = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit"))
    patience_s: ClassVar[float] = 2.0

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """An account of its own."""
        key = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
        keep(folder / _FILE, TelnyxAccount("KEY" + secrets.token_hex(16), key, "+15005550008", free_port()))

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        account = kept(folder / _FILE, TelnyxAccount)
        return {
            "telnyx_api_key": account.api_key,
            "telnyx_public_key": base64.b64encode(account.key().public_key().public_bytes_raw()).decode(),
            "telnyx_from": account.number,
            "telnyx_api_base": f"http://127.0.0.1:{account.port}",
        }

    @property
    def account(self) -> TelnyxAccount:
        """The account whose number is texted."""
        return kept(self.folder / _FILE, TelnyxAccount)

    def api(self) -> TelnyxApi:
        """As ByApiTwin.api."""
        return TelnyxApi(self.account.api_key, self.account.port)

    def message(self, text: str) -> Sent:
        """A text message."""
        return self.picture(text, ())

    def picture(self, text: str, media: Sequence[tuple[str, str]], extra: Mapping[str, Any] | None = None) -> Sent:
        """A message with pictures or the like: addresses with their types. `extra`: further fields, such as autoresponse_type."""
        payload = {
            "record_type": "message",
            "direction": "inbound",
            "id": self.new_id(),
            "type": "MMS" if media else "SMS",
            "from": {"phone_number": self.number, "carrier": "T-MOBILE USA, INC.", "line_type": "Wireless"},
            "to": [{"phone_number": self.account.number, "status": "webhook_delivered", "carrier": "TELNYX LLC"}],
            "cc": [],
            "text": text,
            "media": [{"url": url, "content_type": kind, "size": 4096} for url, kind in media],
            "errors": [],
            "tags": [],
            "encoding": "GSM-7" if text.isascii() else "UCS-2",
            "parts": 1,
            "completed_at": None,
            "cost": None,
            "valid_until": None,
        }
        return self.event("message.received", payload | dict(extra or {}))

    def status(self, message_id: str, status: str, *, error: int = 0, webhook_url: str = "") -> Sent:
        """What became of the message, which this person was sent; `webhook_url` as it was asked for."""
        payload = {
            "record_type": "message",
            "direction": "outbound",
            "id": message_id,
            "type": "SMS",
            "from": {"phone_number": self.account.number},
            "to": [{"phone_number": self.number, "status": status, "carrier": "T-MOBILE USA, INC."}],
            "text": "…",
            "media": [],
            "webhook_url": webhook_url or None,
            "errors": [{"code": str(error), "title": "Refused", "detail": "It was refused."}] if error else [],
        }
        return self.event("message.sent" if status == "sent" else "message.finalized", payload)

    def event(self, kind: str, payload: Mapping[str, Any]) -> Sent:
        """An event of this kind."""
        stamp = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        own = self.new_id()
        data = {"record_type": "event", "id": own, "event_type": kind, "occurred_at": stamp, "payload": dict(payload)}
        body = {"data": data, "meta": {"attempt": 1, "delivered_to": self.url}}
        return self.signed(json.dumps(body).encode(), own)

    def signed(self, body: bytes, message_id: str, at: float | None = None) -> Sent:
        """A webhook with this body, as Telnyx signs it now or `at` that time."""
        stamp = str(int(self.now() if at is None else at))
        mac = self.account.key().sign(stamp.encode() + b"|" + body)
        headers = {
            "content-type": "application/json",
            "user-agent": "telnyx-webhooks",
            "telnyx-timestamp": stamp,
            "telnyx-signature-ed25519": base64.b64encode(mac).decode(),
        }
        return Sent(self.url, headers, body, message_id)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints: Telnyx looks at the status only."""
        return status_complaints(answer, 200, 201, 202, 204)
