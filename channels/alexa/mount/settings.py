"""What the settings of the door say about a mounted skill."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from msgspec import Struct

from shared.errors import DoorShut

MODES = ("first", "alone")
KEEPERS = ("own", "nexus")


class Mounting(Struct, frozen=True):
    """Which skill (`module`, `attribute`, found in `folder` or on the Python path), and how.

    `first`: NEXUS answers what the skill does not take; otherwise the skill is alone. `keeps`: NEXUS keeps the persistent
    attributes of a skill that has no persistence adapter of its own.
    """

    module: str
    attribute: str
    folder: Path | None
    first: bool
    keeps: bool

    @classmethod
    def read(cls, config: Mapping[str, str]) -> Self | None:
        """What `config` says; None where no skill is mounted. Raises DoorShut, naming the setting that cannot be read."""
        entry = config.get("skill", "")
        if not entry:
            return None
        module, _, attribute = entry.partition(":")
        if not attribute.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
            raise DoorShut("alexa: skill must read package.module:name, such as lambda_function:sb")
        folder = config.get("skill_path", "")
        if folder and not Path(folder).is_absolute():
            raise DoorShut("alexa: skill_path must be a whole path, such as /srv/my-skill/lambda")
        return cls(
            module,
            attribute,
            Path(folder) if folder else None,
            _one_of("mode", MODES, config) == "first",
            _one_of("persistence", KEEPERS, config) == "nexus",
        )


def _one_of(key: str, known: tuple[str, ...], config: Mapping[str, str]) -> str:
    value = config.get(key) or known[0]
    if value not in known:
        raise DoorShut(f"alexa: {key} must be {' or '.join(known)}")
    return value
