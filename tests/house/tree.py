"""The checkout as a newcomer gets it: its root, and the files that belong to it."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared", "skills", "channels", "core", "infra")
_MADE = {".git", ".venv", ".nexus", "build", "dist", "__pycache__", ".hypothesis"}


def tracked() -> list[Path]:
    """Paths relative to ROOT of all files that git tracks; without git, of all that set-up and tests did not make."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        return [Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file()]
    return list(_walk())


def _walk() -> list[Path]:
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _MADE and not name.endswith(("_cache", ".egg-info"))]
        found += [(Path(folder) / name).relative_to(ROOT) for name in names]
    return found


def copy_to(target: Path) -> None:
    """Copy the tracked files below `target`, as a clone would."""
    for path in tracked():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path)
