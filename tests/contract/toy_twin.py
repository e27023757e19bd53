"""The twin of the toy's platform, with a fault for each case of the contract of twins; and houses that keep no promise."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec

from shared.testing.platforms import Answer, Heard, Sent, Twin, status_complaints
from shared.testing.platforms.contract import TwinContract
from shared.testing.platforms.house import House, Slow
from shared.testing.platforms.message import Message, heard_of, message_complaints
from shared.turn import Reply, Request, Turn
from tests.contract.toy import MAX_ANSWER, SECRET


class ToyTwin(Twin):
    """Signs as the toy's platform does, with the secret in the folder."""

    name: ClassVar[str] = "toy"
    path: ClassVar[str] = "toy"
    wrong: str = ""  # the fault of this twin itself

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        (folder / "secret").write_bytes(secrets.token_bytes(16))

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        return {"secret": "yes"}

    def start(self) -> Heard | None:
        return Heard("") if self.wrong == "opens in silence" else None

    def request(self, text: str) -> Sent:
        message_id = "always" if self.wrong == "has one id" else self.new_id()
        body = msgspec.json.encode({"text": text, "id": message_id, "user": self.user})
        at = str(self.now())
        secret = (self.folder / "secret").read_bytes()
        signature = hmac.new(secret, f"{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-at": at, "x-signature": signature}
        return Sent(self.url, headers, body, message_id)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        if self.wrong == "is content with anything":
            return []
        if self.wrong == "looks at the outside only":
            return status_complaints(answer, 200) or ([] if answer.media_type() == "application/json" else ["no JSON"])
        if len(answer.body) > MAX_ANSWER:
            return [f"more than {MAX_ANSWER} bytes"]
        return message_complaints(answer, sent.message_id)

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        return heard_of(msgspec.json.decode(answer.body, type=Message))


class AnswersAnew(House):
    """Takes every delivery for a new message."""

    async def turn(self, request: Request, reply: Callable[[Request], Reply | Slow]) -> tuple[Turn, bool]:
        self._requests.clear()
        known, self.turns = self.turns, []
        turn, new = await super().turn(request, reply)
        self.turns = [*known, turn]
        return turn, new


class RecordsNothing(House):
    """Answers, and forgets."""

    async def turn(self, request: Request, reply: Callable[[Request], Reply | Slow]) -> tuple[Turn, bool]:
        found = await super().turn(request, reply)
        self.turns.clear()
        return found


class ToyTwinContract(TwinContract):
    """The contract over a toy twin with a fault, in a house."""

    def __init__(self, folder: Path, house: House, fault: str = "") -> None:
        self._folder, self._house, self._fault = folder, house, fault
        (folder / "secret").write_bytes(SECRET)

    def twin(self, user: str) -> Twin:
        twin = ToyTwin(self._folder, self._house.url, user=user)
        twin.wrong = self._fault
        return twin

    def turns(self) -> int:
        return len(self._house.turns)
