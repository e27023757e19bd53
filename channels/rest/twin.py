"""The twin of a program that uses the REST API: sends messages with an API key, and holds every answer to the contract."""

from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import msgspec

from shared.errors import SettingsInvalid
from shared.testing.platforms import API_KEY, Answer, AnswerRefused, Heard, Sent, Twin
from shared.testing.platforms.message import Message, heard_in_time, message_complaints


class RestTwin(Twin):
    """A program that speaks for one person."""

    name: ClassVar[str] = "rest"
    path: ClassVar[str] = "/v1/messages"
    patience_s: ClassVar[float] = 15.0
    later_s: ClassVar[float] = 60.0  # an answer that takes long is waited for
    needs_key: ClassVar[bool] = True

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """The API key is all it takes, and lies there already."""
        _key(folder)

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """Nothing: the door knows its keys from the registry. Raises SettingsInvalid where there is no key."""
        _key(folder)
        return {}

    def request(self, text: str) -> Sent:
        """A message with an id of its own."""
        message_id = self.new_id()
        body = {"text": text, "user": {"id": self.user}, "locale": self.locale, "message_id": message_id}
        headers = {"authorization": f"Bearer {_key(self.folder)}", "content-type": "application/json"}
        return Sent(self.url, headers, msgspec.json.encode(body), message_id)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """What breaks the contract: status, content type, every field and its type, the id."""
        return message_complaints(answer, sent.message_id)

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """What the program would show. An answer that takes long is waited for."""
        message = msgspec.json.decode(answer.body, type=Message)
        return heard_in_time(message, lambda: self._found(sent), self.later_s)

    def _found(self, sent: Sent) -> Message:
        """What became of `sent` by now. Raises AnswerRefused."""
        headers = {"authorization": sent.headers["authorization"]}
        answer = self.post(Sent(f"{self.url}/{quote(sent.message_id)}", headers, b"", sent.message_id, "GET"))
        if found := self.complaints(sent, answer):
            raise AnswerRefused(*found)
        return msgspec.json.decode(answer.body, type=Message)


def _key(folder: Path) -> str:
    try:
        return (folder / API_KEY).read_text().strip()
    except OSError as error:
        raise SettingsInvalid(f"there is no API key for the simulator in {folder}: {error}") from None
