"""Templates of plug-ins (infra/templates) copied under another name: a folder, or a package that pip installs."""

import re
from collections.abc import Sequence
from pathlib import Path

from shared.errors import SettingsInvalid

TEMPLATES = Path(__file__).parent.parent / "templates"
_AROUND = "door name"
"""What stands in for the name in the template of what makes a package of a plug-in; it speaks of a channel."""


def packaged(kind: str, stand_in: str, into: Path, name: str) -> Path:
    """A distribution nexus-NAME whose package nexus_NAME is the template of a channel or a skill; its tests lie beside it."""
    made = _fresh(into / f"nexus-{name.replace('_', '-')}")
    inner = made / "src" / f"nexus_{name}"
    _copy(TEMPLATES / "package", made, _AROUND, name)
    for file in ("README.md", "pyproject.toml"):
        _rewrite(made / file, "channel", kind)
    _copy(TEMPLATES / kind, inner, stand_in, name)
    (inner / "py.typed").touch()
    (inner / "pyproject.toml").unlink()
    (inner / "tests").rename(made / "tests")
    (made / "tests" / "__init__.py").unlink()
    test = made / "tests" / f"test_{name}.py"
    _rewrite(test, "from .. ", f"from nexus_{name} ")
    _rewrite(test, "from ..", f"from nexus_{name}.")
    return made


def _rewrite(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def copied(template: str, stand_in: str, folder: Path, name: str) -> Path:
    """A template in `folder`, which is not there yet, with a name in place of the words that stand in for it."""
    made = _fresh(folder)
    _copy(TEMPLATES / template, made, stand_in, name)
    return made


def _fresh(folder: Path) -> Path:
    """`folder`, which is not there yet. A NEXUS_HOME that has to be made for it is readable by its owner only."""
    if folder.exists() or folder.is_symlink():
        raise SettingsInvalid(f"{folder} is there already; take another name, or another place with --into")
    for parent in reversed(folder.parents):
        if not parent.exists():
            parent.mkdir(mode=0o700)
    folder.mkdir()
    return folder


def _copy(template: Path, target: Path, stand_in: str, name: str) -> None:
    """Every file of `template`, under the name instead of `stand_in` (in any spelling), in paths and in texts."""
    for source in sorted(path for path in template.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        file = target / _renamed(source.relative_to(template).as_posix(), stand_in, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_renamed(source.read_text("utf-8"), stand_in, name), "utf-8")


def _renamed(text: str, stand_in: str, name: str) -> str:
    """`text` with the words of `name` in place of those of `stand_in`, spelt alike: "Door name", DOORNAME, DoorName …"""
    words, others = name.split("_"), stand_in.split()
    spellings = {"".join(others).upper(): name.upper(), "".join(others): name}
    for spell in (_joined, "-".join, _sentence, " ".join):
        spellings[spell(others)] = spell(words)
    spellings["-".join(map(str.capitalize, others))] = "-".join(map(str.capitalize, words))
    return re.sub("|".join(spellings), lambda match: spellings[match[0]], text)


def _joined(words: Sequence[str]) -> str:
    return "".join(map(str.capitalize, words))


def _sentence(words: Sequence[str]) -> str:
    return " ".join(words).capitalize()
