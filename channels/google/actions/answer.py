"""What is sent back to Actions Builder. Fields that are not set are left out.

https://developers.google.com/assistant/conversational/webhooks, `HandlerResponse`, and the pages on prompts
"""

from typing import Any

from msgspec import Struct

MAX_BUBBLE = 640  # characters of a Simple's text
MAX_SUGGESTIONS = 8
MAX_SUGGESTION = 25  # characters
MAX_CARD = 750  # characters of a card's text; MAX_CARD_WITH_IMAGE under a picture
MAX_CARD_WITH_IMAGE = 500
MAX_BROWSED = 10  # items of a collection of pages, at least 2
END = "actions.scene.END_CONVERSATION"


class Simple(Struct, frozen=True, omit_defaults=True):
    """What is said (words, or SSML with <speak>) and shown in a bubble; `text` may be left out where it is the same."""

    speech: str = ""
    text: str = ""


class Image(Struct, frozen=True):
    """A picture, with words for those who do not see it."""

    url: str
    alt: str


class OpenUrl(Struct, frozen=True):
    """Opens a page."""

    url: str


class Link(Struct, frozen=True):
    """A button that opens a page."""

    name: str
    open: OpenUrl


class CardOut(Struct, frozen=True, omit_defaults=True):
    """A card. It needs a text or a picture."""

    title: str = ""
    subtitle: str = ""
    text: str = ""
    image: Image | None = None
    button: Link | None = None


class Browsed(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A page to open, one of several."""

    title: str
    open_uri_action: OpenUrl
    description: str = ""
    image: Image | None = None


class CollectionBrowse(Struct, frozen=True):
    """Pages to open, side by side."""

    items: list[Browsed]


class MediaImage(Struct, frozen=True):
    """The picture of a medium."""

    large: Image


class MediaObject(Struct, frozen=True, omit_defaults=True):
    """Something to hear."""

    name: str
    url: str
    description: str = ""
    image: MediaImage | None = None


class MediaOut(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Sound that is played, or the acknowledgement of what a player reported (MEDIA_STATUS_ACK)."""

    media_type: str
    media_objects: list[MediaObject] = []


class TableColumn(Struct, frozen=True, omit_defaults=True):
    """The head of a column."""

    header: str
    align: str = "LEADING"


class TableCell(Struct, frozen=True):
    """A cell."""

    text: str


class TableRow(Struct, frozen=True):
    """A row."""

    cells: list[TableCell]


class TableOut(Struct, frozen=True, omit_defaults=True):
    """A table."""

    title: str = ""
    subtitle: str = ""
    columns: list[TableColumn] = []
    rows: list[TableRow] = []


class Content(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The one rich thing of a prompt: exactly one of these is set."""

    card: CardOut | None = None
    image: Image | None = None
    table: TableOut | None = None
    media: MediaOut | None = None
    collection_browse: CollectionBrowse | None = None


class Suggestion(Struct, frozen=True):
    """A chip: its title is sent back when it is tapped."""

    title: str


class Prompt(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What the person hears and sees."""

    override: bool = False
    first_simple: Simple | None = None
    content: Content | dict[str, Any] | None = None
    last_simple: Simple | None = None
    suggestions: list[Suggestion] = []
    canvas: dict[str, Any] | None = None


class SlotOut(Struct, frozen=True):
    """What becomes of a slot."""

    mode: str
    status: str
    value: Any


class NextScene(Struct, frozen=True):
    """Where the conversation goes."""

    name: str


class SceneOut(Struct, frozen=True, omit_defaults=True):
    """The scene the person is in, what becomes of its slots, and the next scene."""

    name: str = ""
    slots: dict[str, SlotOut] = {}
    next: NextScene | None = None


class SessionOut(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is stored in the conversation; null removes it."""

    id: str
    params: dict[str, Any] = {}
    type_overrides: list[dict[str, Any]] = []


class UserOut(Struct, frozen=True):
    """What is stored for the person."""

    params: dict[str, Any]


class Expected(Struct, frozen=True):
    """Words that the person may say next, for the speech recognition."""

    speech: list[str]


class Answer(Struct, frozen=True, omit_defaults=True):
    """The whole body of an answer."""

    session: SessionOut
    prompt: Prompt | None = None
    scene: SceneOut | None = None
    user: UserOut | None = None
    expected: Expected | None = None
