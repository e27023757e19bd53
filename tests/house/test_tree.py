"""What no tracked file may hold, and what every newcomer must find."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.house.tree import PACKAGES, ROOT, tracked

_MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+|Users/\w+)/\w")
_REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)\b", re.IGNORECASE)
_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv"}
_ONLY_READER = Path("infra/settings.py")


def texts() -> Iterator[tuple[Path, str]]:
    """Every tracked file that is text."""
    for path in tracked():
        raw = (ROOT / path).read_bytes()
        if b"\0" not in raw:
            yield path, raw.decode()


def environment_reads(source: str) -> list[int]:
    """Lines where Python source reaches for the environment, by `os` or by an option of the command line.

    Handing it on whole, to the reader of the settings, is not reading it: `load(os.environ, …)`.
    """
    nodes = list(ast.walk(ast.parse(source)))
    handed_on = {id(node.args[0]) for node in nodes if isinstance(node, ast.Call) and _is_load(node)}
    return [node.lineno for node in nodes if id(node) not in handed_on and _reads_environment(node)]


def _is_load(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "load" and bool(call.args)


def _reads_environment(node: ast.AST) -> TypeGuard[ast.Attribute | ast.ImportFrom | ast.keyword]:
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and node.value.id == "os" and node.attr in _ENVIRONMENT
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(name.name in _ENVIRONMENT for name in node.names)
    return isinstance(node, ast.keyword) and node.arg == "envvar"


def test_no_file_names_a_machine_or_a_registry() -> None:
    guilty = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for path, text in texts()
        for pattern in (_MACHINE_PATH, _REGISTRY)
        for match in pattern.finditer(text)
    ]
    assert guilty == []


@pytest.mark.parametrize(
    "planted", ["cd /" + "work/main", "open('/" + "root/x')", "see pypi" + ".org", "/" + "home/ann/x"]
)
def test_a_planted_address_is_found(planted: str) -> None:
    assert _MACHINE_PATH.search(planted) or _REGISTRY.search(planted)


def test_only_the_settings_read_the_environment() -> None:
    product = [path for path in tracked() if path.suffix == ".py" and path.parts[0] in (*PACKAGES, "nexus.py")]
    guilty = [
        f"{path}:{line}"
        for path in product
        if path != _ONLY_READER
        for line in environment_reads((ROOT / path).read_text())
    ]
    assert guilty == []


@pytest.mark.parametrize(
    "planted",
    [
        "import os\nx = os.environ['A']",
        "import os\nx = os.getenv('A')",
        "from os import environ",
        "from os import getenv as read",
        "import typer\nx = typer.Option('a', envvar='A')",
    ],
)
def test_a_planted_read_is_found(planted: str) -> None:
    assert environment_reads(planted) != []


def test_handing_the_environment_to_the_settings_is_not_reading_it() -> None:
    assert environment_reads("import os\nsettings = load(os.environ, cwd)") == []
    assert environment_reads("import os\nsettings = load({}, os.environ['HOME'])") == [2]


@pytest.mark.parametrize(
    "name", ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", ".ci/run"]
)
def test_what_a_newcomer_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_nothing_that_is_made_is_tracked() -> None:
    made = {".venv", ".nexus", "__pycache__", "build", "dist"}
    weights = {".onnx", ".safetensors", ".gguf", ".whl", ".pyc"}
    assert [path for path in tracked() if made & set(path.parts) or path.suffix in weights] == []


def test_the_changelog_knows_this_version() -> None:
    version = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text()
