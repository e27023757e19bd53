"""`nexus channels check`: does a channel hold what every channel must hold? Told in words."""

import os
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from infra.cli.context import command
from infra.cli.declared import declared
from infra.plugins import LoadedChannel, load_channel, load_plugins, twins_of
from infra.settings import Settings
from shared.errors import NotFound, PluginInvalid

if TYPE_CHECKING:
    from infra.cli.check_cases import Case  # and pytest with it

EXAMPLES, QUICK = 2_000, 200
_LINES, _WIDTH = 12, 400  # shown of a text that is longer


def run(settings: Settings, target: str, *, quick: bool) -> int:
    """Check the channels of a name or a folder and print what is wrong. 0 if all is well, else 1. Raises NotFound."""
    sys.dont_write_bytecode = True  # a folder is left as it was found
    good = True
    for found in _channels(settings, target):
        if isinstance(found, LoadedChannel):
            good = _check(found, QUICK if quick else EXAMPLES) and good
        else:
            good = False
            print(f"{found.name} does not load: {found.reason}")
    return 0 if good else 1


class _Broken(Struct, frozen=True):
    """A channel that does not load."""

    name: str
    reason: str


def _channels(settings: Settings, target: str) -> list[LoadedChannel | _Broken]:
    plugins = load_plugins(settings.home)
    named: list[LoadedChannel | _Broken] = [one for one in plugins.channels if one.manifest.name == target]
    named = named or [_Broken(one.name, one.reason) for one in plugins.broken if one.name == f"channel {target}"]
    if named:
        return named
    folder = Path(target).expanduser().absolute()
    if not folder.is_dir():
        names = ", ".join(sorted(one.manifest.name for one in plugins.channels))
        raise NotFound(f"there is no channel and no folder {target!r}; channels are: {names}")
    return list(_in_folder(folder, plugins.channels))


def _in_folder(folder: Path, known: tuple[LoadedChannel, ...]) -> Iterator[LoadedChannel | _Broken]:
    """The channel in a folder, or those that a package's project in it declares."""
    packages = {"": folder} if (folder / "channel.toml").is_file() else declared(folder, "channel")
    if not packages:
        raise NotFound(
            f"{folder} holds no channel: neither a channel.toml nor a project with the entry point nexus.channels"
        )
    for package, inner in packages.items():
        loaded = next((one for one in known if one.folder == inner), None)
        try:
            yield loaded or load_channel(inner, package)
        except PluginInvalid as error:
            yield _Broken(f"the channel in {inner}", str(error))


def _check(channel: LoadedChannel, examples: int) -> bool:
    """Print what is wrong with a channel, and a line on all of it. Whether nothing was."""
    name, contracts = channel.manifest.name, channel.manifest.contracts
    problems = list(_problems(channel))
    for problem in problems:
        print(f"FAILS  {problem}")
    if not contracts:
        print(
            f"{name} has no contract. Write one (a subclass of AdapterContract, as `{command()} channels new` does) and name it "
            'in channel.toml: contracts = ["contract:MyContract"]'
        )
        return False
    print(
        f"{name}: {len(contracts)} contract{'s' * (len(contracts) > 1)}, {examples:,} examples a property …", flush=True
    )
    return _cases(channel, examples) and not problems


def _cases(channel: LoadedChannel, examples: int) -> bool:
    from infra.cli.check_cases import run_cases  # pytest and Hypothesis, which other commands do without

    try:
        cases = run_cases(channel, examples)
    except PluginInvalid as error:
        print(f"FAILS  its contract does not load: {error}")
        return False
    return told(channel.manifest.name, cases)


def told(name: str, cases: Sequence["Case"]) -> bool:
    """Print the cases that do not hold, and how many do, of the plug-in called `name`. Whether none fails and some were run."""
    for case in cases:
        if case.outcome != "holds":
            print(f"\n{case.outcome.upper():<6} {case.sentence}")
            for label, text in (("given", case.given.removeprefix("given: ")), ("came back", case.came_back)):
                _show(label, text)
            _show("in", case.where)
            _show("case", f"{case.contract}.{case.name}")
    fails = sum(case.outcome == "fails" for case in cases)
    left_out = sum(case.outcome == "left out" for case in cases)
    counts = [f"{len(cases) - fails - left_out} of {len(cases)} cases hold"]
    counts += [f"{fails} fail{'s' * (fails == 1)}"] if fails else []
    counts += [f"{left_out} left out"] if left_out else []
    print(f"\n{name}: {', '.join(counts)}")
    return fails == 0 and bool(cases)


def _show(label: str, text: str) -> None:
    """An indented text, its long lines and its end cut."""
    lines = [line if len(line) <= _WIDTH else f"{line[:_WIDTH]} …" for line in text.strip().splitlines()]
    lines = lines if len(lines) <= _LINES else [*lines[:_LINES], "…"]
    if lines:
        print(textwrap.indent(os.linesep.join(lines), " " * 18).replace(" " * 18, f"       {label + ':':<11}", 1))


def _problems(channel: LoadedChannel) -> Iterator[str]:
    """What is wrong with the manifest: keys that nothing reads, twins that do not load."""
    given = tomllib.loads((channel.folder / "channel.toml").read_text("utf-8"))
    for key in _unknown(given, msgspec.to_builtins(channel.manifest)):
        yield f"channel.toml has {key}, which nothing reads"
    for twin in twins_of(channel):
        try:
            twin.load()
        except PluginInvalid as error:
            yield str(error)


def _unknown(given: object, known: object, path: str = "") -> Iterator[str]:
    """Keys of a table that the manifest does not know, by path."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            if key in known:
                yield from _unknown(value, known[key], f"{path}{key}.")
            else:
                yield path + key
    if isinstance(given, list) and isinstance(known, list | tuple):
        for one, other in zip(given, known, strict=True):
            yield from _unknown(one, other, path)
