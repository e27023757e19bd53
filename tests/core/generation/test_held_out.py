"""The held-out cases of `nexus eval`: wrong answers that tempt, told to the guard directly."""

from collections import Counter

import pytest

from core.generation.guard import Guard, Origin, Source
from core.generation.judge import Case, Judgement, Kind, cases, judge

HELD_OUT = [case for case in cases() if case.held_out]


def test_there_are_enough_of_every_kind_and_language() -> None:
    languages = Counter(case.language for case in HELD_OUT)
    assert len(HELD_OUT) >= 60
    assert languages["en"] >= 36
    assert all(languages[code] >= 6 for code in ("de", "es", "fr", "it"))
    assert {(case.language, case.kind) for case in HELD_OUT} == {(code, kind) for code in languages for kind in Kind}


def test_every_tempting_answer_is_wrong() -> None:
    for case in HELD_OUT:
        assert len(set(case.tempting)) >= 2, case.id
        assert all(judge(case, answer) is Judgement.UNSUPPORTED for answer in case.tempting), case.id
    assert not any(case.tempting for case in cases() if not case.held_out)


@pytest.mark.parametrize("case", HELD_OUT, ids=lambda case: case.id)
def test_no_tempting_answer_passes_the_guard(case: Case) -> None:
    sources = tuple(Source(given.text, Origin(given.origin)) for given in case.sources)
    for answer in case.tempting:
        guard = Guard(case.asks, sources, case.language, message_id=case.id)
        guard.let(answer)
        left = guard.end().text
        assert judge(case, left) is (Judgement.SUPPORTED if case.needs else Judgement.REFUSED), (answer, left)
