"""The settings of the SMS door that count for every carrier. Those of one carrier begin with its name."""

from collections.abc import Mapping
from typing import Literal, Self, cast

from msgspec import Struct

from channels.sms.split import Room
from shared.errors import DoorShut

MESSAGE_ID = "{message_id}"
MAX_LINK = 500  # characters


class SmsSettings(Struct, frozen=True):
    """How this app wants its text messages.

    `public_url` is how the world reaches NEXUS, without a slash at its end, or "". `local_urls` are what it is called in
    development, where the Host of a request counts too; in production nothing but `public_url` does.
    """

    public_url: str = ""
    local_urls: tuple[str, ...] = ()
    development: bool = False
    help_text: str = ""
    long_answers: Literal["split", "link"] = "split"
    link_url: str = ""
    mms: Literal["auto", "always", "never"] = "auto"
    segments: int = 10
    messages: int = 10

    @classmethod
    def read(cls, config: Mapping[str, str]) -> Self:
        """The settings in a door's configuration. Raises DoorShut, naming the one that cannot be read."""
        local = config.get("development_origins")
        settings = cls(
            public_url=config.get("public_url", "").rstrip("/"),
            local_urls=tuple((local or "").split()),
            development=local is not None,
            help_text=config.get("help_text", ""),
            long_answers=cast(Literal["split", "link"], _one_of(config, "long_answers", "split", "link")),
            link_url=config.get("link_url", ""),
            mms=cast(Literal["auto", "always", "never"], _one_of(config, "mms", "auto", "always", "never")),
            segments=_whole(config, "segments", 10, 1, 24),
            messages=_whole(config, "messages", 10, 1, 10),
        )
        if settings.public_url and not settings.public_url.startswith(("https://", "http://")):
            raise DoorShut("sms: public_url must be an address that begins with https:// or http://")
        if settings.long_answers == "link" and (
            MESSAGE_ID not in settings.link_url or len(settings.link_url) > MAX_LINK
        ):
            raise DoorShut(
                f"sms: long_answers=link needs the setting link_url, the address of a page of yours with {MESSAGE_ID} in it, "
                f"such as https://example.org/{MESSAGE_ID}, at most {MAX_LINK} characters"
            )
        return settings

    def room(self, characters: int) -> Room:
        """What one message may hold with a carrier that takes `characters`."""
        return Room(characters, self.segments)


def _one_of(config: Mapping[str, str], key: str, *words: str) -> str:
    value = config.get(key, words[0]).strip().lower()
    if value not in words:
        raise DoorShut(f"sms: the setting {key} must be one of: {', '.join(words)}")
    return value


def _whole(config: Mapping[str, str], key: str, default: int, low: int, high: int) -> int:
    text = config.get(key, str(default)).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
        raise DoorShut(f"sms: the setting {key} must be a whole number, {low} to {high}")
    return int(text)
