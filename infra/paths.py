"""Paths of doors: which app and channel, and what lies below."""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from infra.storage.registry import APP_NAME
from shared.advice import DEFAULT_APP
from shared.channel import ChannelAdapter, asked_for
from shared.errors import NotFound

_REMEMBERED = 1024


class Place(Struct, frozen=True):
    """`below` is what follows `/channels/<channel>/`, "" for the door itself."""

    app: str
    channel: str
    below: str


class Paths:
    """Reads paths. `own` are the doors that have one of their own: path → channel."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.own = own
        self.place = lru_cache(_REMEMBERED)(self._place)

    def _place(self, path: str) -> Place:
        """The place at `path`. Raises NotFound where it is none of a door's."""
        own = self.own.get(path)
        if own is not None:
            return Place(DEFAULT_APP, own, "")
        parts = path.split("/")[1:]
        app = DEFAULT_APP
        if parts[0] == "apps":
            app, parts = parts[1], parts[2:]
        if not APP_NAME.fullmatch(app):
            raise NotFound("there is no such app")
        if parts[:1] != ["channels"] or len(parts) not in (2, 3, 4) or parts[1] in self.own.values():
            raise NotFound("there is no such path")
        return Place(app, parts[1], "/".join(parts[2:]))


def methods(adapter: type[ChannelAdapter], below: str) -> tuple[str, ...]:
    """The methods of a path below a door; whoever may GET may HEAD. Raises NotFound, with the places there are."""
    if below in adapter.places:
        return adapter.methods
    if asked_for(adapter, below) is not None:
        return ("GET", "HEAD", *(("OPTIONS",) if "OPTIONS" in adapter.methods else ()))
    if below not in adapter.side_paths:
        raise NotFound(f"there is no such path{_places(adapter)}")
    found = adapter.side_paths[below]
    return (*found, "HEAD") if "GET" in found and "HEAD" not in found else found


def _places(adapter: type[ChannelAdapter]) -> str:
    """Where messages come in instead, of a door whose places have names."""
    named = ", ".join(sorted(adapter.places - {""}))
    return f"; messages come in at one of the places below /channels/{adapter.name}/: {named}" if named else ""
