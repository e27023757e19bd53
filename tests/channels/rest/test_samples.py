"""Every sample of a message: what it becomes, and what it is answered with. What README.md shows is among them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from channels.rest.adapter import MessageIn
from channels.rest.contract import SAMPLES, RestContract
from shared.errors import NexusError
from shared.testing.adapter.values import every_error, turn_of
from shared.testing.adapter_contract import Said
from shared.turn import Reply

README = (SAMPLES.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_what_becomes_of_it(path: Path, golden: Callable[[str, Any], None]) -> None:
    contract = RestContract()
    request = contract.through(contract.sign(path.read_bytes(), Said()))
    answer = contract.door().render(request, turn_of(request, Reply(text="It is 5 pm in Tokyo.")))
    golden(f"sample_{path.stem}", {"request": msgspec.to_builtins(request), "answer": json.loads(answer.body)})


def test_readme_shows_messages_that_are_understood() -> None:
    contract = RestContract()
    bodies = re.findall(r"-d '({.*?})'", README)
    assert len(bodies) >= 2
    for body in bodies:
        assert contract.through(contract.sign(body.encode(), Said())).text


def test_readme_names_every_field() -> None:
    table = README.partition("## The message")[2].partition("##")[0]
    named = set(re.findall(r"^\| `([a-z_.]+)`", table, re.MULTILINE))
    fields = {field.name for field in msgspec.structs.fields(MessageIn)} - {"user"} | {"user.id"}
    assert named == fields


def test_readme_names_errors_that_there_are() -> None:
    table = README.partition("## Errors")[2].partition("##")[0]
    named = dict(re.findall(r"^\| (\d+) \| `([a-z_]+)`", table, re.MULTILINE))
    known: dict[str, type[NexusError]] = {error.code: type(error) for error in every_error()}
    assert len(named) >= 8
    for status, code in named.items():
        assert known[code].status == int(status), code
