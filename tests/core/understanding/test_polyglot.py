"""Which language a text is in, and whose reading of it counts."""

from collections.abc import Sequence

import pytest

from core.understanding.meaning import Meaning, Query
from core.understanding.model import Reader
from core.understanding.polyglot import Polyglot
from core.understanding.tongues import Tongues

SAMPLES = {
    "en": ["what time is it", "turn the light on", "flip a coin", "thank you", "stop it"],
    "de": ["wie spät ist es", "mach das Licht an", "wirf eine Münze", "danke schön", "hör auf"],
    "es": ["qué hora es", "enciende la luz", "lanza una moneda", "muchas gracias", "para ya"],
    "fr": ["quelle heure est-il", "allume la lumière", "lance une pièce", "merci beaucoup", "arrête"],
    "it": ["che ore sono", "accendi la luce", "lancia una moneta", "grazie mille", "smettila"],
}


@pytest.fixture(scope="module")
def tongues() -> Tongues:
    return Tongues(SAMPLES)


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, texts in SAMPLES.items() for text in texts])
def test_what_was_sampled_is_told_apart(tongues: Tongues, language: str, text: str) -> None:
    for likely in (language, "pt"):
        assert next(iter(tongues.chances(text.upper(), likely))) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("kannst du mir sagen wo der Schlüssel liegt", "de"),
        ("could you tell me where the key is", "en"),
        ("¿me puedes decir dónde está la llave?", "es"),
        ("vous pouvez me dire où est la clé", "fr"),
        ("mi puoi dire dov'è la chiave", "it"),
    ],
)
def test_so_is_what_was_not(tongues: Tongues, text: str, language: str) -> None:
    assert next(iter(tongues.chances(text, "en"))) == language


@pytest.mark.parametrize("text", ["", "42", "5 + 3", "🙂🙂", "???", "日本語", "مرحبا", "Paris"])
def test_what_is_in_no_language_is_in_the_likely_one(tongues: Tongues, text: str) -> None:
    assert next(iter(tongues.chances(text, "de"))) == "de"


def test_chances_are_chances_and_few(tongues: Tongues) -> None:
    chances = tongues.chances("taxi hotel radio", "es")
    assert 1 <= len(chances) <= 2
    assert 0.0 < sum(chances.values()) <= 1.0 + 1e-9
    assert list(chances.values()) == sorted(chances.values(), reverse=True)


def test_one_language_needs_no_telling() -> None:
    assert Tongues({"en": ["hello"]}).chances("hallo", "de") == {"en": 1.0}
    assert Tongues({}).chances("hallo", "de") == {}


class Knows:
    """Understands its own sentences, and notes what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.asked: list[str] = []

    def understand(self, texts: Sequence[str], reader: Reader) -> list[Meaning]:
        self.asked += texts
        return [Meaning("mine", 0.9, 0.1, ()) if text in self.texts else Meaning(None, 0.5, 0.9, ()) for text in texts]


class Chances(Tongues):
    """Says what a test wants."""

    def __init__(self, table: dict[str, dict[str, float]]) -> None:
        super().__init__({})
        self._table = table

    def chances(self, text: str, likely: str) -> dict[str, float]:
        return self._table.get(text, {})


class Nobody:
    def read(self, texts: Sequence[str]) -> list[object]:
        raise AssertionError("nothing is read here")


def read(polyglot: Polyglot, *queries: Query) -> list[tuple[str | None, str]]:
    return [(one.intent, one.language) for one in polyglot.understand(queries, Nobody())]  # type: ignore[arg-type]


def test_a_text_is_read_in_its_language_only() -> None:
    english, german = Knows("tea"), Knows("Tee")
    polyglot = Polyglot({"en": english, "de": german}, Chances({"tea": {"en": 0.99}, "Tee": {"de": 0.95}}))
    assert read(polyglot, Query("tea", "de"), Query("Tee", "en")) == [("mine", "en"), ("mine", "de")]
    assert (english.asked, german.asked) == (["tea"], ["Tee"])


def test_of_two_likely_languages_the_one_that_understands_counts() -> None:
    polyglot = Polyglot({"en": Knows(), "de": Knows("tee")}, Chances({"tee": {"en": 0.8, "de": 0.2}}))
    assert read(polyglot, Query("tee", "en")) == [("mine", "de")]


def test_where_neither_understands_the_likelier_language_is_answered_in() -> None:
    polyglot = Polyglot({"en": Knows(), "de": Knows()}, Chances({"hm": {"en": 0.4, "de": 0.6}}))
    assert read(polyglot, Query("hm", "en")) == [(None, "de")]


def test_what_is_sure_is_not_guessed() -> None:
    english, german = Knows("tee"), Knows("tee")
    polyglot = Polyglot({"en": english, "de": german}, Chances({"tee": {"de": 1.0}}))
    assert read(polyglot, Query("tee", "en", sure=True)) == [("mine", "en")]
    assert german.asked == []


def test_a_language_without_a_model_is_served_by_another() -> None:
    polyglot = Polyglot({"en": Knows("tea")}, Tongues({"en": ["tea"]}))
    assert read(polyglot, Query("tea", "pt", sure=True), Query("tea", "pt")) == [("mine", "en"), ("mine", "en")]
