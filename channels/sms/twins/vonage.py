"""Vonage's twin: sends what somebody texts, signed, as the Messages API and the older SMS API do, and takes the answers.

    with VonageTwin(folder, "http://127.0.0.1:8080", "sim") as twin:
        twin.say("what time is it in Tokyo").text

`folder` holds `vonage.json` (mode 0600): the account's key, secrets, number, and the port of its API.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from msgspec import Struct

from channels.sms.twins.by_api import ByApiTwin, digits, keep, kept
from channels.sms.twins.vonage_api import VonageApi
from shared.testing.platforms import Answer, Sent, status_complaints
from shared.testing.platforms.api import free_port

_FILE = "vonage.json"


class VonageAccount(Struct, frozen=True):
    """An account: key, secret of the API, secret of signatures, an application, its number, the port of its API."""

    api_key: str
    api_secret: str
    signature_secret: str
    application: str
    number: str
    port: int

    def __repr__(self) -> str:
        return "VonageAccount(hidden)"


class VonageTwin(ByApiTwin):
    """Somebody who texts the number of a Vonage account."""

    name: ClassVar[str] = "sms-vonage"
    path: ClassVar[str] = "sms/vonage"
    patience_s: ClassVar[float] = 15.0

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """An account of its own."""
        application = "aaaaaaaa-bbbb-4ccc-8ddd-" + secrets.token_hex(6)
        keys = (secrets.token_hex(4), secrets.token_hex(8), secrets.token_urlsafe(32))
        keep(folder / _FILE, VonageAccount(*keys, application, "+15005550007", free_port()))

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        account = kept(folder / _FILE, VonageAccount)
        return {
            "vonage_api_key": account.api_key,
            "vonage_api_secret": account.api_secret,
            "vonage_signature_secret": account.signature_secret,
            "vonage_from": account.number,
            "vonage_api_base": f"http://127.0.0.1:{account.port}",
        }

    @property
    def account(self) -> VonageAccount:
        """The account whose number is texted."""
        return kept(self.folder / _FILE, VonageAccount)

    def api(self) -> VonageApi:
        """As ByApiTwin.api."""
        account = self.account
        return VonageApi(account.api_key, account.api_secret, account.port)

    def message(self, text: str) -> Sent:
        """A text message by the Messages API."""
        return self._message({"channel": "sms", "message_type": "text", "text": text, "sms": {"num_messages": "1"}})

    def picture(self, url: str, caption: str = "") -> Sent:
        """A picture message (MMS)."""
        image = {"url": url, "name": url.rpartition("/")[2]} | ({"caption": caption} if caption else {})
        return self._message({"channel": "mms", "message_type": "image", "image": image})

    def status(self, uuid: str, status: str, *, error: int = 0, reference: str = "") -> Sent:
        """What became of the message `uuid`, which this person was sent; `reference` as its client_ref said it."""
        said: dict[str, Any] = {"message_uuid": uuid, "status": status, "channel": "sms", **self._addresses(ours=True)}
        said |= {"client_ref": reference} if reference else {}
        if error:
            kind = f"https://developer.vonage.com/api-errors/messages#{error}"
            said["error"] = {"type": kind, "title": str(error), "detail": "refused", "instance": self.new_id()}
        return self.signed(json.dumps(said).encode(), f"{uuid}:{status}")

    def signed(self, body: bytes, message_id: str, at: float | None = None) -> Sent:
        """A webhook of the Messages API with this body, as Vonage signs it now or `at` that time."""
        account = self.account
        claims = {
            "iss": "Vonage",
            "iat": int(self.now() if at is None else at),
            "jti": self.new_id(),
            "payload_hash": hashlib.sha256(body).hexdigest(),
            "api_key": account.api_key,
            "application_id": account.application,
        }
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {token(claims, account.signature_secret)}",
        }
        return Sent(self.url, headers, body, message_id)

    def older(self, text: str, kind: str = "form", method: str = "sha256", at: float | None = None) -> Sent:
        """A text message by the SMS API, as "form" or "json", signed by this method."""
        now, uuid = self.now() if at is None else at, self.new_id()
        fields = {
            "msisdn": digits(self.number),
            "to": digits(self.account.number),
            "messageId": uuid,
            "text": text,
            "type": "text" if text.isascii() else "unicode",
            "keyword": (text.split() or [""])[0].upper(),
            "api-key": self.account.api_key,
            "message-timestamp": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        }
        return self.with_fields(fields, uuid, kind, method, now)

    def with_fields(self, fields: Mapping[str, str], message_id: str, kind: str, method: str, at: float) -> Sent:
        """A webhook of the SMS API with these fields, a time stamp, a nonce and their signature."""
        signed = dict(fields) | {"timestamp": str(int(at)), "nonce": self.new_id()}
        signed["sig"] = signature(signed, self.account.signature_secret, method)
        if kind == "json":
            return Sent(self.url, {"content-type": "application/json"}, json.dumps(signed).encode(), message_id)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Sent(self.url, headers, urlencode(signed).encode(), message_id)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints: Vonage looks at the status only."""
        return status_complaints(answer, 200, 201, 202, 204)

    def _message(self, said: Mapping[str, Any]) -> Sent:
        uuid = self.new_id()
        body = {"message_uuid": uuid, **self._addresses(ours=False), **said}
        return self.signed(json.dumps(body).encode(), uuid)

    def _addresses(self, *, ours: bool) -> dict[str, str]:
        theirs, number = digits(self.number), digits(self.account.number)
        stamp = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"to": theirs if ours else number, "from": number if ours else theirs, "timestamp": stamp}


def token(claims: Mapping[str, Any], secret: str) -> str:
    """A JSON Web Token of these claims, signed by HMAC-SHA256."""
    parts = [_base64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, dict(claims))]
    mac = hmac.digest(secret.encode(), ".".join(parts).encode(), "sha256")
    return ".".join((*parts, _base64(mac)))


def signature(fields: Mapping[str, str], secret: str, method: str) -> str:
    """As Vonage's guide to signing messages describes it."""
    pairs: Sequence[tuple[str, str]] = sorted((name, value) for name, value in fields.items() if name != "sig")
    text = "".join(f"&{name}={value.translate({38: '_', 61: '_'})}" for name, value in pairs)
    if method == "md5hash":
        return hashlib.md5((text + secret).encode()).hexdigest()  # noqa: S324 (Vonage's scheme)
    return hmac.new(secret.encode(), text.encode(), method).hexdigest()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
