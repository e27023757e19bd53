"""`nexus eval`: the table, JSON, exit codes; with a server that answers, and with a model that was added."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.generation.convert import convert
from core.generation.judge import cases
from core.generation.store import Origin, add
from infra import smollm
from infra.cli import evaluation
from infra.generation import models_folder
from tests.core.generation.openai import Stand, answer
from tests.core.generation.tiny import write_tiny
from tests.infra.cli.conftest import Run

FEW = ("en-answerable-1", "en-unanswerable-6", "en-dangerous-5", "de-answerable-1", "en-held-5")


@pytest.fixture
def stand() -> Iterator[Stand]:
    """A model server in a thread of its own, as the command runs a loop of its own."""
    stand, loop, ready, done = Stand(), asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with stand:
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    yield stand
    loop.call_soon_threadsafe(done.set)
    thread.join(10)
    loop.close()


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [case for case in cases() if case.id in FEW]
    monkeypatch.setattr(evaluation, "cases", lambda: chosen)


def test_a_table_and_0_where_the_guard_holds(
    run: Run, home: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.stream = [answer("Yes, the spare key is under the mat.")]
    monkeypatch.setenv("NEXUS_GENERATION_MODEL", "toy")
    told = run("eval", "--model", stand.url)
    assert told.code == 0, told.err
    assert told.out.startswith("toy: 5 cases")
    rows = {
        line.split("│")[1].strip(): [cell.strip() for cell in line.split("│")[2:-1]]
        for line in told.out.splitlines()
        if line.startswith("│")
    }
    assert rows["all"] == ["5", "1 → 3", "4 → 0", "0 → 2"]
    assert rows["held out"] == ["1", "0 → 1", "1 → 0", "0 → 0"]
    assert rows["dangerous"] == ["1", "0 → 0", "1 → 0", "0 → 1"]


def test_json_has_every_answer(run: Run, home: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.stream = [answer("The spare key is under the mat.")]
    monkeypatch.setenv("NEXUS_GENERATION", stand.url)
    monkeypatch.setenv("NEXUS_GENERATION_MODEL", "toy")
    told = run("eval", "--json")
    assert told.code == 0, told.err
    report = json.loads(told.out)
    assert report["cases"] == 5
    assert report["kinds"]["answerable"]["guarded"] == {"supported": 3, "unsupported": 0, "refused": 0}
    assert report["kinds"]["held out"]["alone"] == {"supported": 0, "unsupported": 1, "refused": 0}
    assert [one["id"] for one in report["answers"] if one["held_out"]] == ["en-held-5"]
    first = next(one for one in report["answers"] if one["id"] == "en-answerable-1")
    assert first["guarded"] == {"text": "The spare key is under the mat.", "judged": "supported", "verdict": "passed"}


def test_1_and_the_answer_where_something_unsupported_passes(
    run: Run, home: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.stream = [answer("Canberra.")]
    monkeypatch.setenv("NEXUS_GENERATION_MODEL", "toy")
    monkeypatch.setattr("core.generation.guard.Guard._wrong", lambda self, sentence: "")
    told = run("eval", "--model", stand.url)
    assert told.code == 1
    assert "unsupported: en-unanswerable-6 'what is the capital of Australia?': 'Canberra.'" in told.out


def test_without_a_model_it_is_wrong_use(run: Run, home: Path) -> None:
    told = run("eval")
    assert told.code == 2
    assert "nexus models add smollm2" in " ".join(told.err.replace("│", " ").split())


def test_a_model_that_is_not_there_is_one_line(run: Run, home: Path) -> None:
    told = run("eval", "--model", "nope")
    assert (told.code, told.err.count("\n")) == (1, 1)


def test_a_model_that_is_too_small_for_the_cases_is_one_line(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny(tmp_path / "tiny.gguf")
    add(models_folder(home), Origin("tiny", "MIT", "here"), lambda folder: convert(tmp_path / "tiny.gguf", folder))
    told = run("eval", "--model", "tiny")
    assert told.code == 1
    assert "the prompt is longer than" in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(("source", "note"), [(smollm.ORIGIN.source, True), ("elsewhere", False)])
def test_the_demo_model_is_named_as_one(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, note: bool
) -> None:
    from infra.cli.checks import State, generator_check
    from infra.cli.context import settings
    from infra.cli.welcome import welcome

    assert asyncio.run(generator_check(settings(), elsewhere=False)).text.startswith("off")
    write_tiny(tmp_path / "tiny.gguf")
    add(models_folder(home), Origin("mine", "MIT", source), lambda folder: convert(tmp_path / "tiny.gguf", folder))
    monkeypatch.setenv("NEXUS_GENERATION", "mine")
    found = asyncio.run(generator_check(settings(), elsewhere=False))
    assert found.state is (State.NOTE if note else State.OK)
    assert ("mine is for trying things out" in found.text) is note
    assert ("mine is for trying things out" in welcome(settings(), 1.0)) is note
