"""`nexus skills export`: the language models of platforms and help for people, written to a folder."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.broken import tell_broken
from infra.exports.platforms import EXPORTERS, exports
from infra.exports.source import Export
from infra.plugins import load_plugins
from infra.settings import Settings
from shared.errors import SettingsInvalid


def run(settings: Settings, platform: str, skills: list[str], locales: list[str], out: Path) -> None:
    """Write `out`/PLATFORM/… for a platform or for `all`, and name what is left out on standard error.

    Raises NotFound for a skill that is not there, SettingsInvalid where nothing can be written.
    """
    plugins = load_plugins(settings.home)
    tell_broken(plugins.broken)
    platforms = list(EXPORTERS) if platform == "all" else [platform]
    for name, export in exports(plugins.skills, skills, platforms, locales).items():
        try:
            _write(out / name, export)
        except OSError as error:
            raise SettingsInvalid(f"{out / name} cannot be written: {error.strerror or error}") from None
        _tell(name, out / name, export)


def _write(folder: Path, export: Export) -> None:
    for path, value in export.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(value), "utf-8")


def text_of(value: object) -> str:
    """A file's JSON, for people to read and to compare; a text as it is."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _tell(platform: str, folder: Path, export: Export) -> None:
    for lost in export.left_out:
        print(f"nexus: warning: {platform}: {lost}", file=sys.stderr)
    for path in _strange(folder, export):
        print(f"nexus: warning: {path} is not of this export; remove it if nothing needs it", file=sys.stderr)
    print(f"{platform}: {len(export.files)} files in {folder}, {len(export.left_out)} things left out")


def _strange(folder: Path, export: Export) -> Iterator[Path]:
    """Files of an earlier export, which the platform would take for part of this one."""
    ours = {folder / path for path in export.files}
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and path not in ours)
