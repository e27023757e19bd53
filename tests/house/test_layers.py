"""Who may import whom: what import-linter's contracts let through and stop, and what `shared` may lean on."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked

_TREE = [
    "nexus", "shared/turn", "shared/testing/fakes", "skills/clock/skill", "skills/notes/skill", "channels/alexa/adapter",
    "channels/rest/adapter", "core/engine", "core/models/encoder", "infra/app", "infra/asgi",
]  # fmt: skip


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the project's contracts over the packages in `tree`."""
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--no-cache",
        "--config",
        str(ROOT / "pyproject.toml"),
    ]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """The product's folders with a few empty modules."""
    for name in _TREE:
        module = tmp_path / f"{name}.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.touch()
    for folder in {folder for path in tmp_path.rglob("*.py") for folder in path.parents if folder != tmp_path}:
        if folder.is_relative_to(tmp_path):
            (folder / "__init__.py").touch()
    return tmp_path


def plant(tree: Path, importer: str, imported: str) -> None:
    (tree / f"{importer.replace('.', '/')}.py").write_text(f"import {imported}\n")


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("infra.app", "core.engine"),
        ("infra.app", "channels.alexa.adapter"),
        ("infra.app", "skills.clock.skill"),
        ("channels.alexa.adapter", "shared.turn"),
        ("core.engine", "core.models.encoder"),
        ("core.engine", "numpy"),
        ("shared.turn", "msgspec"),
    ],
)
def test_what_the_house_allows_passes(small_house: Path, importer: str, imported: str) -> None:
    plant(small_house, importer, imported)
    result = lint(small_house)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("channels.alexa.adapter", "core.engine"),
        ("channels.alexa.adapter", "skills.clock.skill"),
        ("channels.alexa.adapter", "channels.rest.adapter"),
        ("channels.alexa.adapter", "infra.app"),
        ("core.engine", "channels.rest.adapter"),
        ("core.engine", "skills.notes.skill"),
        ("core.models.encoder", "infra.asgi"),
        ("skills.clock.skill", "skills.notes.skill"),
        ("skills.clock.skill", "core.engine"),
        ("skills.clock.skill", "infra.app"),
        ("shared.turn", "core.engine"),
        ("shared.testing.fakes", "infra.app"),
        ("shared.turn", "flask"),
        ("shared.turn", "numpy"),
    ],
)
def test_a_planted_import_is_caught(small_house: Path, importer: str, imported: str) -> None:
    plant(small_house, importer, imported)
    result = lint(small_house)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{importer} -> {imported}" in result.stdout


def imported_roots(source: str) -> set[str]:
    """Top-level names of what the source imports."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}}


def test_shared_leans_on_the_standard_library_and_msgspec_only() -> None:
    """Exact where the contract above can only list what is forbidden."""
    allowed = sys.stdlib_module_names | {"msgspec", "shared"}
    for path in (path for path in tracked() if path.parts[0] == "shared" and path.suffix == ".py"):
        testing = {"pytest", "hypothesis"} if path.parts[1] == "testing" else set()
        platforms = {"httpx"} if path.parts[1:3] == ("testing", "platforms") else set()  # twins speak HTTP
        assert imported_roots((ROOT / path).read_text()) <= allowed | testing | platforms, path
