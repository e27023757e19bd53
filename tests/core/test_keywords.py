"""STOP, START and HELP before everything else, and what they leave alone."""

from typing import Any

import pytest

from core.dialogue.state import Frame, Question, State, stored
from core.keywords import ruling
from shared.turn import Keyword, Outcome, PlatformIntent, Request, Session
from shared.wording import wording
from tests.core.test_engine import CANCELLED, House

STOP, START, HELP = Keyword("stop"), Keyword("start"), Keyword("help")
CANCEL, YES = Keyword("stop", ordinary=True), Keyword("start", ordinary=True)
ASKED = Session(1, dialogue=stored(State((Frame("counter.name", question=Question("slot", "name")),))))
OPEN = Session(1)


class Phone:
    """Somebody with a telephone."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._count = 0

    async def text(self, text: str, keyword: Keyword | None = None, **more: Any) -> tuple[Outcome, str]:
        """Outcome and answer."""
        self._count += 1
        values = {"channel": "sms", "opt_out": True, "keyword": keyword, **more}
        turn = await self.house.engine.run(self.house.request(text, f"p{self._count}", **values))
        assert turn.reply is not None
        return turn.outcome, turn.reply.text


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def ann(house: House) -> Phone:
    return Phone(house)


@pytest.mark.parametrize(
    ("keyword", "session", "opted_out", "outcome", "consent"),
    [
        (None, OPEN, False, None, None),
        (None, OPEN, True, Outcome.REFUSED, None),
        (STOP, OPEN, False, Outcome.ANSWERED, False),
        (STOP, ASKED, False, Outcome.ANSWERED, False),
        (STOP, OPEN, True, Outcome.REFUSED, None),
        (START, OPEN, True, Outcome.ANSWERED, True),
        (START, OPEN, False, Outcome.ANSWERED, True),
        (HELP, OPEN, False, Outcome.ANSWERED, None),
        (HELP, ASKED, True, Outcome.ANSWERED, None),
        (CANCEL, ASKED, False, None, None),
        (CANCEL, OPEN, False, Outcome.ANSWERED, False),
        (CANCEL, ASKED, True, Outcome.REFUSED, None),
        (YES, ASKED, False, None, None),
        (YES, OPEN, False, Outcome.ANSWERED, True),
        (YES, ASKED, True, Outcome.ANSWERED, True),
    ],
)
def test_what_the_rules_say(
    house: House,
    keyword: Keyword | None,
    session: Session,
    opted_out: bool,
    outcome: Outcome | None,
    consent: bool | None,
) -> None:
    request: Request = house.request("…", keyword=keyword, opt_out=True)
    ruled = ruling(request, session, opted_out)
    assert (ruled and ruled.outcome) == outcome
    assert (ruled and ruled.consent) == consent


async def test_stop_silences_until_start(house: House, ann: Phone) -> None:
    assert await ann.text("count") == (Outcome.ANSWERED, "1")
    assert await ann.text("STOP", STOP) == (Outcome.ANSWERED, wording("stopped", "en"))
    house.sessions.flush()
    for text, keyword in (("count", None), ("STOP", STOP), ("", None)):
        assert await ann.text(text, keyword) == (Outcome.REFUSED, "")
    assert house.turns.records[-1].turn.reason == "opted out"
    assert await ann.text("HELP", HELP) == (Outcome.ANSWERED, wording("keyword_help", "en"))
    assert await ann.text("START", START) == (Outcome.ANSWERED, wording("started", "en"))
    assert await ann.text("count") == (Outcome.ANSWERED, "2"), "what was refused was not done"


async def test_consent_is_by_channel_and_asked_for_only_where_there_is_one(house: House, ann: Phone) -> None:
    await ann.text("STOP", STOP)
    assert await house.say("count", "m1") == "1"
    house.turns.opted_out = None  # type: ignore[method-assign, assignment]
    assert await house.say("count", "m2") == "2"


async def test_words_of_the_carrier_and_of_the_app(ann: Phone) -> None:
    assert await ann.text("HELP", Keyword("help", reply="Call 555.")) == (Outcome.ANSWERED, "Call 555.")
    for keyword in (Keyword("help", carrier_answers=True, reply="x"), Keyword("stop", carrier_answers=True)):
        assert await ann.text("…", keyword) == (Outcome.ANSWERED, "")
    assert await ann.text("count") == (Outcome.REFUSED, "")


async def test_keywords_need_no_model(house: House, ann: Phone) -> None:
    house.model.broken = True
    assert await ann.text("STOP", STOP) == (Outcome.ANSWERED, wording("stopped", "en"))


async def test_an_open_question_survives_keywords_and_silence(ann: Phone) -> None:
    assert await ann.text("name") == (Outcome.ANSWERED, "Which name?")
    await ann.text("HELP", HELP)
    await ann.text("STOP", STOP)
    await ann.text("Bob")
    await ann.text("START", START)
    assert await ann.text("Ann") == (Outcome.ANSWERED, "Hello Ann")


async def test_ordinary_words_answer_an_open_question(ann: Phone) -> None:
    await ann.text("name")
    assert await ann.text("YES", YES) == (Outcome.ANSWERED, "Hello YES")
    assert await ann.text("YES", YES) == (Outcome.ANSWERED, wording("started", "en"))
    await ann.text("name")
    assert (await ann.text("cancel", CANCEL))[1] in CANCELLED
    assert await ann.text("cancel", CANCEL) == (Outcome.ANSWERED, wording("stopped", "en"))


async def test_a_keyword_comes_before_the_platforms_intent(ann: Phone) -> None:
    answer = await ann.text("STOP", STOP, intent=PlatformIntent("counter.count"))
    assert answer == (Outcome.ANSWERED, wording("stopped", "en"))


async def test_a_repeated_stop_is_one_consent(house: House, ann: Phone) -> None:
    request = house.request("STOP", "same", channel="sms", opt_out=True, keyword=STOP)
    first = await house.engine.run(request)
    await ann.text("START", START)
    assert await house.engine.run(request) == first
    assert await ann.text("count") == (Outcome.ANSWERED, "1")
