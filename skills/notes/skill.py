"""Notes: keeps what people ask to remember, and gives it back in their own words with when they said it.

Nothing is kept here. What is remembered belongs to the person who said it: `turn.memories` holds theirs and nobody else's.
"""

from collections.abc import Callable

from msgspec.structs import replace

from shared.effects import Forget, Remember
from shared.ports import Memory
from shared.skill import Skill, TurnContext, confirm, intent
from shared.turn import Choice, Confirm, Elicit, Reply, SlotValue
from skills.notes import words
from skills.notes.when import said_when

LONGEST_NOTE = 1000  # characters
READ = 2 * LONGEST_NOTE  # characters of a message that are looked at
QUOTED = 160  # characters of one note when several are told
TOLD = 3  # notes in one answer
ALL = 1000
NEAR = 0.1  # hits whose scores are this close count as equally good; then the newest comes first


class Notes(Skill):
    """Answers `notes.*`."""

    @intent("notes.remember")
    async def remember(self, turn: TurnContext) -> Reply:
        """Keeps a note."""
        return remember(turn)

    @intent("notes.recall")
    async def recall(self, turn: TurnContext) -> Reply:
        """Gives back what was said about a topic."""
        return await recall(turn)

    @intent("notes.list")
    async def list(self, turn: TurnContext) -> Reply:
        """Gives back the newest notes."""
        return await list_(turn)

    @confirm("notes.forget")
    async def ask_to_forget(self, turn: TurnContext) -> Reply:
        """Says which note is meant, and asks."""
        return await which_to_forget(turn)

    @intent("notes.forget")
    async def forget(self, turn: TurnContext) -> Reply:
        """Erases what the person agreed to."""
        return await forget(turn)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """`note` or `topic`, word for word."""
        find = _FINDERS.get(intent)
        found = find[1](text[:READ]) if find else ""
        return {find[0]: SlotValue(found, found)} if find and found else {}


def remember(turn: TurnContext) -> Reply:
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


async def which_to_forget(turn: TurnContext) -> Reply:
    """The question before something is erased: says which notes they are, or asks which one is meant."""
    topic = _said(turn, "topic", words.topic_to_forget)
    hits = await _meant(turn, topic)
    if not hits:
        about = f" about {_quoted(topic)}" if topic and not _means_several(turn, topic) else ""
        return Reply(text=f"I have nothing noted{about}, so there is nothing to forget.")
    if words.means_all(turn.text) or words.means_all(topic):
        count = "the only note I have" if len(hits) == 1 else f"all {len(hits)} of your notes"
        return _shall_i(f"Shall I forget {count}? That can't be undone.", topic, hits)
    if len(hits) > 1:
        return _which(hits)
    return _shall_i(f"{_told(turn, hits)} Shall I forget that?", topic, hits)


async def forget(turn: TurnContext) -> Reply:
    """Erases what was agreed to. Where a platform asked in our place, it is looked for now, and has to be one note."""
    topic = _said(turn, "topic", words.topic_to_forget)
    ids = _agreed(turn.state, topic)
    if not ids:
        hits = await _meant(turn, topic)
        if len(hits) != 1:
            return _which(hits) if hits else Reply(text=f"I have nothing noted about {_quoted(topic)}.")
        ids = [hits[0].id]
    what = "it" if len(ids) == 1 else "them"
    return Reply(text=f"Done. I've forgotten {what}.", effects=tuple(Forget(id_) for id_ in ids), state={})


async def _meant(turn: TurnContext, topic: str) -> list[Memory]:
    """The notes that shall be forgotten: the one that is meant, or those it could be."""
    if words.means_all(turn.text) or words.means_all(topic):
        return await turn.memories.recent(ALL)
    if words.means_last(turn.text) or words.means_last(topic):
        return await turn.memories.recent(1)
    hits = await turn.memories.search(topic, TOLD) if topic else []
    same = [hit for hit in hits if hit.text.casefold() == topic.casefold()]
    named = same[:1] or [hit for hit in hits if words.covers(topic, hit.text)]
    return named or hits


def _means_several(turn: TurnContext, topic: str) -> bool:
    return any(means(text) for means in (words.means_all, words.means_last) for text in (turn.text, topic))


def _shall_i(question: str, topic: str, notes: list[Memory]) -> Reply:
    """Asks for a yes, and keeps what it is about."""
    return Reply(
        text=question,
        reprompt="Shall I forget it?" if len(notes) == 1 else "Shall I forget them?",
        expects_answer=True,
        confirm=Confirm("notes.forget"),
        state={"forget": [note.id for note in notes], "topic": topic},
    )


def _which(notes: list[Memory]) -> Reply:
    """Asks which of several; each can be picked by its own words."""
    told = " ".join(_sentence(_cut(note.text)) for note in notes[:TOLD])
    choices = tuple(Choice(_cut(note.text, 80), note.text) for note in notes[:TOLD])
    question = _ask(f"I have more than one. {told} Which one shall I forget?", "notes.forget", "topic")
    return replace(question, choices=choices, reprompt="Which one?", state={})


def _agreed(state: dict[str, object], topic: str) -> list[str]:
    """The notes that the last question was about, if it was about this topic."""
    ids = state.get("forget") if state.get("topic") == topic else None
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


def _ask(question: str, intent: str, slot: str) -> Reply:
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit(intent, slot))


def _quoted(topic: str) -> str:
    return f"“{_cut(topic, 80)}”"


def _cut(text: str, length: int = QUOTED) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."


_FINDERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "notes.remember": ("note", words.note_in),
    "notes.recall": ("topic", words.topic_of_question),
    "notes.forget": ("topic", words.topic_to_forget),
}
