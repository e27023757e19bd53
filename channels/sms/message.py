"""A text message, the same from and to every carrier."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shared.errors import DeliveryFailed
from shared.turn import Attachment, Keyword


class Inbound(Struct, frozen=True):
    """A message from a person. `id` is the carrier's own, the same when it tries again; numbers are as `numbers.e164` makes them.

    `keyword` is set where the carrier says itself what the message means to it; otherwise the text decides.
    """

    id: str
    sender: str  # theirs
    recipient: str  # ours
    text: str = ""
    media: tuple[Attachment, ...] = ()
    keyword: Keyword | None = None


class Outbound(Struct, frozen=True):
    """One message to a person: what fits into one request to a carrier. `media` are addresses of pictures (MMS)."""

    text: str
    media: tuple[str, ...] = ()


class Letter(Struct, frozen=True, rename={"sender": "from", "recipient": "to"}):
    """An outbound message with its address, as the outbox keeps it. Without `sender` it goes out from the configured number."""

    recipient: str
    text: str
    media: tuple[str, ...] = ()
    sender: str = ""

    def content(self) -> dict[str, Any]:
        """The letter as JSON values: {"to", "from", "text", "media"}."""
        return {**msgspec.to_builtins(self), "media": list(self.media)}


def letter_of(content: Mapping[str, Any]) -> Letter:
    """The letter in `content`. Raises DeliveryFailed (final) where it is none."""
    try:
        return msgspec.convert(content, Letter)
    except msgspec.ValidationError as error:
        raise DeliveryFailed(f"sms: this cannot be sent: {error}", final=True) from None
