"""Finding memories again: the cases by which the threshold was set, with the shipped encoder."""

from collections.abc import Iterator, Sequence

import pytest

from core.memory.recall import PersonMemories
from core.models.encoder import Encoder
from core.models.service import InProcessModels
from core.models.store import GRAPH, TOKENIZER
from core.understanding.polyglot import Polyglot
from core.understanding.tongues import Tongues
from infra.models import encoder_folder
from infra.system import SystemClock
from shared.ports import ModelService, Person, StoredMemory, Vector
from shared.testing.fakes import FakeModel, FakeTurnStore

NOTES = [
    "the spare key is under the mat",
    "my locker code is 4417",
    "Grandma's birthday is on the 3rd of May",
    "the wifi password is tulip-harbour-92",
    "I parked on level 3, row F",
    "the plumber is called Mr Okafor, his number is in the blue book",
    "Ben is allergic to peanuts",
    "the bins go out on Thursday evening",
    "my passport is in the top drawer of the desk",
    "the car insurance ends in March",
    "I lent the drill to Maria",
    "the baby's doctor is Dr Lind",
]
ASKED = {
    "where is the spare key?": 0,
    "where did I put the spare key": 0,
    "what's the code of my locker?": 1,
    "what is my locker code": 1,
    "when is grandma's birthday?": 2,
    "what's the wifi password": 3,
    "do you know the password for the wifi": 3,
    "where did I park?": 4,
    "where is my car parked": 4,
    "who is the plumber?": 5,
    "what is the plumber's name": 5,
    "what is Ben allergic to?": 6,
    "is Ben allergic to anything": 6,
    "when do the bins go out?": 7,
    "when do I have to take out the bins": 7,
    "where is my passport?": 8,
    "when does the car insurance end": 9,
    "who has the drill?": 10,
    "who did I lend my drill to": 10,
    "who is the baby's doctor?": 11,
}
NOT_TOLD = [
    "where is the lawn mower?",
    "when is dad's birthday?",
    "what is my bank password",
    "what is Anna allergic to?",
    "where is my driving licence",
    "who is the electrician?",
    "when does the train leave",
    "what is the capital of France",
    "where are my glasses",
    "when does the house insurance end",
    "who borrowed the ladder?",
    "what is the alarm code",
]


MISSPELT = {
    "where is the sparre key": 0,
    "wheres the spaer key": 0,
    "whats the wifi pasword": 3,
    "where is my pasport": 8,
    "who is the plummer": 5,
    "when is grandmas brithday": 2,
    "what is Ben alergic to": 6,
    "when does the car insurence end": 9,
}
ALIKE = [
    "where is the mouse",  # a mat is told of
    "where is my map",
    "when does the train leave",
    "what is on level 4",
    "where is the grill",  # a drill
    "who has the pen",  # Ben
    "where are the pins",  # bins
    "when do I go to church",  # March
    "where is the dust",
]
GERMAN = [
    "dass der Ersatzschlüssel unter der Fußmatte liegt",
    "Omas Geburtstag ist am 3. Mai",
    "das WLAN-Passwort ist Tulpe 92",
    "dass mein Zahnarzt Dr. Lind heißt",
    "ich habe auf Ebene 3 geparkt",
]
GERMAN_ASKED = {
    "wo ist der Ersatzschlüssel?": 0,
    "wo liegt der Ersatzschlüsel": 0,
    "wann hat Oma Geburtstag": 1,
    "wie ist das WLAN Passwort": 2,
    "wie heißt mein Zahnarzt": 3,
    "wo habe ich geparkt": 4,
}
GERMAN_NOT_TOLD = [
    "wo ist der Rasenmäher",
    "wann fährt der Zug",
    "wie heißt meine Lehrerin",
    "was ist die Hauptstadt von Peru",
]


class Shelf(FakeTurnStore):
    """A store in which somebody's memories are the notes."""

    def __init__(self, notes: Sequence[StoredMemory]) -> None:
        super().__init__()
        self._notes = list(notes)

    async def memories(self, person: Person) -> list[StoredMemory]:
        return self._notes


def shelf(vectors: Sequence[Vector | None], model: str, notes: Sequence[str] = NOTES) -> Shelf:
    return Shelf([StoredMemory(str(i), notes[i], 0.0, vector, model) for i, vector in enumerate(vectors)])


@pytest.fixture(scope="module")
def model() -> Iterator[InProcessModels]:
    nobody = Polyglot({}, Tongues({}))
    folder = encoder_folder()
    with InProcessModels(Encoder(folder / GRAPH, folder / TOKENIZER), nobody, "test", SystemClock()) as service:
        yield service


async def memories(model: ModelService, notes: Sequence[str] = NOTES, language: str = "en") -> PersonMemories:
    deadline = SystemClock().now() + 30
    vectors = await model.encode(notes, deadline)
    return PersonMemories(Person("a", "p"), shelf(vectors, model.state().version, notes), model, deadline, language)


async def test_what_was_told_is_found_and_nothing_else(model: InProcessModels) -> None:
    found = await memories(model)
    right = 0
    for question, note in ASKED.items():
        best = await found.search(question)
        right += bool(best) and best[0].id == str(note)
    wrong = [question for question in NOT_TOLD if await found.search(question)]
    assert right >= len(ASKED) - 1
    # One asks for the house's insurance where the car's is noted: quoted word for word, that misleads nobody.
    assert len(wrong) <= 1, wrong


async def test_what_is_misspelt_is_found_too(model: InProcessModels) -> None:
    found = await memories(model)
    best = {question: [one.id for one in await found.search(question, 1)] for question in MISSPELT}
    assert best == {question: [str(note)] for question, note in MISSPELT.items()}


@pytest.mark.parametrize("question", ALIKE)
async def test_another_word_is_no_misspelling(model: InProcessModels, question: str) -> None:
    assert await (await memories(model)).search(question) == []


async def test_what_was_told_in_german_is_found(model: InProcessModels) -> None:
    found = await memories(model, GERMAN, "de")
    best = {question: [one.id for one in await found.search(question, 1)] for question in GERMAN_ASKED}
    assert best == {question: [str(note)] for question, note in GERMAN_ASKED.items()}
    assert [question for question in GERMAN_NOT_TOLD if await found.search(question)] == []


async def test_memories_of_another_model_are_embedded_anew(model: InProcessModels) -> None:
    deadline = SystemClock().now() + 30
    old = PersonMemories(Person("a", "p"), shelf([Vector(b"\0" * 8)] * len(NOTES), "older"), model, deadline)
    [best, *_] = await old.search("where is the spare key?")
    assert best.text == NOTES[0]


async def test_without_a_model_it_goes_by_words() -> None:
    broken = FakeModel()
    broken.broken = True
    found = PersonMemories(Person("a", "p"), shelf([None] * len(NOTES), ""), broken, 0.0)
    assert [memory.text for memory in await found.search("where is the spare key?")] == [NOTES[0]]
    assert await found.search("where is the lawn mower?") == []
    assert await found.search("") == []
