"""The document of the REST API: what it says of an answer that takes long."""

from typing import Any

import msgspec
import pytest

from channels.rest.openapi import document
from shared.testing.platforms import Answer
from shared.testing.platforms.message import message_complaints

PATHS: dict[str, Any] = msgspec.json.decode(document("1.0"))["paths"]


@pytest.mark.parametrize(("path", "method"), [("/v1/messages", "post"), ("/v1/messages/{message_id}", "get")])
def test_the_example_of_a_deferred_answer_keeps_the_contract(path: str, method: str) -> None:
    described = PATHS[path][method]["responses"]["202"]
    example = described["content"]["application/json"]["example"]
    assert example["outcome"] == "deferred"
    assert example["reply"]["text"]
    answer = Answer(202, {"content-type": "application/json"}, msgspec.json.encode(example))
    assert message_complaints(answer, example["message_id"]) == []
    assert "GET" in described["description"]
