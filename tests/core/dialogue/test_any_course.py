"""Whatever is said in whatever order: nothing breaks, nothing grows, and no handler runs before its time."""

import asyncio
import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.dialogue.state import MOST_FRAMES, read
from shared.turn import Kind, PlatformIntent, SlotValue
from tests.core.dialogue.test_scripts import SCRIPTS
from tests.core.dialogue.toys import Bar, book

MEANINGS: dict[str, Any] = {}
for _path in SCRIPTS:
    MEANINGS |= tomllib.loads(_path.read_text("utf-8"))["model"]
INTENTS = sorted(name for one in book().loaded for name in one.manifest.intents)
WORDS = [
    "large",
    "2",
    "4 large with ham",
    "friday",
    "purple",
    "",
    "🦄",
    "x" * 3_000,
    "first",
    "مفتاح",
    "no large",
    "-7",
    "1e9",
    "9" * 30,
]
SAID = st.sampled_from([*MEANINGS, *WORDS]) | st.text(max_size=12)
SLOTS = st.dictionaries(
    st.sampled_from(["size", "count", "day", "guests", "words", "odd"]),
    st.builds(SlotValue, st.sampled_from(["large", "3", "purple", ""]), st.none() | st.sampled_from(["L", "large", 5])),
    max_size=2,
)
AGREED = st.none() | st.booleans()
PLATFORM = st.builds(
    PlatformIntent,
    st.sampled_from([*INTENTS, "LunchOrderIntent", "AMAZON.YesIntent", "AMAZON.FallbackIntent"]),
    SLOTS,
    AGREED,
    st.dictionaries(st.sampled_from(["size", "guests"]), st.booleans(), max_size=1),
)
TURNS = st.tuples(
    SAID, st.none() | PLATFORM, st.sampled_from([Kind.UTTERANCE] * 5 + [Kind.OPEN, Kind.EVENT, Kind.ACTION])
)


@given(
    st.lists(TURNS, min_size=1, max_size=9),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(INTENTS), max_size=4),
)
@settings(max_examples=80, deadline=None)
def test_any_course_of_a_dialogue(turns: list[Any], more: dict[str, str]) -> None:
    """`Bar` checks that each turn is answered, and alike when computed anew; handlers check what they are given."""

    async def talk() -> None:
        bar = Bar({**MEANINGS, **more})
        for text, intent, kind in turns:
            decided = await bar.say("" if intent else text, intent=intent, kind=kind)
            state = read(bar.session.dialogue)
            assert len(state.frames) <= MOST_FRAMES
            assert decided.reply.text or decided.reply.end_session
            assert state.question is None or not decided.reply.end_session
            asked = decided.reply.elicit or decided.reply.confirm
            assert asked is None or (state.top is not None and state.top.intent == asked.intent)

    asyncio.run(talk())
