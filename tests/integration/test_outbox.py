"""Answers that go out through a platform's API, from a whole NEXUS with two workers: once each, in order, whatever dies."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import pytest

from shared.channel import Receipt
from shared.wording import wording
from tests.integration.api import Api, serve
from tests.integration.conftest import Nexus, until
from tests.integration.pager.adapter import KEY, Message
from tests.integration.test_turns import kill_both_workers, kill_postgres, kill_valkey, somebody

_numbers = itertools.count(1)


@pytest.fixture(scope="module", name="running_api")
def run_api(nexus: Nexus) -> Iterator[Api]:
    with serve(nexus.home.root / "plugins" / "pager") as api:
        yield api


@pytest.fixture
def api(running_api: Api) -> Iterator[Api]:
    """The API, working well at first and at last."""
    running_api.status = 200
    yield running_api
    running_api.status = 200


class Texter:
    """Somebody with a pager."""

    def __init__(self, nexus: Nexus, api: Api) -> None:
        self.name = somebody()
        self._nexus, self._api = nexus, api

    def post(self, text: str, message_id: str | None = None) -> httpx.Response:
        """Say something, on a connection of its own."""
        said = message_id or f"{self.name}-{next(_numbers)}"
        return post(self._nexus, {"id": said, "sender": self.name, "text": text})

    def say(self, text: str) -> str:
        """Say something: the outcome."""
        response = self.post(text)
        assert response.status_code == 202, response.text
        return response.text

    def hear(self, count: int) -> list[str]:
        """What came in all, once it is `count` messages."""
        until(lambda: len(self.heard) >= count)
        return self.heard

    @property
    def heard(self) -> list[str]:
        """What came so far."""
        return self._api.texts(self.name)


def post(nexus: Nexus, body: dict[str, object] | Message, place: str = "") -> httpx.Response:
    """One request of the pager's platform."""
    content = msgspec.json.encode(body)
    headers = {"x-pager-key": KEY}
    with httpx.Client(timeout=20) as client:
        return client.post(f"{nexus.url}/channels/pager{place}", content=content, headers=headers)


@pytest.fixture
def ann(nexus: Nexus, api: Api) -> Texter:
    return Texter(nexus, api)


def metric(nexus: Nexus, name: str) -> float:
    """A metric's value; 0 where it is not told."""
    with nexus.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


def states(nexus: Nexus, api: Api, name: str) -> list[str]:
    """The states of what went to somebody, as stored."""
    with nexus.database() as connection:
        rows = connection.execute("select outgoing_id, state from outbox").fetchall()
    found = {str(outgoing_id): str(state) for outgoing_id, state in rows}
    return [found[reference] for reference in api.references(name)]


def test_the_answer_goes_out_once_however_often_the_message_comes(ann: Texter) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ann.post("what is seven times six", f"{ann.name}-same"), range(16)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, "answered")}
    assert "42" in ann.hear(1)[0]
    ann.say("what is two plus two")
    assert len(ann.hear(2)) == 2, "and in between came nothing else"


def test_while_the_api_is_down_answers_wait_and_then_come_in_order_though_the_stores_die_too(
    nexus: Nexus, api: Api, ann: Texter
) -> None:
    api.status = 500
    sums = [f"what is {n} plus 100" for n in (1, 2, 3, 4)]
    assert {ann.say(text) for text in sums} == {"answered"}
    until(lambda: len([one for one in api.tried if one[0] == ann.name]) >= 2)
    assert len({text for to, text, _ in api.tried if to == ann.name}) == 1, "only the first one is tried"
    until(lambda: metric(nexus, 'nexus_outbox_waiting{channel="pager"}') >= 4)
    kill_postgres(nexus)
    kill_valkey(nexus)
    api.status = 200
    assert ["101" in ann.hear(4)[0], "102" in ann.heard[1], "103" in ann.heard[2], "104" in ann.heard[3]] == [True] * 4
    until(lambda: metric(nexus, 'nexus_outbox_attempts_total{channel="pager",state="later"}') >= 2)


