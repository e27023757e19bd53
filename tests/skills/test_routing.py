"""What people say goes to the right skill: held-out paraphrases through the really trained model, and through a blind one."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.models.encoder import Encoder, Reading
from core.models.store import GRAPH, TOKENIZER
from core.skillbook import SkillBook
from core.understanding.cache import trained
from core.understanding.model import Meaning
from core.understanding.model import Model as Trained
from core.understanding.samples import samples
from infra.models import encoder_folder, heads_folder, prepare
from infra.plugins import load_plugins

PARAPHRASES = Path(__file__).parent / "paraphrases" / "en"
OUT_OF_SCOPE = "out_of_scope"
OVERALL, EACH, REFUSED = 0.90, 0.75, 0.85
NEAR = 0.8  # share of words in common from which on a paraphrase is nearly a sample
FEW = 0.05  # share of paraphrases that may be nearly samples


def normalised(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


@pytest.fixture(scope="module")
def paraphrases() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(PARAPHRASES.glob("*.toml")):
        found |= tomllib.loads(path.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SkillBook:
    plugins = load_plugins(tmp_path_factory.mktemp("home"))
    assert not plugins.broken
    return SkillBook(
        [one for one in plugins.skills if one.manifest.name in ("assistant", "clock", "calculator", "notes")]
    )


class Model:
    """The shipped encoder with the model trained from the shipped samples."""

    def __init__(self, book: SkillBook, folder: Path) -> None:
        place = encoder_folder()
        manifest = prepare(place)
        self._encoder = Encoder(place / GRAPH, place / TOKENIZER)
        rows = samples(book.utterances("en"), "en")
        self._model = Trained(trained(folder, "en", rows, place, manifest.version, heads_folder()), place)

    def understand(self, texts: list[str], *, blind: bool = False) -> list[Meaning]:
        """What the texts mean; `blind`: with all that the encoder has to say zeroed."""
        mended = [self._model.prepare(text) for text in texts]
        readings = self._encoder.read([one.text for one in mended])
        return self._model.interpret(texts, mended, [zeroed(one) for one in readings] if blind else readings)


def zeroed(reading: Reading) -> Reading:
    blank = (np.zeros_like(part) for part in (reading.vector, reading.stream, reading.states))
    return Reading(reading.words, *blank)


@pytest.fixture(scope="module")
def model(book: SkillBook, tmp_path_factory: pytest.TempPathFactory) -> Model:
    base = tmp_path_factory.getbasetemp()
    place = base.parent if base.name.startswith("popen-") else base  # with several test processes one trains for all
    return Model(book, place / "heads")


def shares(model: Model, paraphrases: dict[str, list[str]], blind: bool = False) -> dict[str, float]:
    """The share of each intent's paraphrases that is understood as meant; for what is out of scope, the share refused."""
    right: dict[str, float] = {}
    for intent, texts in paraphrases.items():
        understood = model.understand(texts, blind=blind)
        wanted = None if intent == OUT_OF_SCOPE else intent
        right[intent] = sum(each.intent == wanted for each in understood) / len(texts)
    return right


def overall(right: dict[str, float], paraphrases: dict[str, list[str]]) -> float:
    inside = [intent for intent in paraphrases if intent != OUT_OF_SCOPE]
    return sum(right[i] * len(paraphrases[i]) for i in inside) / sum(len(paraphrases[i]) for i in inside)


def passes(right: dict[str, float], paraphrases: dict[str, list[str]]) -> bool:
    each = all(share >= EACH for intent, share in right.items() if intent != OUT_OF_SCOPE)
    return each and overall(right, paraphrases) >= OVERALL and right[OUT_OF_SCOPE] >= REFUSED


def test_there_are_enough(paraphrases: dict[str, list[str]], book: SkillBook) -> None:
    intents = set(book.utterances("en"))
    assert set(paraphrases) == intents | {OUT_OF_SCOPE}
    assert all(len(set(map(normalised, texts))) >= 15 for texts in paraphrases.values())
    assert len(set(paraphrases[OUT_OF_SCOPE])) >= 60


def test_none_is_a_sample(paraphrases: dict[str, list[str]], book: SkillBook) -> None:
    learnt = {normalised(row.text) for row in samples(book.utterances("en"), "en")}
    said = {normalised(text) for texts in paraphrases.values() for text in texts}
    known = said & learnt
    assert not known


def test_few_are_nearly_samples(paraphrases: dict[str, list[str]], book: SkillBook) -> None:
    learnt = [set(normalised(row.text).split()) for rows in book.utterances("en").values() for row in rows]
    said = [set(normalised(text).split()) for i, texts in paraphrases.items() if i != OUT_OF_SCOPE for text in texts]
    near = [words for words in said if len(words) > 2 and any(_alike(words, other) for other in learnt)]
    assert len(near) <= FEW * len(said), sorted(map(sorted, near))


def _alike(words: set[str], other: set[str]) -> bool:
    return len(words & other) >= NEAR * len(words | other)


def test_paraphrases_are_understood(model: Model, paraphrases: dict[str, list[str]]) -> None:
    right = shares(model, paraphrases)
    assert overall(right, paraphrases) >= OVERALL, right
    assert not {i: share for i, share in right.items() if i != OUT_OF_SCOPE and share < EACH}


def test_what_is_out_of_scope_is_refused(model: Model, paraphrases: dict[str, list[str]]) -> None:
    assert shares(model, {OUT_OF_SCOPE: paraphrases[OUT_OF_SCOPE]})[OUT_OF_SCOPE] >= REFUSED


def test_a_blind_encoder_does_not_pass(model: Model, paraphrases: dict[str, list[str]]) -> None:
    right = shares(model, paraphrases, blind=True)
    assert not passes(right, paraphrases)
    assert overall(right, paraphrases) < 0.2


def sampled() -> Iterator[tuple[str, str]]:
    """The questions that the skills themselves suggest, with the intent each is for."""
    yield from (
        ("What can you do?", "assistant.help"),
        ("Tell me a joke", "assistant.joke"),
        ("What time is it in Tokyo?", "clock.time"),
        ("How many days until Christmas?", "clock.until"),
        ("What is 15 percent of 80?", "calculator.compute"),
        ("26.2 miles in kilometres", "calculator.convert"),
        ("seven times six", "calculator.compute"),
        ("70 fahrenheit in celsius", "calculator.convert"),
        ("Remember that the spare key is under the mat", "notes.remember"),
        ("Where is the spare key?", "notes.recall"),
        ("what did I ask you to remember", "notes.list"),
        ("forget about the spare key", "notes.forget"),
        ("what day of the week is July 4th", "clock.when"),
        ("time difference between London and New York", "clock.difference"),
        ("how long until 5 pm", "clock.until"),
        ("how many cups in two litres", "calculator.convert"),
    )


@pytest.mark.parametrize(("text", "intent"), list(sampled()))
def test_what_help_suggests_works(model: Model, text: str, intent: str) -> None:
    assert model.understand([text])[0].intent == intent


def test_every_suggestion_is_tested(book: SkillBook) -> None:
    suggested = {example for info in book.infos("en") for example in info.examples}
    assert suggested <= {text for text, _ in sampled()}
