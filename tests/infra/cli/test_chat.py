"""`nexus chat` with an answer that takes longer than its budget."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.cli.chat import answered
from shared.wording import wordings
from tests.core.deferring.house import House, play, said


def test_what_takes_long_is_waited_for_with_a_word_in_between(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario(house: House) -> None:
        parts = cast(Any, SimpleNamespace(engine=house.engine))
        assert said(await answered(parts, house.request("slow"))) == "It is slow."
        patience, holding = capsys.readouterr().out.splitlines()
        assert patience in wordings("one_moment", "en")
        assert holding in wordings("answer_written", "en")
        assert house.state == "told"
        assert said(await answered(parts, house.request("quick"))) == "Quick."

    play(scenario)
