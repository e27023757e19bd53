"""The model process is killed while people talk: each message is answered once, and what needs no model all the while."""

import asyncio
import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from infra.cli.checks import State, models_check
from infra.settings import load
from tests.integration.conftest import Nexus, until
from tests.integration.test_turns import somebody, stored_turns

TALKERS = 12
SECONDS = 6.0
HANGING_S = 8.0
"""What Alexa waits: nobody is answered later because the models hang."""


def _part(nexus: Nexus, name: str = "model") -> dict[str, object]:
    with nexus.client() as client:
        found: dict[str, object] = client.get("/readyz").json()["parts"][name]
    return found


def _degraded(nexus: Nexus) -> float:
    """How many turns went without the models, by the metrics."""
    with nexus.client() as client:
        families = text_string_to_metric_families(client.get("/metrics").text)
    return sum(one.value for family in families for one in family.samples if one.labels.get("part") == "model")


def _talk(nexus: Nexus, user: str, until_s: float) -> list[tuple[str, httpx.Response]]:
    """One person's messages, one after the other, each something new."""
    said: list[tuple[str, httpx.Response]] = []
    for number in count():
        if time.monotonic() > until_s:
            return said
        message_id = f"{user}-{number}"
        said.append((message_id, nexus.say(f"what is {number} plus {len(user)}", user, message_id)))
    return said


def test_no_turn_is_lost_or_answered_twice_when_the_model_process_is_killed(nexus: Nexus) -> None:
    before, workers = stored_turns(nexus), [nexus.pid("web"), nexus.pid("web-2")]
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(TALKERS) as pool:
        talks = [pool.submit(_talk, nexus, somebody(), end) for _ in range(TALKERS)]
        for _ in range(2):
            time.sleep(SECONDS / 4)
            nexus.kill("core")
        said = [one for talk in talks for one in talk.result()]
    statuses = Counter(response.status_code for _, response in said)
    assert set(statuses) <= {200, 503}, statuses
    assert statuses[503] <= 2 * TALKERS, statuses  # whoever had to wait too long was told so, once a death
    assert {response.json()["outcome"] for _, response in said} <= {"answered", "failed"}
    assert stored_turns(nexus) - before == len(said)
    with nexus.client() as client:
        for message_id, response in said[:: max(1, len(said) // 50)]:
            assert client.get(f"/v1/messages/{message_id}").content == response.content
    until(lambda: _part(nexus)["ok"], 60)
    assert [nexus.pid("web"), nexus.pid("web-2")] == workers
    assert "42" in nexus.text("what is 40 plus 2", somebody())


def test_while_there_is_no_model_process_what_needs_none_is_answered(nexus: Nexus) -> None:
    user, degraded = somebody(), _degraded(nexus)
    nexus.text("what time is it in Lima?", user)  # one worker is told, and both know it then
    core = nexus.pid("core")
    os.kill(core, signal.SIGSTOP)  # there, and answering nothing: nobody starts another
    try:
        until(lambda: not _part(nexus)["ok"])
    finally:
        os.kill(core, signal.SIGKILL)
    alexa = nexus.alexa()
    for sentence in ("help", "no thanks", "goodbye"):
        assert nexus.say(sentence, user).json()["outcome"] == "answered"
    answers = [nexus.say("what time is it in Lima?", user).json() for _ in range(8)]
    assert {answer["outcome"] for answer in answers} == {"answered"}
    assert alexa.launch().text
    until(lambda: _part(nexus)["ok"], 60)
    assert "42" in nexus.text("what is 40 plus 2", somebody())
    until(lambda: _degraded(nexus) >= degraded + 3)


@pytest.mark.slow
def test_a_model_process_that_hangs_is_replaced_and_people_are_answered_meanwhile(nexus: Nexus) -> None:
    until(lambda: _part(nexus)["ok"], 60)
    core, degraded = nexus.pid("core"), _degraded(nexus)
    os.kill(core, signal.SIGSTOP)
    began = time.monotonic()
    for sentence in ("help", "no thanks", "what can you do", "goodbye"):
        asked = time.monotonic()
        assert nexus.say(sentence, somebody()).json()["outcome"] == "answered"
        assert time.monotonic() - asked < HANGING_S
    until(lambda: nexus.home.pid_file("core").exists() and nexus.pid("core") != core, 40)
    assert time.monotonic() - began > 10, "slowness is no reason"
    until(lambda: _part(nexus)["ok"], 60)
    assert "42" in nexus.text("what is 40 plus 2", somebody())
    until(lambda: _degraded(nexus) >= degraded + 4)


def test_metrics_tell_of_the_models(nexus: Nexus) -> None:
    until(lambda: _part(nexus)["ok"], 60)
    nexus.text("what is 7 plus 12", somebody())

    def told() -> str:
        with nexus.client() as client:
            return client.get("/metrics").text

    lines = (
        'nexus_model_batch_texts_count{kind="understand"}',
        "nexus_model_batch_seconds_sum{",
        'nexus_model_waiting{worker="core"}',
        'worker="core"} 1.0',
        'worker="web-2"} 1.0',
    )
    until(lambda: all(line in told() for line in lines))
    found = told()
    assert "nexus_workers 2.0" in found
    assert 'provider="CPUExecutionProvider"' in found


def test_doctor_asks_the_models_of_the_running_nexus(nexus: Nexus) -> None:
    until(lambda: _part(nexus)["ok"], 60)
    check = asyncio.run(models_check(load({"NEXUS_HOME": str(nexus.home.root)}, nexus.home.root)))
    assert check.state is State.OK
    assert "CPUExecutionProvider, in a process of their own, which answers" in check.text
