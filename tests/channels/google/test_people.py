"""Who is taken to speak: what Dialogflow's servers vouch for, and the rest only where the operator trusts it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from channels.google.adapter import GoogleAdapter
from channels.google.people import person_of
from channels.google.twins.credentials import TRUST
from shared.testing.fakes import FakeClock
from shared.turn import Request
from tests.channels.google.conftest import SAMPLES, enter, open_door
from tests.channels.google.wires import dialogflow

NOBODY: frozenset[str] = frozenset()
ALL = frozenset(TRUST.split())


def request_of(sample: str, trust: str, clock: FakeClock) -> Request:
    """A sample's request at a door that trusts so much."""
    body = (SAMPLES / f"{sample}.json").read_bytes()
    return enter(open_door({"token": "t", "trust": trust}, clock), dialogflow("Bearer t", body))


@pytest.mark.parametrize(
    ("sample", "user"),
    [
        ("es/facebook", "facebook:2547832118"),
        ("es/slack", "slack:U024BE7LH"),
        ("es/telegram", "telegram:451234567"),
        ("es/line", "line:U8189cf6745fc0d808977bdb0b9f22995"),
        ("es/telephone", "tel:+18558363987"),
        ("es/assistant", "google:ABwppHEF"),
    ],
)
def test_integrations_name_the_person(sample: str, user: str, clock: FakeClock) -> None:
    assert request_of(sample, "", clock).user == user


@pytest.mark.parametrize(
    ("sample", "trust", "user"),
    [
        ("es/messenger", "payload", "payload:visitor-17"),
        ("cx/messenger", "payload", "payload:visitor-17"),
        ("cx/telephone", "caller", "tel:+12025553711"),
        ("cx/keys_pressed", "caller", "tel:+12025553711"),
        ("cx/named_by_a_parameter", "parameters", "parameter:customer-12345"),
    ],
)
def test_what_clients_write_counts_only_where_it_is_trusted(
    sample: str, trust: str, user: str, clock: FakeClock
) -> None:
    """A page with Dialogflow Messenger on it may send any payload and parameters: by itself that names nobody."""
    session = request_of(sample, "", clock)
    assert session.user == f"session:{session.conversation}"
    others = " ".join(word for word in ("caller", "payload", "parameters") if word != trust)
    assert request_of(sample, others, clock).user == session.user
    assert request_of(sample, trust, clock).user == user


def test_a_source_that_dialogflow_does_not_name_vouches_for_nobody(clock: FakeClock) -> None:
    body = json.loads((SAMPLES / "es" / "facebook.json").read_bytes())
    for source in ("", "FACEBOOK2", "messenger", "DIALOGFLOW_CONSOLE"):
        body["originalDetectIntentRequest"]["source"] = source
        request = enter(open_door({"token": "t"}, clock), dialogflow("Bearer t", json.dumps(body).encode()))
        assert request.user.startswith("session:")


@pytest.mark.parametrize(
    "caller",
    [
        "REDACTED_TRIAL_EDITION",
        "",
        "anonymous",
        "+1",
        "+1202555371100000000",
        "+1 202",
        None,
        12025553711,
        ["+12025553711"],
    ],
)
def test_callers_without_a_number_are_nobody(caller: Any) -> None:
    assert person_of("google_telephony", {"telephony": {"caller_id": caller}}, {}, ALL) == ""


_IDS: list[Any] = ["", "a\nb", True, -1, 1e300, None, {}, "x" * 600]
_STRANGE: list[dict[str, Any]] = [{}, {"data": None}, {"data": []}, {"data": {"sender": "x"}}]


@pytest.mark.parametrize("payload", [*_STRANGE, *({"data": {"sender": {"id": value}}} for value in _IDS)], ids=repr)
def test_strange_payloads_name_nobody(payload: dict[str, Any]) -> None:
    assert person_of("facebook", payload, {}, NOBODY) == ""


def test_names_of_different_sources_differ() -> None:
    seen = {
        person_of("facebook", {"data": {"sender": {"id": "7"}}}, {}, NOBODY),
        person_of("viber", {"data": {"sender": {"id": "7"}}}, {}, NOBODY),
        person_of("", {"userId": "7"}, {}, ALL),
        person_of("", {}, {"nexus_user": "7"}, ALL),
    }
    assert len(seen) == 4


def test_the_assistants_people_keep_their_id(understand: Callable[[str, bytes], Request], door: GoogleAdapter) -> None:
    first = understand("actions", (SAMPLES / "actions" / "main_first_time.json").read_bytes())
    assert first.native["user"] == first.user
    again = understand("actions", (SAMPLES / "actions" / "main_again.json").read_bytes())
    assert again.user == "actions:0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    assert "user" not in again.native


@pytest.mark.parametrize("kept", [None, "", 7, "x" * 65, "a\nb", ["a"], {"a": 1}])
def test_an_unusable_kept_id_is_made_anew(kept: Any, understand: Callable[[str, bytes], Request]) -> None:
    body = json.loads((SAMPLES / "actions" / "main_again.json").read_bytes())
    body["user"]["params"]["nexus_user"] = kept
    request = understand("actions", json.dumps(body).encode())
    assert request.user == request.native["user"]
    assert request.user.startswith("actions:")
