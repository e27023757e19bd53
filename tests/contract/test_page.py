"""The page "Write a channel": its example is whole, short, keeps the contract and is the one that is built as a package."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.plugins import load_channel, load_entry
from shared.channel import ChannelAdapter
from shared.testing.adapter.values import turn_of, wait
from shared.testing.adapter_contract import AdapterContract, Said
from shared.turn import Reply

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "channels" / "README.md").read_text("utf-8")
SAMPLE = ROOT / "tests" / "package" / "sample"
SHOWN = ("channel.toml", "adapter.py", "contract.py")
CASES = sorted(name for name in dir(AdapterContract) if name.startswith("test_"))


def block(name: str) -> str:
    """The fenced block that follows the first mention of a file."""
    found = re.search(rf"`{re.escape(name)}`[^`]*(?:`channel.toml`[^`]*)?\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdapterContract]:
    """The contract of the page's channel, from the page's own text."""
    folder = tmp_path_factory.mktemp("page") / "plugins" / "pigeon"
    folder.mkdir(parents=True)
    for name in SHOWN:
        (folder / name).write_text(block(name))
    forget()
    loaded = load_channel(folder)
    found = load_entry(loaded.package, loaded.manifest.contracts[0], folder)
    assert isinstance(found, type)
    assert issubclass(found, AdapterContract)
    found.fuzz_examples = 200
    yield found()
    forget()


def forget() -> None:
    """Other tests' plug-ins may bear this name, too."""
    for name in [name for name in sys.modules if name.startswith("nexus_plugins.pigeon")]:
        del sys.modules[name]


@pytest.mark.parametrize("case", CASES)
def test_its_channel_keeps_the_contract(contract: AdapterContract, case: str) -> None:
    getattr(contract, case)()


def test_its_channel_answers_a_turn(contract: AdapterContract) -> None:
    door = contract.open(contract.ports())
    request = door.parse(wait(door.verify(contract.wire(Said(text="hello")))))
    assert request.text == "hello"
    assert b'"text":"hi"' in door.render(request, turn_of(request, Reply(text="hi"))).body


def test_its_example_has_at_most_sixty_lines_of_code() -> None:
    code = [line for name in ("channel.toml", "adapter.py") for line in block(name).splitlines() if line.strip()]
    assert len(code) <= 60


def test_its_example_is_the_package_that_is_built() -> None:
    for name in SHOWN:
        assert block(name) == (SAMPLE / "src" / "nexus_pigeon" / name).read_text("utf-8"), name
    assert (SAMPLE / "pyproject.toml").read_text("utf-8") in PAGE


def test_it_counts_the_cases_right() -> None:
    assert f"pigeon: {len(CASES)} of {len(CASES)} cases hold" in PAGE


def test_its_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(targets) >= 4
    assert [target for target in targets if not (ROOT / "channels" / target).exists()] == []


def test_every_attribute_it_names_exists() -> None:
    table = PAGE.partition("| what | how |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([a-z_]+)`", table)) - {"opt_out"}
    assert len(named) > 12
    assert [name for name in sorted(named) if not hasattr(ChannelAdapter, name)] == []
