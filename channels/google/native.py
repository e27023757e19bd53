"""`Reply.native["google"]`: what only Google's platforms have. Each form takes what it knows, and leaves the rest."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from shared.errors import PluginInvalid
from shared.turn import Reply


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """A column of a table."""

    header: str
    align: Literal["LEADING", "CENTER", "TRAILING"] = "LEADING"


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of texts under headed columns. Where no table can be shown, it is lines of text."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    subtitle: str = ""


class Context(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A context of Dialogflow ES: its short name, for how many turns it lives (0 ends it), and what it holds."""

    name: str
    lifespan_count: int = 5
    parameters: dict[str, Any] = {}


class FollowupEvent(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An event that Dialogflow ES triggers at once, in place of the answer's words."""

    name: str
    parameters: dict[str, Any] = {}
    language_code: str = "en-US"


class Slot(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a slot of the scene (Actions) or a parameter of the page's form (CX). Null empties it."""

    value: Any = None
    required: bool = True
    invalid: bool = False  # ask for it again


class Native(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """See README.md, "Only on Google"."""

    # every form
    table: Table | None = None
    session_params: dict[str, Any] = {}
    replace: bool = False
    # Actions
    user_params: dict[str, Any] = {}
    scene: str = ""
    content: dict[str, Any] = {}
    type_overrides: tuple[dict[str, Any], ...] = ()
    canvas: dict[str, Any] = {}
    # Actions and CX
    slots: dict[str, Slot] = {}
    # ES
    contexts: tuple[Context, ...] = ()
    followup_event: FollowupEvent | None = None
    session_entity_types: tuple[dict[str, Any], ...] = ()
    # ES and CX
    messages: tuple[dict[str, Any], ...] = ()
    payload: dict[str, Any] = {}
    # CX
    target_page: str = ""
    target_flow: str = ""
    transfer: str = ""
    handoff: dict[str, Any] | None = None


NOTHING = Native()


def native_of(reply: Reply) -> Native:
    """What the skill put there. Raises PluginInvalid where it is not of this shape."""
    if "google" not in reply.native:
        return NOTHING
    try:
        return msgspec.convert(reply.native["google"], Native)
    except msgspec.ValidationError as error:
        raise PluginInvalid(f"google: a skill's native answer is not usable: {error}") from None
