"""The lock files: complete, hashed, without an address, agreeing with one another and with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT

LOCKS = {path.stem: path for path in sorted((ROOT / "locks").glob("*.txt"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_REQUIREMENT = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+))? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(lock: Path) -> dict[tuple[str, str], str]:
    """Name and marker of each requirement -> its version."""
    found = [_REQUIREMENT.match(line) for line in lock.read_text().splitlines()]
    return {(m["name"], m["marker"] or ""): m["version"] for m in found if m}


def names(requirements: list[str]) -> set[str]:
    """Normalised project names of requirement strings."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~ \[]", text, maxsplit=1)[0]).lower() for text in requirements}


def test_there_is_one_for_each_extra_and_one_for_the_tools() -> None:
    assert set(LOCKS) == {"cpu", "gpu", "train", "ray", "dev"}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", lock.read_text().rstrip())
    for block in blocks:
        first, *rest = [line for line in block.splitlines() if not line.lstrip().startswith("#")]
        assert _REQUIREMENT.match(first), first
        assert rest, f"{first} has no hash"
        assert all(_HASH.match(line) for line in rest), block


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_no_address_and_no_option_is_inside(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^--?\w", text, re.MULTILINE), "an option such as an index"


def test_no_address_is_in_the_lock_of_npm_packages() -> None:
    """Neither where they come from nor where their authors are paid."""
    text = (ROOT / "tests" / "virtual_alexa" / "package-lock.json").read_text()
    assert "://" not in text
    assert '"integrity": "sha512-' in text


@pytest.mark.parametrize(("lock", "extra"), [("cpu", "cpu"), ("gpu", "gpu"), ("train", "train"), ("ray", "ray")])
def test_what_the_project_names_is_locked(lock: str, extra: str) -> None:
    project = PROJECT["project"]
    wanted = project["dependencies"] + project["optional-dependencies"][extra] + PROJECT["dependency-groups"]["install"]
    assert names(wanted) <= {name for name, _ in pins(LOCKS[lock])}


def test_the_tools_are_locked() -> None:
    assert names(PROJECT["dependency-groups"]["dev"]) <= {name for name, _ in pins(LOCKS["dev"])}


@pytest.mark.parametrize("other", ["gpu", "train", "dev"])
def test_where_locks_meet_they_agree(other: str) -> None:
    ours, theirs = pins(LOCKS["cpu"]), pins(LOCKS[other])
    assert {key: theirs[key] for key in ours.keys() & theirs.keys()} == {
        key: ours[key] for key in ours.keys() & theirs.keys()
    }


def test_one_onnx_runtime_an_extra_and_torch_only_to_train() -> None:
    runtimes = {name: {key for key, _ in pins(lock) if key.startswith("onnxruntime")} for name, lock in LOCKS.items()}
    assert runtimes == {"cpu": {"onnxruntime"}, "gpu": {"onnxruntime-gpu"}, "train": set(), "ray": set(), "dev": set()}
    assert [key for key, lock in LOCKS.items() if any(name == "torch" for name, _ in pins(lock))] == ["train"]


def test_every_dependency_says_why_it_is_here() -> None:
    block = (ROOT / "pyproject.toml").read_text().partition("dependencies = [")[2].partition("\n]")[0]
    lines = [line for line in block.splitlines() if line.strip().startswith('"')]
    assert len(lines) == len(PROJECT["project"]["dependencies"])
    assert [line for line in lines if not re.search(r'",\s+# \w', line)] == []
