"""A small house of three intents, one of them with slots, and a model of it; for the tests of training and of what is trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER
from core.understanding.folder import write_model
from core.understanding.meaning import Meaning
from core.understanding.model import Model
from core.understanding.rows import Row, Slot
from core.understanding.train import card_of, train
from infra.models import encoder_folder

INTENTS = {
    "lamp.on": [
        "turn on the lamp",
        "switch the lamp on",
        "lamp on please",
        "light up the room",
        "put the light on",
        "can you turn on the light",
        "I need some light in here",
        "make it brighter",
    ],
    "tea.order": [
        "I would like a cup of tea",
        "bring me tea",
        "one green tea please",
        "could I have some tea with milk",
        "order a pot of black tea",
        "get me a mug of tea",
        "tea for two, please",
        "I want some tea",
    ],
    "story.tell": [
        "tell me a story",
        "read me a fairy tale",
        "I'd like to hear a bedtime story",
        "do you know a good tale",
        "let's have another story",
        "what's a nice story for children",
        "start a story about a dragon",
        "go on with the tale",
    ],
}
HELD_OUT = {
    "please put the lamp on": "lamp.on",
    "a nice cup of tea would be lovely": "tea.order",
    "I want to listen to a story about a princess": "story.tell",
}
PLACES = ("kitchen", "hall", "garden", "bedroom", "cellar", "attic")
COLOURS = ("red", "green", "blue", "warm white", "purple")
PATTERNS = (
    "make the lamp in the {place} {colour}",
    "set the {place} lamp to {colour}",
    "{colour} light in the {place} please",
    "I would like {colour} in the {place}",
    "change the light of the {place} to {colour}",
)


def plain(intents: Mapping[str, Sequence[str]]) -> dict[str, list[Row]]:
    """Sentences by intent as rows without slots."""
    return {intent: [Row(text, intent) for text in texts] for intent, texts in intents.items()}


def coloured() -> list[Row]:
    """Rows with two slots each."""
    return [
        filled(pattern, {"place": place, "colour": colour})
        for pattern in PATTERNS
        for n, place in enumerate(PLACES)
        for colour in (COLOURS[n % len(COLOURS)], COLOURS[(n + 2) % len(COLOURS)])
    ]


def filled(pattern: str, values: dict[str, str]) -> Row:
    """A pattern with its places filled, as a row that knows where they are."""
    text, slots = "", []
    for part in pattern.replace("{", "\0{").replace("}", "}\0").split("\0"):
        name = part.strip("{}")
        said = values[name] if part.startswith("{") else part
        if part.startswith("{"):
            slots.append(Slot(name, len(text), len(text) + len(said), said))
        text += said
    return Row(text, "lamp.colour", tuple(slots))


def made(folder: Path, rows: list[Row] | tuple[Row, ...], encoder: Encoder) -> Model:
    """A model of `rows`, written to `folder` and loaded from there."""
    trained = train(rows, (), encoder)
    write_model(folder, card_of(trained, "en", "v1", (), finetuned=False), trained.files)
    return Model(folder, encoder_folder())


def meanings(model: Model, encoder: Encoder, *texts: str) -> list[Meaning]:
    """What the model makes of texts."""
    mended = [model.prepare(text) for text in texts]
    return model.interpret(texts, mended, encoder.read([one.text for one in mended]))


def intents(model: Model, encoder: Encoder, *texts: str) -> list[str | None]:
    """The intents of texts."""
    return [meaning.intent for meaning in meanings(model, encoder, *texts)]


def open_encoder() -> Encoder:
    """The shipped encoder."""
    return Encoder(encoder_folder() / GRAPH, encoder_folder() / TOKENIZER)