def test_a_worker_killed_between_commit_and_delivery_leaves_the_rest_to_the_other(
    nexus: Nexus, api: Api, ann: Texter
) -> None:
    api.status = 500
    ann.say("what is 1 plus 200")
    until(lambda: any(to == ann.name for to, _, _ in api.tried))
    workers = [nexus.pid("web"), nexus.pid("web-2")]
    (nexus.home.root / "plugins" / "pager" / "die").touch()
    with pytest.raises(httpx.TransportError):
        ann.post("what is 2 plus 200", f"{ann.name}-killed")
    api.status = 200
    first, second = ann.hear(2)
    assert "201" in first
    assert "202" in second
    until(lambda: [nexus.pid("web"), nexus.pid("web-2")] != workers)
    again = ann.post("what is 2 plus 200", f"{ann.name}-killed")  # as its platform would: nobody answered
    assert (again.status_code, again.text) == (202, "answered")
    ann.say("what is 3 plus 200")
    assert len(ann.hear(3)) == 3
    assert len(set(api.references(ann.name))) == 3


def test_receipts_come_in_any_order_and_twice(nexus: Nexus, api: Api, ann: Texter) -> None:
    ann.say("what is 1 plus 1")
    ann.say("what is 2 plus 2")
    ann.hear(2)
    first, second = api.references(ann.name)
    until(lambda: states(nexus, api, ann.name) == ["sent", "sent"])
    for receipt in (
        Receipt("delivered", reference=first),
        Receipt("sent", reference=first),
        Receipt("failed", reference=first),
        Receipt("sent", reference=second),
        Receipt("failed", reference=second, reason="30005"),
        Receipt("failed", reference=second, reason="30005"),
        Receipt("delivered", "nobody's"),
    ):
        assert post(nexus, Message(receipt=receipt)).status_code == 204
    assert states(nexus, api, ann.name) == ["delivered", "failed"]


def test_stop_start_and_help_from_end_to_end(nexus: Nexus, api: Api, ann: Texter) -> None:
    ann.say("remember that the tent is in the loft")
    assert ann.say("HELP") == "answered"
    assert ann.say("STOP") == "answered"
    assert ann.hear(3)[1:] == [wording("keyword_help", "en"), wording("stopped", "en")]
    until(lambda: states(nexus, api, ann.name) == ["sent"] * 3)  # or what a killed worker had sent would be sent again
    nexus.flush()
    kill_both_workers(nexus)
    for text in ("where is the tent?", "STOP", "CANCEL"):
        assert ann.say(text) == "refused"
    assert ann.say("HELP") == "answered", "the rules owe it to everybody"
    assert ann.hear(4)[3:] == [wording("keyword_help", "en")]
    assert ann.say("START") == "answered"
    assert ann.say("where is the tent?") == "answered"
    heard = ann.hear(6)[4:]
    assert heard[0] == wording("started", "en")
    assert "loft" in heard[1], "STOP erased nothing"


def test_a_keyword_leaves_an_open_question_open_and_an_ordinary_word_answers_it(ann: Texter) -> None:
    ann.say("remember")
    ann.say("HELP")
    ann.say("the kayak is on the roof")
    ann.say("where is the kayak?")
    assert "roof" in ann.hear(4)[3]
    ann.say("remember")
    assert ann.say("CANCEL") == "answered"
    ann.say("where is the kayak?")
    assert wording("stopped", "en") not in ann.hear(7)
    assert "roof" in ann.heard[6], "CANCEL closed the question and opted nobody out"


def test_who_opted_out_at_the_platform_is_asked_no_more(nexus: Nexus, api: Api, ann: Texter) -> None:
    api.status = 403
    assert ann.say("what is 1 plus 1") == "answered"
    until(lambda: ann.say("what is 2 plus 2") == "refused")
    api.status = 200
    ann.say("START")
    assert ann.hear(1) == [wording("started", "en")]
