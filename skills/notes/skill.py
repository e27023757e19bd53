"""Notes: keeps what people ask to remember, and gives it back in their own words with when they said it.

Nothing is kept here. What is remembered belongs to the person who said it: `turn.memories` holds theirs and nobody else's.
"""

from collections.abc import Callable

from babel.numbers import format_decimal
from msgspec.structs import replace

from shared.effects import Forget, Remember
from shared.ports import Memory
from shared.skill import Skill, TurnContext, confirm, intent
from shared.turn import Choice, Confirm, Elicit, Reply, SlotValue
from skills.notes.when import babel_locale, said_when
from skills.notes.words import Words, words_of

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
        """`note` or `topic`, word for word, where the sentence is of a known shape; else they are the tagger's to find."""
        name = "note" if intent == "notes.remember" else "topic"
        find = _finders(words_of(locale)).get(intent)
        found = find(text[:READ]) if find else ""
        return {name: SlotValue(found, found)} if found else {}


def remember(turn: TurnContext) -> Reply:
    """Keeps the note, and says it back so that the person hears what was understood."""
    note = _note(turn)
    if not note:
        return _ask(turn.say("ask_note"), "notes.remember", "note")
    if len(note) > LONGEST_NOTE:
        return Reply(text=turn.say("too_long", limit=LONGEST_NOTE))
    return Reply(text=turn.say(_key(turn, "kept", note), note=_sentence(_cut(note, 400))), effects=(Remember(note),))


async def recall(turn: TurnContext) -> Reply:
    """What the person said about a topic, quoted, with when they said it."""
    topic = _topic(turn, words_of(turn.locale).topic_of_question)
    if not topic:
        return _ask(turn.say("ask_topic"), "notes.recall", "topic")
    hits = _newest_of_the_best(await turn.memories.search(topic, TOLD))
    if not hits:
        return Reply(text=turn.say("nothing_about", topic=_cut(topic, 80)))
    return Reply(text=_told(turn, hits))


async def list_(turn: TurnContext) -> Reply:
    """The newest notes; only the last one when that is asked for."""
    limit = 1 if words_of(turn.locale).means_last(turn.text) else TOLD + 1
    notes = await turn.memories.recent(limit)
    if not notes:
        return Reply(text=turn.say("nothing_yet"))
    if len(notes) <= TOLD:
        return Reply(text=_told(turn, notes))
    return Reply(text=f"{_told(turn, notes[:TOLD])} {turn.say('more')}")


async def which_to_forget(turn: TurnContext) -> Reply:
    """The question before something is erased: says which notes they are, or asks which one is meant."""
    topic = _topic(turn, words_of(turn.locale).topic_answered)
    hits = await _meant(turn, topic)
    if not hits:
        about = bool(topic) and not _means_several(turn, topic)
        return Reply(text=turn.say("nothing_to_forget_about" if about else "nothing_to_forget", topic=_cut(topic, 80)))
    if _means_all(turn, topic):
        count = format_decimal(len(hits), locale=babel_locale(turn.locale))
        return _shall_i(turn, turn.say("forget_only" if len(hits) == 1 else "forget_all", count=count), topic, hits)
    if len(hits) > 1:
        return _which(turn, hits)
    return _shall_i(turn, turn.say("forget_this", told=_told(turn, hits)), topic, hits)


async def forget(turn: TurnContext) -> Reply:
    """Erases what was agreed to. Where a platform asked in our place, it is looked for now, and has to be one note."""
    topic = _topic(turn, words_of(turn.locale).topic_answered)
    ids = _agreed(turn.state, topic)
    if not ids:
        hits = await _meant(turn, topic)
        if len(hits) != 1:
            return _which(turn, hits) if hits else Reply(text=turn.say("unknown", topic=_cut(topic, 80)))
        ids = [hits[0].id]
    text = turn.say("forgot_one" if len(ids) == 1 else "forgot_many")
    return Reply(text=text, effects=tuple(Forget(id_) for id_ in ids), state={})


