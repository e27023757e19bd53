"""The OpenAPI document tells the truth: schemathesis makes requests from it and checks the answers against it."""

from typing import Any

import msgspec
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case

from channels.rest.openapi import document
from infra.version import VERSION
from tests.integration.conftest import Nexus

schema = schemathesis.openapi.from_dict(msgspec.json.decode(document(VERSION)))


@schema.parametrize()
@settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_every_operation_answers_as_described(case: "Case[Any]", nexus: Nexus) -> None:
    headers = {**case.headers, "Authorization": f"Bearer {nexus.key}"}
    case.call_and_validate(base_url=nexus.url, headers=headers)


def test_the_document_names_what_there_is(nexus: Nexus) -> None:
    with nexus.client() as client:
        served = client.get("/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    assert set(served["paths"]) == {
        "/v1/messages",
        "/v1/messages/{message_id}",
        "/v1/handoffs",
        "/v1/handoffs/{handoff_id}/return",
    }
