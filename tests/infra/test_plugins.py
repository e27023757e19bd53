"""The loader: built-ins, NEXUS_HOME/plugins, and what does not load."""

import sys
from pathlib import Path

import pytest

from infra.broken import tell_broken
from infra.plugins import Plugins, find_twins, load_entry, load_plugins
from shared.errors import PluginInvalid

BUILT_IN = {manifest.parent.name for manifest in Path("channels").resolve().glob("*/channel.toml")}
CHANNEL = """
from collections.abc import Mapping
from typing import Self
from nexus import ChannelAdapter, DoorPorts, Request, Turn, Verified, Wire, WireReply

class Pigeon(ChannelAdapter):
    name = "pigeon"
    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self: return cls()
    async def verify(self, wire: Wire) -> Verified: return Verified(wire, "default", "pigeon")
    def parse(self, verified: Verified) -> Request: raise AssertionError
    def render(self, request: Request, turn: Turn) -> WireReply: return WireReply(200, (), b"")
"""
SKILL = """
from nexus import Reply, Skill, TurnContext

class Coo(Skill):
    async def handle(self, turn: TurnContext) -> Reply: return Reply(text="coo")
"""


def plug_in(home: Path, name: str, **files: str) -> None:
    folder = home / "plugins" / name
    for path, text in files.items():
        file = folder / path.replace("__", "/").replace("_toml", ".toml").replace("_py", ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def reasons(plugins: Plugins) -> dict[str, str]:
    return {broken.name: broken.reason for broken in plugins.broken}


def test_built_ins_load(tmp_path: Path) -> None:
    plugins = load_plugins(tmp_path)
    assert plugins.broken == ()
    assert {one.manifest.name for one in plugins.channels} == BUILT_IN >= {"alexa", "rest", "web"}
    assert {one.manifest.name for one in plugins.skills} >= {
        "assistant",
        "calculator",
        "clock",
        "notes",
        "news",
        "weather",
    }


def test_what_does_not_load_is_told_with_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = 'name = "lame"\ntitle = "Lame"\nentry = "adapter:Lame"\n'
    plug_in(tmp_path, "lame", channel_toml=manifest, adapter_py="import re\n\nre.compile('(')\n")
    tell_broken(load_plugins(tmp_path).broken)
    told = capsys.readouterr().err
    assert told.startswith("nexus: warning: channel lame does not load: ")
    assert told.endswith("(adapter.py, line 3)\n")


def test_a_file_that_is_no_python_is_named_and_not_the_one_that_imports_it(tmp_path: Path) -> None:
    adapter = "from nexus_plugins.torn import words\n"
    told = 'name = "torn"\ntitle = "T"\nentry = "adapter:Torn"\n'
    plug_in(tmp_path, "torn", channel_toml=told, adapter_py=adapter, words_py="x = 1\ndef y(:\n")
    assert reasons(load_plugins(tmp_path))["channel torn"] == "SyntaxError: invalid syntax (words.py, line 2)"


def test_a_folder_in_the_home_is_a_plug_in(tmp_path: Path) -> None:
    manifest = 'name = "pigeon"\ntitle = "Pigeon"\nentry = "adapter:Pigeon"\n'
    plug_in(tmp_path, "pigeon", channel_toml=manifest, adapter_py=CHANNEL)
    skill = (
        'name = "coo"\ntitle = "Coo"\nsummary = "Coos."\nentry = "skill:Coo"\n[intents."coo.coo"]\nsummary = "Coo."\n'
    )
    plug_in(tmp_path, "coo", skill_toml=skill, skill_py=SKILL, locales__en_toml='[utterances]\n"coo.coo" = ["coo"]\n')
    plugins = load_plugins(tmp_path)
    assert plugins.broken == ()
    assert "pigeon" in {one.manifest.name for one in plugins.channels}
    [coo] = [one for one in plugins.skills if one.manifest.name == "coo"]
    assert coo.locales["en"].utterances == {"coo.coo": ("coo",)}


def test_what_does_not_load_is_named_and_stops_nobody(tmp_path: Path) -> None:
    plug_in(tmp_path, "torn", channel_toml="name = ")
    plug_in(tmp_path, "bare", channel_toml='name = "bare"\ntitle = "Bare"\nentry = "adapter:Bare"\n')
    plug_in(tmp_path, "late", channel_toml='name = "late"\ntitle = "L"\nentry = "adapter:No"\n', adapter_py="x = 1\n")
    plug_in(tmp_path, "loud", channel_toml='name = "loud"\ntitle = "L"\nentry = "adapter:X"\n', adapter_py="1 / 0\n")
    plug_in(tmp_path, "twin", channel_toml='name = "rest"\ntitle = "R"\nentry = "adapter:Pigeon"\n', adapter_py=CHANNEL)
    skill = 'name = "odd"\ntitle = "O"\nsummary = "O"\nentry = "skill:Coo"\n[intents]\n'
    plug_in(tmp_path, "odd", skill_toml=skill, skill_py=SKILL, locales__en_toml='[utterances]\n"odd.x" = ["x"]\n')
    plugins = load_plugins(tmp_path)
    told = reasons(plugins)
    assert told["channel torn"].startswith("channel.toml: ")
    assert "adapter" in told["channel bare"]
    assert told["channel late"] == "adapter has no No"
    assert told["channel loud"] == "ZeroDivisionError: division by zero (adapter.py, line 1)"
    assert told["channel twin"] == "the manifest says rest, the adapter pigeon"
    assert told["skill odd"] == "locales/en.toml has utterances of unknown intents: odd.x"
    assert {one.manifest.name for one in plugins.channels} == BUILT_IN


TWIN = """
from pathlib import Path
from shared.testing.platforms import Answer, Heard, Sent, Twin

class PigeonTwin(Twin):
    name = "pigeon"
    path = "pigeon"
    @classmethod
    def make(cls, folder: Path, now: float) -> None: ...
    @classmethod
    def config(cls, folder: Path) -> dict[str, str]: return {}
    def request(self, text: str) -> Sent: raise AssertionError
    def complaints(self, sent: Sent, answer: Answer) -> list[str]: return []
    def heard(self, sent: Sent, answer: Answer) -> Heard: return Heard("coo")
"""


def manifest(name: str, *twins: tuple[str, str]) -> str:
    told = f'name = "{name}"\ntitle = "P"\nentry = "adapter:Pigeon"\n'
    return told + "".join(f'[[twins]]\nname = "{twin}"\nentry = "{entry}"\n' for twin, entry in twins)


def test_twins_are_known_by_name_and_imported_when_used(tmp_path: Path) -> None:
    told = manifest("pigeon", ("pigeon", "twin:PigeonTwin"), ("lost", "gone:PigeonTwin"), ("loud", "loud:X"))
    plug_in(tmp_path, "pigeon", channel_toml=told, adapter_py=CHANNEL, twin_py=TWIN, loud_py="1 / 0\n")
    twins = load_plugins(tmp_path).twins
    assert [twin.name for twin in find_twins(tmp_path).found] == [twin.name for twin in twins]
    assert [twin.name for twin in twins if twin.channel == "pigeon"] == ["pigeon", "lost", "loud"]
    assert "nexus_plugins.pigeon.twin" not in sys.modules
    pigeon, lost, loud = twins[-3:]
    assert (pigeon.load().name, pigeon.load().path) == ("pigeon", "pigeon")
    with pytest.raises(PluginInvalid, match="gone"):
        lost.load()
    with pytest.raises(PluginInvalid, match=r"loud:X: ZeroDivisionError: division by zero \(loud.py, line 1\)"):
        loud.load()


def test_a_twin_is_what_its_manifest_says(tmp_path: Path) -> None:
    told = manifest("pigeon", ("dove", "twin:PigeonTwin"), ("none", "adapter:Pigeon"))
    plug_in(tmp_path, "pigeon", channel_toml=told, adapter_py=CHANNEL, twin_py=TWIN)
    dove, none = find_twins(tmp_path).found[-2:]
    with pytest.raises(PluginInvalid, match="the manifest says dove, the twin pigeon"):
        dove.load()
    with pytest.raises(PluginInvalid, match="is no Twin"):
        none.load()


def test_of_two_twins_of_one_name_the_second_is_broken_and_no_channel(tmp_path: Path) -> None:
    told = manifest("pigeon", ("coo", "twin:PigeonTwin"), ("coo", "twin:Other"), ("../x", "twin:PigeonTwin"))
    plug_in(tmp_path, "pigeon", channel_toml=told, adapter_py=CHANNEL, twin_py=TWIN)
    for found in (load_plugins(tmp_path), find_twins(tmp_path)):
        broken = {one.name: one.reason for one in found.broken}
        assert "has a twin of this name already" in broken["twin coo of channel pigeon"]
        assert "lower-case" in broken["twin ../x of channel pigeon"]
    assert "pigeon" in {one.manifest.name for one in load_plugins(tmp_path).channels}
    coo = find_twins(tmp_path).named("coo")
    assert coo is not None
    assert coo.entry == "twin:PigeonTwin"
    assert find_twins(tmp_path).named("../x") is None


def test_contracts_are_named_in_the_manifest(tmp_path: Path) -> None:
    told = 'contracts = ["contract:PigeonContract"]\n' + manifest("pigeon")
    plug_in(tmp_path, "pigeon", channel_toml=told, adapter_py=CHANNEL, contract_py="class PigeonContract: pass\n")
    [pigeon] = [one for one in load_plugins(tmp_path).channels if one.manifest.name == "pigeon"]
    assert pigeon.manifest.contracts == ("contract:PigeonContract",)
    assert (
        getattr(load_entry(pigeon.package, "contract:PigeonContract", pigeon.folder), "__name__", "")
        == "PigeonContract"
    )
    with pytest.raises(PluginInvalid, match="contract has no Other"):
        load_entry(pigeon.package, "contract:Other", pigeon.folder)


@pytest.fixture(autouse=True)
def _forget_imports() -> None:
    """Each test has a home of its own: modules of another one's plug-ins must not be found."""
    for name in [name for name in sys.modules if name.startswith("nexus_plugins")]:
        del sys.modules[name]