async def _meant(turn: TurnContext, topic: str) -> list[Memory]:
    """The notes that shall be forgotten: the one that is meant, or those it could be."""
    words = words_of(turn.locale)
    if _means_all(turn, topic):
        return await turn.memories.recent(ALL)
    if words.means_last(turn.text) or words.means_last(topic):
        return await turn.memories.recent(1)
    hits = await turn.memories.search(topic, TOLD) if topic else []
    same = [hit for hit in hits if hit.text.casefold() == topic.casefold()]
    named = same[:1] or [hit for hit in hits if words.covers(topic, hit.text)]
    return named or hits


def _means_all(turn: TurnContext, topic: str) -> bool:
    words = words_of(turn.locale)
    return words.means_all(turn.text) or words.means_all(topic)


def _means_several(turn: TurnContext, topic: str) -> bool:
    words = words_of(turn.locale)
    return _means_all(turn, topic) or words.means_last(turn.text) or words.means_last(topic)


def _shall_i(turn: TurnContext, question: str, topic: str, notes: list[Memory]) -> Reply:
    """Asks for a yes, and keeps what it is about."""
    return Reply(
        text=question,
        reprompt=turn.say("shall_i_one" if len(notes) == 1 else "shall_i_many"),
        expects_answer=True,
        confirm=Confirm("notes.forget"),
        state={"forget": [note.id for note in notes], "topic": topic},
    )


def _which(turn: TurnContext, notes: list[Memory]) -> Reply:
    """Asks which of several; each can be picked by its own words."""
    told = " ".join(_sentence(_cut(note.text)) for note in notes[:TOLD])
    choices = tuple(Choice(_cut(note.text, 80), note.text) for note in notes[:TOLD])
    question = _ask(turn.say("which", notes=told), "notes.forget", "topic")
    return replace(question, choices=choices, reprompt=turn.say("which_again"), state={})


def _agreed(state: dict[str, object], topic: str) -> list[str]:
    """The notes that the last question was about, if it was about this topic."""
    ids = state.get("forget") if state.get("topic") == topic else None
    return [id_ for id_ in ids if isinstance(id_, str)] if isinstance(ids, list) else []


def _note(turn: TurnContext) -> str:
    """The note in the person's own words, whoever found it."""
    value, words = turn.slot("note"), words_of(turn.locale)
    if value is None:
        return words.note_in(turn.text[:READ])
    if turn.understanding.source == "dialogue":
        return words.note_answered(value.text[:READ])  # an answer may repeat the command: "remember that …"
    return words.note_from(value.text[:READ].strip(), turn.text[:READ])


def _topic(turn: TurnContext, read: Callable[[str], str]) -> str:
    """The topic as the person said it, else what `read` finds in the whole utterance."""
    value = turn.slot("topic")
    if value is None:
        return read(turn.text[:READ])
    if turn.understanding.source == "dialogue":
        return read(value.text[:READ]) or value.text[:READ].strip()
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
        when = said_when(note.said_at, now, turn.timezone, turn.locale, turn.say)
        key = _key(turn, "and_told" if parts else "told", note.text)
        parts.append(turn.say(key, when=when, note=_sentence(_cut(note.text, length))))
    return " ".join(parts)


def _key(turn: TurnContext, key: str, note: str) -> str:
    """The wording for a note: that for clauses ("…, dass der Schlüssel unter der Matte liegt") where the language has one."""
    clause = f"{key}_clause"
    return clause if clause in turn.answers and words_of(turn.locale).is_clause(note) else key


def _ask(question: str, intent: str, slot: str) -> Reply:
    return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit(intent, slot))


def _cut(text: str, length: int = QUOTED) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."


def _finders(words: Words) -> dict[str, Callable[[str], str]]:
    return {
        "notes.remember": words.note_in,
        "notes.recall": words.topic_of_question,
        "notes.forget": words.topic_to_forget,
    }
