"""With the really trained model: what is said while something is asked is taken for what it is; a blind model fails."""

import pytest

from core.dialogue.around import Around
from core.dialogue.hearing import Verdict, hear
from core.dialogue.state import Frame, Question
from core.skillbook import SkillBook
from core.understanding import values
from shared.turn import Kind, Request, SlotValue, Understanding
from tests.core.dialogue.toys import NOW, lunch
from tests.skills.test_routing import Model, book, model  # noqa: F401 (fixtures)

SIZE = Frame("lunch.order", question=Question("slot", "size"))
COUNT = Frame("lunch.order", {"size": SlotValue("large", "large")}, ("size",), question=Question("slot", "count"))
SURE = Frame(
    "lunch.order",
    {"size": SlotValue("large", "large"), "count": SlotValue("2", 2)},
    ("size", "count"),
    question=Question("confirm"),
)
NOTE = Frame("notes.remember", question=Question("slot", "note"))
PLACE = Frame("clock.difference", question=Question("slot", "place"))

CASES = [
    (SIZE, "large", "fill"),
    (SIZE, "the big one please", "fill"),
    (SIZE, "what time is it in Rome", "aside"),
    (SIZE, "tell me a joke", "aside"),
    (SIZE, "never mind", "command assistant.cancel"),
    (SIZE, "what are my options", "command assistant.help"),
    (SIZE, "blue horse", "miss"),
    (COUNT, "five", "fill"),
    (COUNT, "I'd like three", "fill"),
    (COUNT, "how much is fifteen percent of eighty", "aside"),
    (COUNT, "could you repeat the question", "command assistant.repeat"),
    (COUNT, "actually make it small", "correct"),
    (COUNT, "one step back please", "command assistant.go_back"),
    (COUNT, "let me start from scratch", "command assistant.start_over"),
    (SURE, "yes please", "yes"),
    (SURE, "sounds good to me", "yes"),
    (SURE, "no thanks", "no"),
    (SURE, "no, make it seven", "correct"),
    (SURE, "I meant small", "correct"),
    (SURE, "what's the date today", "aside"),
    (SURE, "forget it", "command assistant.cancel"),
    (NOTE, "the key is under the mat", "fill"),
    (NOTE, "the meeting is at five", "fill"),
    (NOTE, "dentist at 3 pm tomorrow", "fill"),
    (NOTE, "mom's birthday is in june", "fill"),
    (NOTE, "buy milk and bread", "fill"),
    (NOTE, "what time is it", "aside"),
    (NOTE, "cancel", "command assistant.cancel"),
    (PLACE, "Tokyo and Sydney", "fill"),
    (PLACE, "who are you", "aside"),
]


def verdict(frame: Frame, text: str, understood: Understanding, skills: SkillBook) -> str:
    """What `text` is taken for."""
    request = Request(
        app="a", channel="c", message_id="m", conversation="k", user="u", kind=Kind.UTTERANCE, received_at=NOW,
        deadline=NOW + 8, text=text,
    )  # fmt: skip
    assert frame.question is not None
    heard: Verdict = hear(frame, frame.question, understood, Around(skills, values, request, NOW, "UTC"))
    return f"{heard.kind} {heard.intent}".strip() if heard.kind == "command" else heard.kind


def right(model: Model, skills: SkillBook, blind: bool = False) -> list[bool]:  # noqa: F811
    """Of each case, whether it is taken for what it is."""
    meanings = model.understand([text for _, text, _ in CASES], blind=blind)
    understood = [
        Understanding(
            one.intent,
            one.score,
            one.oos_score,
            {slot.slot: SlotValue(slot.value) for slot in one.slots},
            ranking=one.ranking,
        )
        for one in meanings
    ]
    return [
        verdict(frame, text, one, skills) == wanted
        for (frame, text, wanted), one in zip(CASES, understood, strict=True)
    ]


@pytest.fixture
def skills(book: SkillBook) -> SkillBook:  # noqa: F811
    return SkillBook([*book.loaded, lunch()])


def test_answers_commands_and_digressions_are_told_apart(model: Model, skills: SkillBook) -> None:  # noqa: F811
    wrong = [case[1:] for case, fits in zip(CASES, right(model, skills), strict=True) if not fits]
    assert not wrong


def test_a_blind_model_tells_nothing_apart(model: Model, skills: SkillBook) -> None:  # noqa: F811
    assert sum(right(model, skills, blind=True)) < 0.6 * len(CASES)
