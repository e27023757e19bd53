"""A skill in NEXUS_HOME/plugins that has settings, for tests of what becomes of those."""

from pathlib import Path

MANIFEST = """
name = "lamp"
title = "Lamp"
summary = "I shine."
entry = "skill:Lamp"
examples = ["Shine"]
permissions = ["network:{url}"]

[intents."lamp.on"]
summary = "Shines."

[[settings]]
key = "url"
help = "Where the lamp is."
default = "https://lamp.example.org"

[[settings]]
key = "token"
help = "What lets us in."
secret = true
required = true
example = "t-1"
"""
LOCALE = """
[utterances]
"lamp.on" = ["shine"]
[answers]
not_set_up = ["Nobody told me about the lamp."]
"""
SKILL = """
from nexus import Skill


class Lamp(Skill):
    pass
"""


def put_lamp(home: Path) -> None:
    """The skill, in the plug-ins of a home."""
    folder = home / "plugins" / "lamp"
    (folder / "locales").mkdir(parents=True)
    (folder / "skill.toml").write_text(MANIFEST)
    (folder / "locales" / "en.toml").write_text(LOCALE)
    (folder / "skill.py").write_text(SKILL)
