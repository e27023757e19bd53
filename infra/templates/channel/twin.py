"""The twin of Door name: sends what Door name would send, and judges the answer.

It knows the platform, not the door: what both knew alike, both could get wrong alike.
"""

import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import ClassVar

import msgspec
from msgspec import Struct

from nexus import NexusError
from shared.testing.platforms import Answer, Heard, Sent, Twin, status_complaints

MAX_BYTES = 1024 * 1024  # of an answer


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """Something to look at."""

    title: str
    text: str
    image_url: str | None
    url: str | None


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """Something to pick."""

    title: str
    value: str


class Media(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture, sound or film."""

    url: str
    media_type: str
    alt: str


class Shown(Struct, frozen=True, forbid_unknown_fields=True):
    """What Door name takes as an answer, and nothing else."""

    text: str
    cards: list[Card]
    choices: list[Choice]
    media: list[Media]
    reprompt: str
    expects_answer: bool


class DoorNameTwin(Twin):
    """One person at Door name. The folder holds the secret that it signs with."""

    name: ClassVar[str] = "door-name"
    path: ClassVar[str] = "doorname"

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """A new secret."""
        (folder / "secret").write_text(secrets.token_hex(32))

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """The settings of a door that believes this twin."""
        return {"secret": _secret(folder)}

    def request(self, text: str) -> Sent:
        """A message, signed now."""
        message_id = self.new_id()
        body = message(message_id, self.user, text, self.locale)
        headers = signed(_secret(self.folder), self.now(), body)
        return Sent(self.url, headers, body, message_id)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """What Door name would hold against the answer."""
        return complaints(answer)

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """What the person reads."""
        shown = msgspec.json.decode(answer.body, type=Shown)
        choices = tuple(choice.title for choice in shown.choices)
        return Heard(shown.text, _lines(shown), choices, shown.reprompt, answer=shown)


def message(message_id: str, user: str, text: str, locale: str = "en-US") -> bytes:
    """The body in which Door name sends what somebody wrote."""
    fields = {"id": message_id, "user": user, "text": text, "locale": locale}
    return json.dumps(fields).encode()


def signed(secret: str, at: float, body: bytes) -> dict[str, str]:
    """The headers with which Door name sends `body` at a time in Unix seconds."""
    stamp = str(int(at))
    digest = hmac.digest(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "x-door-name-timestamp": stamp,
        "x-door-name-signature": digest.hex(),
    }


def complaints(answer: Answer) -> list[str]:
    """What is wrong with an answer: status, type, size, a field too many or too few."""
    if found := status_complaints(answer, 200):
        return found
    if answer.media_type() != "application/json":
        return [f"the content type is {answer.media_type() or 'missing'}"]
    if len(answer.body) > MAX_BYTES:
        return [f"the answer has {len(answer.body)} bytes, more than {MAX_BYTES}"]
    try:
        msgspec.json.decode(answer.body, type=Shown)
    except msgspec.DecodeError as error:
        return [f"the answer is not what Door name takes: {error}"]
    return []


def _lines(shown: Shown) -> tuple[str, ...]:
    """Cards, pictures and links, a line each."""
    lines: list[str] = []
    for card in shown.cards:
        lines += [card.title, card.text, card.image_url or "", card.url or ""]
    for medium in shown.media:
        lines += [medium.alt, medium.url]
    return tuple(line for line in lines if line)


def _secret(folder: Path) -> str:
    try:
        return (folder / "secret").read_text().strip()
    except OSError as error:
        raise NexusError(f"no secret of the twin in {folder}: {error}") from None
