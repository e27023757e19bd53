"""The plug-ins that a project on disk declares, before it is installed."""

import sys
import tomllib
from pathlib import Path

from shared.errors import NotFound


def declared(project: Path, kind: str) -> dict[str, Path]:
    """Packages that a pyproject.toml names as channels or skills (`kind`), with their folders; they can be imported from now on.

    Raises NotFound where there is no project to read.
    """
    try:
        table = tomllib.loads((project / "pyproject.toml").read_text("utf-8")).get("project", {})
    except (OSError, ValueError) as error:
        raise NotFound(f"{project} holds no {kind}: {error}") from None
    found: dict[str, Path] = {}
    for package in table.get("entry-points", {}).get(f"nexus.{kind}s", {}).values():
        for root in (project / "src", project):
            if (folder := root.joinpath(*package.split("."))).is_dir() and package not in found:
                found[package] = folder
                sys.path.insert(0, str(root))
    return found
