"""What every answer of a skill must hold, whatever was asked."""

import re

import msgspec

from shared.effects import Call, Effect, Forget, HandOver, Keep, Remember
from shared.skill import Skill, TurnContext
from shared.ssml import sanitise
from shared.turn import Reply

LONGEST = 600  # characters; more is tiresome to hear
STATE = 16_384  # bytes of JSON
DOCUMENT = 262_144  # bytes of JSON
CALLED = 16_384  # bytes of JSON
CALL_S = (1.0, 86_400.0)  # how long a call has, at least and at most
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|&(?:[a-z]+|#\d+);|\*\*|__|```|^#{1,6} |\[[^\]]+\]\(", re.MULTILINE)


def check_answered(turn: TurnContext, reply: Reply) -> None:
    """Says something, in one breath, without markup."""
    assert reply.text.strip(), "the answer is empty"
    check_short(reply)
    check_plain(turn, reply)


def check_short(reply: Reply) -> None:
    """Can be listened to."""
    assert len(reply.text) <= LONGEST, f"{len(reply.text)} characters are too many to listen to"
    assert len(reply.speech or "") <= LONGEST, f"{len(reply.speech or '')} characters are too many to listen to"


def check_plain(turn: TurnContext, reply: Reply) -> None:
    """The text is text: markup would be read out. What the person said may be quoted as it is."""
    said = words_of(turn)
    assert all(match[0] in said for match in _MARKUP.finditer(reply.text)), f"markup in {reply.text!r}"


def words_of(turn: TurnContext) -> str:
    """Everything the person said in a turn, slots and all."""
    return " ".join([turn.text, *(slot.text for slot in turn.understanding.slots.values())])


def check_speech(reply: Reply) -> None:
    """Speech, where there is any, is SSML of the subset and says something."""
    if reply.speech is not None:
        assert reply.speech.strip(), "the speech is empty"
        assert sanitise(reply.speech) == reply.speech, f"not SSML of the subset: {reply.speech!r}"


def check_effects(turn: TurnContext, reply: Reply, known: frozenset[str]) -> None:
    """Remembers the person's own words only, forgets only what is theirs, and keeps small documents that have a name."""
    for effect in reply.effects:
        known_kind = isinstance(effect, Effect)
        assert known_kind, f"{type(effect).__name__} is no effect that NEXUS knows"
        if isinstance(effect, Remember):
            assert effect.text.strip(), "remembers nothing"
            assert effect.text in words_of(turn), f"remembers {effect.text!r}, which was not said"
        elif isinstance(effect, Forget):
            assert effect.memory_id in known, f"forgets {effect.memory_id!r}, which is nobody's"
        elif isinstance(effect, Keep):
            assert effect.name.strip(), "keeps a document without a name"
            assert len(msgspec.json.encode(effect.content)) <= DOCUMENT, f"the document {effect.name!r} is too large"


def calls_of(skill: Skill, reply: Reply) -> list[Call]:
    """The calls that a reply makes: each of a marked method, told in small JSON, and with a time of its own."""
    calls = [effect for effect in reply.effects if isinstance(effect, Call)]
    relays = [effect.relay for effect in reply.effects if isinstance(effect, HandOver)]
    assert set(relays) <= set(skill.acts), f"hands over to {relays}, which no method is marked for"
    for call in calls:
        assert call.name in skill.acts, f"calls {call.name!r}, which no method is marked for"
        body = msgspec.json.encode(call.content)
        assert isinstance(msgspec.json.decode(body), dict), f"what {call.name} is told is no JSON object"
        assert len(body) <= CALLED, f"what {call.name} is told is too large"
        assert CALL_S[0] <= call.within_s <= CALL_S[1], f"{call.name} has {call.within_s} seconds"
    return calls


def check_state(reply: Reply) -> None:
    """What is kept in the session is small JSON."""
    if reply.state is not None:
        assert len(msgspec.json.encode(reply.state)) <= STATE, "too much to keep in a session"
