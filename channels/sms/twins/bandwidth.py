"""Bandwidth's twin: sends what somebody texts as a list of callbacks, with user and password, and takes the answers.

    with BandwidthTwin(folder, "http://127.0.0.1:8080", "sim") as twin:
        twin.say("what time is it in Tokyo").text

`folder` holds `bandwidth.json` (mode 0600): the account, both pairs of credentials, its number, and the port of its API.
"""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Struct

from channels.sms.twins.bandwidth_api import BandwidthApi
from channels.sms.twins.by_api import ByApiTwin, keep, kept
from shared.testing.platforms import Answer, Sent, status_complaints
from shared.testing.platforms.api import free_port

_FILE = "bandwidth.json"
_MOST_ANSWER = 16_000  # bytes: a larger answer ends the retries of a callback


class BandwidthAccount(Struct, frozen=True):
    """An account: its id, an application, credentials of the API and of callbacks, a phone number, the port of its API."""

    account: str
    application: str
    api_user: str
    api_password: str
    callback_user: str
    callback_password: str
    number: str
    port: int

    def __repr__(self) -> str:
        return "BandwidthAccount(hidden)"


class BandwidthTwin(ByApiTwin):
    """Somebody who texts the number of a Bandwidth account."""

    name: ClassVar[str] = "sms-bandwidth"
    path: ClassVar[str] = "sms/bandwidth"
    patience_s: ClassVar[float] = 10.0

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """An account of its own."""
        application = "93de2206-9669-4e07-948d-" + secrets.token_hex(6)
        api, callback = (("api", secrets.token_hex(16)), ("callback", secrets.token_hex(16)))
        account = BandwidthAccount("9900000", application, *api, *callback, "+15005550009", free_port())
        keep(folder / _FILE, account)

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        account = kept(folder / _FILE, BandwidthAccount)
        return {
            "bandwidth_account_id": account.account,
            "bandwidth_application_id": account.application,
            "bandwidth_api_user": account.api_user,
            "bandwidth_api_password": account.api_password,
            "bandwidth_callback_user": account.callback_user,
            "bandwidth_callback_password": account.callback_password,
            "bandwidth_from": account.number,
            "bandwidth_api_base": f"http://127.0.0.1:{account.port}",
        }

    @property
    def account(self) -> BandwidthAccount:
        """The account whose number is texted."""
        return kept(self.folder / _FILE, BandwidthAccount)

    def api(self) -> BandwidthApi:
        """As ByApiTwin.api."""
        one = self.account
        return BandwidthApi(one.account, one.application, (one.api_user, one.api_password), one.port)

    def message(self, text: str) -> Sent:
        """A text message."""
        return self.picture(text, ())

    def picture(self, text: str, media: Sequence[str]) -> Sent:
        """A message with pictures or the like, by their addresses."""
        return self.callbacks([self.received(text, media)])

    def received(self, text: str, media: Sequence[str] = ()) -> dict[str, Any]:
        """The callback of a message that came in."""
        number = self.account.number
        own = {"direction": "in", "from": self.number, "to": [number], "text": text}
        return self._callback("message-received", number, own | ({"media": list(media)} if media else {}))

    def status(self, message_id: str, kind: str, *, error: int = 0, reference: str = "") -> Sent:
        """What became of a message to this person; `kind` such as "message-delivered"; `reference` as its tag said it."""
        own = {"id": message_id, "direction": "out", "from": self.account.number, "to": [self.number], "text": ""}
        callback = self._callback(kind, self.number, own | ({"tag": reference} if reference else {}))
        return self.callbacks([callback | ({"errorCode": error} if error else {})])

    def callbacks(self, callbacks: Sequence[Mapping[str, Any]]) -> Sent:
        """A list of callbacks, as Bandwidth sends it with the user and password of the application."""
        account = self.account
        caller = base64.b64encode(f"{account.callback_user}:{account.callback_password}".encode()).decode()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "BandwidthAPI/v2",
            "authorization": f"Basic {caller}",
        }
        return Sent(self.url, headers, json.dumps(list(callbacks)).encode(), callbacks[0]["message"]["id"])

    def challenged(self, sent: Sent) -> tuple[Answer, Answer | None]:
        """Post as Bandwidth does at first, without credentials; and with them where the answer asks for them."""
        bare = Sent(
            sent.url, {k: v for k, v in sent.headers.items() if k != "authorization"}, sent.body, sent.message_id
        )
        first = self.post(bare)
        asked = first.headers.get("www-authenticate", "").lower().startswith("basic ")
        return first, self.post(sent) if first.status == 401 and asked else None

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints: Bandwidth looks at status and size."""
        large = [f"the answer has {len(answer.body)} bytes"] if len(answer.body) > _MOST_ANSWER else []
        return status_complaints(answer, 200, 201, 202, 204) + large

    def _callback(self, kind: str, to: str, message: Mapping[str, Any]) -> dict[str, Any]:
        account = self.account
        stamp = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        own = {
            "id": self.new_id().replace("-", ""),
            "owner": account.number,
            "applicationId": account.application,
            "time": stamp,
            "segmentCount": 1,
        }
        return {"type": kind, "time": stamp, "description": kind, "to": to, "message": own | dict(message)}
