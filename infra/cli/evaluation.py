"""`nexus eval`: what a language model says of cases with known facts, and what its guard lets through."""

import asyncio

import msgspec
import typer
from msgspec.structs import replace
from rich.table import Table

from core.generation.evaluation import Counts, Judged, counted, evaluate
from core.generation.judge import Judgement, Kind, cases
from infra.cli.tables import show
from infra.generation import OFF, open_alone
from infra.settings import Settings
from infra.system import SystemClock

HELD_OUT = "held out"


def run(settings: Settings, model: str | None, *, as_json: bool) -> int:
    """Print how the model does; the exit code, 1 if something unsupported passed the guard.

    Raises ModelInvalid, SettingsInvalid, ModelUnavailable.
    """
    chosen = replace(settings, generation=model or settings.generation)
    if chosen.generation == OFF:
        raise typer.BadParameter(
            "no language model is chosen: name one, such as smollm2 after `nexus models add smollm2`",
            param_hint="--model",
        )
    version, judged = asyncio.run(_judged(chosen))
    if as_json:
        print(msgspec.json.encode(_report(version, judged)).decode())
    else:
        _print(version, judged)
    return 1 if counted(judged, guarded=True).unsupported else 0


async def _judged(settings: Settings) -> tuple[str, list[Judged]]:
    clock = SystemClock()
    async with open_alone(settings, clock) as generator:
        judged = await evaluate(generator, cases(), clock, settings.generation_slots)
        return generator.state().version, judged


def _print(version: str, judged: list[Judged]) -> None:
    """A table of counts, and the answers that convict the guard."""
    table = Table("", "cases", *Judgement, caption="alone → with its guard")
    for name, some in _groups(judged).items():
        alone, guarded = counted(some, guarded=False), counted(some, guarded=True)
        table.add_row(name, str(len(some)), *map(" → ".join, zip(_row(alone), _row(guarded), strict=True)))
    print(f"{version}: {len(judged)} cases")
    show(table)
    for one in judged:
        if one.with_guard is Judgement.UNSUPPORTED:
            print(f"unsupported: {one.case.id} {one.case.asks!r}: {one.guarded!r}")


def _groups(judged: list[Judged]) -> dict[str, list[Judged]]:
    """The cases by kind; of these, those that the guard was not made with; all."""
    kinds = {kind.value: [one for one in judged if one.case.kind is kind] for kind in Kind}
    return {**kinds, HELD_OUT: [one for one in judged if one.case.held_out], "all": judged}


def _row(counts: Counts) -> tuple[str, ...]:
    return str(counts.supported), str(counts.unsupported), str(counts.refused)


def _report(version: str, judged: list[Judged]) -> dict[str, object]:
    """Counts by kind, and every answer."""
    kinds = {
        name: {"alone": counted(some, guarded=False), "guarded": counted(some, guarded=True)}
        for name, some in _groups(judged).items()
    }
    answers = [
        {
            "id": one.case.id,
            "kind": one.case.kind,
            "held_out": one.case.held_out,
            "asks": one.case.asks,
            "alone": {"text": one.said, "judged": one.without},
            "guarded": {"text": one.guarded, "judged": one.with_guard, "verdict": one.verdict},
        }
        for one in judged
    ]
    return {"model": version, "cases": len(judged), "kinds": kinds, "answers": answers}
