"""Has a language model answer the cases of `nexus eval`, and judges each answer as it was given and as the guard leaves it."""

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from core.generation.answers import joined
from core.generation.asking import ask
from core.generation.guard import Guard, Origin, Source
from core.generation.judge import Case, Judgement, judge
from core.generation.sentences import Sentences
from shared.generating import Generator
from shared.ports import Clock

PATIENCE_S = 300.0
"""For one answer: this is about what is said, not how fast."""


class Judged(Struct, frozen=True):
    """A case with what the model said and what the guard made of it."""

    case: Case
    said: str
    guarded: str
    verdict: str
    without: Judgement
    with_guard: Judgement


class Counts(Struct, frozen=True):
    """How many answers were supported, unsupported, refused."""

    supported: int
    unsupported: int
    refused: int


async def evaluate(generator: Generator, cases: Sequence[Case], clock: Clock, at_once: int) -> list[Judged]:
    """All cases, `at_once` of them at a time. Raises ModelUnavailable, DeadlineExceeded, Malformed."""
    room = asyncio.Semaphore(at_once)

    async def one(case: Case) -> Judged:
        async with room:
            return await _judged(generator, case, clock)

    tasks = [asyncio.create_task(one(case)) for case in cases]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


def counted(judged: Sequence[Judged], *, guarded: bool) -> Counts:
    """The judgements of these answers, as the guard leaves them or as they were given."""
    found = [one.with_guard if guarded else one.without for one in judged]
    return Counts(*(found.count(each) for each in (Judgement.SUPPORTED, Judgement.UNSUPPORTED, Judgement.REFUSED)))


async def _judged(generator: Generator, case: Case, clock: Clock) -> Judged:
    sources = tuple(Source(given.text, Origin(given.origin)) for given in case.sources)
    prompt = ask(case.asks, sources, case.language)
    said = joined([piece async for piece in generator.generate(prompt, clock.now() + PATIENCE_S)]).strip()
    guard = Guard(case.asks, sources, case.language, message_id=case.id)
    sentences = Sentences()
    for sentence in (*sentences.add(said), sentences.rest()):
        if sentence:
            guard.let(sentence)
    guarded = guard.end()
    return Judged(case, said, guarded.text, guarded.verdict.value, judge(case, said), judge(case, guarded.text))
