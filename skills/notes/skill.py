"""Notes: keeps what people ask to remember, and gives it back in their own words with when they said it.

Nothing is kept here. What is remembered belongs to the person who said it: `turn.memories` holds theirs and nobody else's.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.effects import Forget, Remember
from shared.ports import Memory
from shared.skill import Skill, TurnContext
from shared.turn import Choice, Elicit, Reply, SlotValue
from skills.notes import words
from skills.notes.when import said_when

Answer = Callable[[TurnContext], Awaitable[Reply]]

LONGEST_NOTE = 1000  # characters
READ = 2 * LONGEST_NOTE  # characters of a message that are looked at
QUOTED = 160  # characters of one note when several are told
TOLD = 3  # notes in one answer
ALL = 1000
NEAR = 0.1  # hits whose scores are this close count as equally good; then the newest comes first


class Notes(Skill):
    """Answers `notes.*`."""

    async def handle(self, turn: TurnContext) -> Reply:
        """The answer; an intent it does not know is taken as a question."""
        return await _ANSWERS.get(_meant(turn), recall)(turn)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """`note` or `topic`, word for word."""
        find = _FINDERS.get(intent)
        found = find[1](text[:READ]) if find else ""
        return {find[0]: SlotValue(found, found)} if find and found else {}


def _meant(turn: TurnContext) -> str:
    """The intent; "forget …" is never kept as a note and "remember …" never erases one, however the sentence was classified."""
    text = turn.text[:READ]
    if turn.understanding.source == "model":
        if turn.intent == "notes.remember" and words.asks_to_forget(text):
            return "notes.forget"
        if turn.intent == "notes.forget" and words.asks_to_remember(text):
            return "notes.remember"
    return turn.intent


async def remember(turn: TurnContext) -> Reply:
    """Keeps the note, and says it back so that the person hears what was understood."""
    note = _said(turn, "note", words.note_in)
    if not note:
        return _ask("What shall I remember?", "notes.remember", "note")
    if len(note) > LONGEST_NOTE:
        return Reply(text=f"That is too long to remember. I can keep up to {LONGEST_NOTE} characters in one note.")
    return Reply(text=f"I'll remember: {_sentence(_cut(note, 400))}", effects=(Remember(note),))


async def recall(turn: TurnContext) -> Reply:
    """What the person said about a topic, quoted, with when they said it."""
    topic = _said(turn, "topic", words.topic_of_question)
    if not topic:
        return _ask("What would you like to know?", "notes.recall", "topic")
    hits = _newest_of_the_best(await turn.memories.search(topic, TOLD))
    if not hits:
        return Reply(
            text=f"I have nothing noted about {_quoted(topic)}. "
            "If you tell me, I'll keep it: just say “remember that”, and then what it is."
        )
    return Reply(text=_told(turn, hits))


async def list_(turn: TurnContext) -> Reply:
    """The newest notes; only the last one when that is asked for."""
    limit = 1 if words.means_last(turn.text) else TOLD + 1
    notes = await turn.memories.recent(limit)
    if not notes:
        return Reply(
            text="You haven't asked me to remember anything yet. To start, say “remember that”, and then what it is."
        )
    if len(notes) <= TOLD:
        return Reply(text=_told(turn, notes))
    return Reply(text=f"{_told(turn, notes[:TOLD])} There are more; ask me about one of them.")


async def forget(turn: TurnContext) -> Reply:
    """Erases one note and says which; asks first where it is not sure, or where all are meant."""
    answer, waiting = turn.slot("confirm"), _waiting(turn.state)
    if answer is not None and waiting:
        return _confirmed(answer.text, waiting)
    topic = _said(turn, "topic", words.topic_to_forget)
    if words.means_all(turn.text):
        return _all_of(await turn.memories.recent(ALL))
    if words.means_last(turn.text):
        return _about(turn, "", await turn.memories.recent(1))
    if not topic:
        return _ask("Which note shall I forget?", "notes.forget", "topic")
    return _about(turn, topic, await turn.memories.search(topic, TOLD))


def _about(turn: TurnContext, topic: str, hits: list[Memory]) -> Reply:
    """Forgets the one note that is meant, or asks about it."""
    if not hits:
        about = f" about {_quoted(topic)}" if topic else ""
        return Reply(text=f"I have nothing noted{about}, so there is nothing to forget.")
    same = [hit for hit in hits if hit.text.casefold() == topic.casefold()]
    named = same[:1] or [hit for hit in hits if words.covers(topic, hit.text)]
    if len(named) == 1:
        return _forgotten(named[0])
    if len(named or hits) > 1:
        return _which(named or hits)
    quote = _told(turn, hits[:1])
    return _ask(f"{quote} Shall I forget that?", "notes.forget", "confirm", {"forget": [hits[0].id]})


def _forgotten(note: Memory) -> Reply:
    text = f"Done. I've forgotten: {_sentence(_cut(note.text, 400))}"
    return Reply(text=text, effects=(Forget(note.id),), state={})


def _which(notes: list[Memory]) -> Reply:
    """Asks which of several; each can be picked by its own words."""
    told = " ".join(_sentence(_cut(note.text)) for note in notes)
    choices = tuple(Choice(_cut(note.text, 80), note.text) for note in notes)
    question = _ask(f"I have more than one. {told} Which one shall I forget?", "notes.forget", "topic", {})
    return Reply(
        text=question.text,
        choices=choices,
        expects_answer=True,
        reprompt="Which one?",
        elicit=question.elicit,
        state={},
    )


def _all_of(notes: list[Memory]) -> Reply:
    if not notes:
        return Reply(text="I have nothing noted, so there is nothing to forget.")
    count = "the only note I have" if len(notes) == 1 else f"all {len(notes)} of your notes"
    ids = [note.id for note in notes]
    return _ask(f"Shall I forget {count}? That can't be undone.", "notes.forget", "confirm", {"forget": ids})


def _confirmed(answer: str, waiting: list[str]) -> Reply:
    if not words.agrees(answer):
        return Reply(text="All right, I've kept it.", state={})
    what = "it" if len(waiting) == 1 else "them"
    return Reply(text=f"Done. I've forgotten {what}.", effects=tuple(Forget(id_) for id_ in waiting), state={})


def _waiting(state: dict[str, object]) -> list[str]:
    ids = state.get("forget")
    return [id_ for id_ in ids if isinstance(id_, str)] if isinstance(ids, list) else []


def _said(turn: TurnContext, slot: str, find: Callable[[str], str]) -> str:
    """The slot as the person said it, else what is found in the whole utterance."""
    value = turn.slot(slot)
    if value is None:
        return find(turn.text[:READ])
    if turn.understanding.source == "dialogue":
        return find(value.text[:READ])  # an answer may repeat the command: "remember that …"
    return value.text[:READ].strip()


def _newest_of_the_best(hits: list[Memory]) -> list[Memory]:
    """Hits about as good as the best, newest first: what was said last counts."""
    if not hits:
        return []
    best = [hit for hit in hits if hit.score >= hits[0].score - NEAR]
    return sorted(best, key=lambda hit: -hit.said_at)


def _told(turn: TurnContext, notes: list[Memory]) -> str:
    """Notes quoted with when they were said: "You told me on Monday at 3 PM: the spare key is under the mat."."""
    length = 400 if len(notes) == 1 else QUOTED
    now = turn.clock.now()
    parts: list[str] = []
    for note in notes:
        when = said_when(note.said_at, now, turn.timezone, turn.locale)
        parts.append(f"{'And' if parts else 'You told me'} {when}: {_sentence(_cut(note.text, length))}")
    return " ".join(parts)


def _ask(question: str, intent: str, slot: str, state: dict[str, Any] | None = None) -> Reply:
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit(intent, slot), state=state)


def _quoted(topic: str) -> str:
    return f"“{_cut(topic, 80)}”"


def _cut(text: str, length: int = QUOTED) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."


_ANSWERS: dict[str, Answer] = {
    "notes.remember": remember,
    "notes.recall": recall,
    "notes.list": list_,
    "notes.forget": forget,
}
_FINDERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "notes.remember": ("note", words.note_in),
    "notes.recall": ("topic", words.topic_of_question),
    "notes.forget": ("topic", words.topic_to_forget),
}
