"""Metrics add up over workers and survive them."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.telemetry import metrics
from infra.telemetry.exposition import STALE_S
from infra.telemetry.metrics import Metrics
from infra.telemetry.snapshot import MODEL_PROCESS
from shared.ports import ModelState


class Clock:
    """A clock that stands."""

    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parse(text: bytes) -> Samples:
    families = text_string_to_metric_families(text.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def shown(folder: Path, now: float = 1000.0) -> Samples:
    return parse(metrics.render(folder, "9.9", now))


def count(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def test_turns_stages_and_states(tmp_path: Path) -> None:
    with Metrics(tmp_path, "web", Clock()) as one:
        one.turn("rest", "answered", 0.02, {"understand": 3.0, "record": 2.0}, ("valkey",))
        one.turn("rest", "answered", 0.03, {"understand": 4.0})
        one.turn("alexa", "failed", 11.0, {})
        one.refused("alexa", "signature_invalid")
        one.looked_up("worker")
        one.looked_up("missed")
        one.looked_up("worker")
        one.margin("rest", 0.02, late=False)
        one.margin("rest", 0.3, late=True)
        one.finished("rest", "answered")
        one.store("postgres", up=True)
        one.guarded("quoted")
        one.watch_models(lambda: ModelState("v1", ("CPUExecutionProvider",), ready=True), lambda: 3)
        samples = parse(one.render("9.9"))
    assert count(samples, "nexus_turns_total", channel="rest", outcome="answered") == 2
    assert count(samples, "nexus_turns_total", channel="alexa", outcome="failed") == 1
    assert count(samples, "nexus_refusals_total", channel="alexa", code="signature_invalid") == 1
    assert count(samples, "nexus_late_answers_total", channel="rest") == 1
    assert count(samples, "nexus_margin_seconds_sum", channel="rest") == pytest.approx(0.32)
    assert count(samples, "nexus_deferred_answers_total", channel="rest", outcome="answered") == 1
    assert count(samples, "nexus_degraded_turns_total", part="valkey") == 1
    assert count(samples, "nexus_reply_cache_lookups_total", found="worker") == 2
    assert count(samples, "nexus_reply_cache_lookups_total", found="missed") == 1
    assert count(samples, "nexus_guarded_answers_total", outcome="quoted") == 1
    assert count(samples, "nexus_stage_duration_seconds_sum", stage="understand") == pytest.approx(0.007)
    assert count(samples, "nexus_stage_duration_seconds_bucket", stage="understand", le="0.0025") == 0
    assert count(samples, "nexus_stage_duration_seconds_bucket", stage="understand", le="0.005") == 2
    assert count(samples, "nexus_turn_duration_seconds_bucket", channel="alexa", le="10.0") == 0
    assert count(samples, "nexus_turn_duration_seconds_bucket", channel="alexa", le="+Inf") == 1
    assert count(samples, "nexus_store_up", store="postgres", worker="web") == 1
    assert count(samples, "nexus_model_ready", version="v1", provider="CPUExecutionProvider", worker="web") == 1
    assert count(samples, "nexus_build_info", version="9.9") == 1
    assert count(samples, "nexus_workers") == 1


def test_models_of_a_process_of_their_own(tmp_path: Path) -> None:
    states = [ModelState("v1", ("CUDA", "CPU"), ready=True), ModelState("v2", ("CPU",), ready=False)]
    waiting = [0]
    with Metrics(tmp_path, "web", Clock()), Metrics(tmp_path, MODEL_PROCESS, Clock()) as core:
        core.watch_models(lambda: states[0], lambda: waiting[0])
        core.batch("understand", 1, 0.004)
        core.batch("understand", 32, 0.09)
        core.batch("understand", 33, 0.09)
        core.batch("encode", 2, 0.004)
        core.turned_away("encode")
        waiting[0] = 7
        core.publish()
        samples = shown(tmp_path)
        assert count(samples, "nexus_workers") == 1, "it is no web worker"
        assert count(samples, "nexus_model_ready", version="v1", provider="CUDA", worker="core") == 1
        assert count(samples, "nexus_model_waiting", worker="core") == 7
        assert count(samples, "nexus_model_refusals_total", kind="encode") == 1
        assert count(samples, "nexus_model_batch_texts_sum", kind="understand") == 66
        for most, texts in (("1", 1), ("16", 1), ("32", 2), ("+Inf", 3)):
            assert count(samples, "nexus_model_batch_texts_bucket", kind="understand", le=most) == texts
        assert count(samples, "nexus_model_batch_seconds_count", kind="encode") == 1
        states[0] = states[1]
        core.publish()
        samples = shown(tmp_path)
    assert count(samples, "nexus_model_ready", version="v2", provider="CPU", worker="core") == 0
    assert not [labels for name, labels in samples if name == "nexus_model_ready" and ("version", "v1") in labels]


def test_a_language_model(tmp_path: Path) -> None:
    states = [ModelState("phi", (), ready=False), ModelState("phi-1", ("CPU",), ready=True)]
    with Metrics(tmp_path, MODEL_PROCESS, Clock()) as core:
        core.watch_generator(lambda: states[0], lambda: (3, 5))
        core.publish()
        samples = shown(tmp_path)
        assert count(samples, "nexus_generator_ready", version="phi", provider="none", worker="core") == 0
        assert count(samples, "nexus_generated_now", state="waiting", worker="core") == 3
        assert count(samples, "nexus_generated_now", state="under_way", worker="core") == 5
        states[0] = states[1]
        core.answer_begun(0.04)
        core.answered("stop", 100, 20)
        core.answered("length", 50, 5)
        core.answered("refused", 0, 0)
        core.publish()
        samples = shown(tmp_path)
    assert count(samples, "nexus_generator_ready", version="phi-1", provider="CPU", worker="core") == 1
    assert count(samples, "nexus_generated_tokens_total", kind="answer") == 25
    assert count(samples, "nexus_generated_tokens_total", kind="prompt") == 150
    assert count(samples, "nexus_generated_answers_total", end="refused") == 1
    assert count(samples, "nexus_generation_first_seconds_count") == 1


def _work(folder: str, worker: str, turns: int, done: Event, end: Event) -> None:
    with Metrics(Path(folder), worker, Clock()) as one:
        for _ in range(turns):
            one.turn("rest", "answered", 0.01, {"record": 1.0})
        one.publish()
        done.set()
        end.wait(30)


@pytest.fixture
def worker(tmp_path: Path) -> Callable[[str, int], tuple[int, Event]]:
    """Starts a process that counts turns, and comes back once it has; gives its pid and what ends it."""
    context = multiprocessing.get_context("spawn")

    def start(name: str, turns: int) -> tuple[int, Event]:
        done, end = context.Event(), context.Event()
        process = context.Process(target=_work, args=(str(tmp_path), name, turns, done, end), daemon=True)
        process.start()
        assert done.wait(30)
        assert process.pid is not None
        return process.pid, end

    return start


def test_two_processes_add_up_and_a_killed_one_goes_on_where_it_was(
    tmp_path: Path, worker: Callable[[str, int], tuple[int, Event]]
) -> None:
    _, end = worker("web", 3)
    killed, _ = worker("web-2", 4)
    labels = {"channel": "rest", "outcome": "answered"}
    assert count(shown(tmp_path), "nexus_turns_total", **labels) == 7
    os.kill(killed, signal.SIGKILL)
    os.waitpid(killed, 0)
    assert count(shown(tmp_path), "nexus_turns_total", **labels) == 7
    _, end_2 = worker("web-2", 5)
    assert count(shown(tmp_path), "nexus_turns_total", **labels) == 12
    assert count(shown(tmp_path), "nexus_stage_duration_seconds_count", stage="record") == 12
    assert len(list(tmp_path.glob("*.metrics"))) == 2
    end.set()
    end_2.set()


def test_a_worker_that_fell_silent_keeps_its_counts_and_loses_its_states(tmp_path: Path) -> None:
    with Metrics(tmp_path, "web", Clock()) as one:
        one.turn("rest", "answered", 0.1, {})
        one.store("postgres", up=True)
    late = shown(tmp_path, now=1000.0 + STALE_S + 1)
    assert count(late, "nexus_workers") == 0
    assert count(late, "nexus_turns_total", channel="rest", outcome="answered") == 1
    assert not any(name == "nexus_store_up" for name, _ in late)


def test_labels_are_bounded(tmp_path: Path) -> None:
    with Metrics(tmp_path, "web", Clock()) as one:
        for number in range(metrics.SERIES + 50):
            one.refused(f"c{number}", "x")
            one.turn("rest", "answered", 0.1, {f"s{number}": 1.0})
    samples = shown(tmp_path)
    assert count(samples, "nexus_refusals_total", channel="other", code="other") == 50
    assert count(samples, "nexus_stage_duration_seconds_count", stage="other") == 50


def test_a_file_of_another_form_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "web.metrics").write_bytes(b"\x93\x01")
    with Metrics(tmp_path, "web", Clock()) as one:
        one.refused("rest", "malformed")
    assert count(shown(tmp_path), "nexus_refusals_total", channel="rest", code="malformed") == 1


def test_clear(tmp_path: Path) -> None:
    with Metrics(tmp_path, "web", Clock()) as one:
        one.refused("rest", "malformed")
    metrics.clear(tmp_path)
    assert list(tmp_path.glob("*.metrics")) == []


def test_the_outbox_is_counted_by_all_and_what_waits_is_told_by_the_newest(tmp_path: Path) -> None:
    with Metrics(tmp_path, "web", Clock(999.0)) as one, Metrics(tmp_path, "web-2", Clock(1000.0)) as other:
        one.delivery("sms", "sent")
        other.delivery("sms", "sent")
        other.delivery("sms", "failed")
        one.waiting({"sms": 7})
        other.waiting({"sms": 3, "pager": 1})
        other.waiting({"sms": 2})
        one.publish()
        samples = parse(other.render("9.9"))
    assert count(samples, "nexus_outbox_attempts_total", channel="sms", state="sent") == 2
    assert count(samples, "nexus_outbox_attempts_total", channel="sms", state="failed") == 1
    assert count(samples, "nexus_outbox_waiting", channel="sms") == 2
    assert count(samples, "nexus_outbox_waiting", channel="pager") == 0
