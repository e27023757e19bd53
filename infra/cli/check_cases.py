"""Runs the contracts of a channel or a skill, by pytest, and tells case by case what became of it."""

import inspect
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from hypothesis import configuration
from hypothesis import settings as hypothesis_settings
from msgspec import Struct

from infra.keysource import key_source
from infra.plugins import LoadedChannel, load_channel, load_entry
from shared.errors import PluginInvalid

_FILE = "test_contract.py"
_INI = "[pytest]\nmarkers = fuzz: a property of a door\n"
_PROFILE = "nexus-check"
Report = Generator[None, pytest.TestReport, pytest.TestReport]


class Case(Struct, frozen=True):
    """One case of a contract: what it wants, in a sentence, and why it does not hold.

    `given` is what a property was given, `came_back` what was wrong, `where` the last line of the plug-in's own code.
    """

    contract: str
    name: str
    sentence: str
    outcome: Literal["holds", "fails", "left out"]
    given: str = ""
    came_back: str = ""
    where: str = ""


def run_cases(channel: LoadedChannel, examples: int) -> tuple[Case, ...]:
    """Every case of every contract that the channel's manifest names, each property with so many examples.

    A contract runs in a process of its own, several at a time. They leave nothing behind. Raises PluginInvalid where one does not
    load or its process dies.
    """
    return in_processes(partial(_run_contract, channel.package, channel.folder, examples), channel.manifest.contracts)


def in_processes(run: Callable[[str], list[Case]], contracts: Sequence[str]) -> tuple[Case, ...]:
    """The cases of each contract, run in a process of its own. Raises PluginInvalid where one dies, and what `run` raises."""
    try:
        with ProcessPoolExecutor(min(len(contracts), os.cpu_count() or 1), get_context("spawn")) as pool:
            return tuple(case for cases in pool.map(run, contracts) for case in cases)
    except BrokenProcessPool:
        raise PluginInvalid("the process that ran it ended before its cases did") from None


def _run_contract(package: str, folder: Path, examples: int, entry: str) -> list[Case]:
    sys.dont_write_bytecode = True
    load_channel(folder, package)  # what a plug-in's folder is imported as is known in this process, too
    return run_contract(entry, folder, partial(_channel_test, package, folder, entry, examples))


def run_contract(entry: str, folder: Path, test: Callable[[], type]) -> list[Case]:
    """The cases of the contract called `entry`, which `test` makes, over the plug-in in `folder`. Raises PluginInvalid."""
    runner = _Runner(folder, test)
    with tempfile.TemporaryDirectory(prefix="nexus-check-") as name:
        place = Path(name)
        configuration.set_hypothesis_home_dir(place / "hypothesis")
        hypothesis_settings.register_profile(_PROFILE, database=None)
        hypothesis_settings.load_profile(_PROFILE)
        (place / _FILE).touch()
        (place / "pytest.ini").write_text(_INI)
        code = pytest.main(_arguments(place), plugins=[runner])
    if runner.broken is not None:
        raise runner.broken
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise PluginInvalid(f"{entry} could not be run: pytest ended with {code!r}")
    return runner.cases


def _arguments(folder: Path) -> list[str]:
    """Nothing of the surroundings counts: no configuration, no other plug-ins of pytest's, no cache; and no output."""
    apart = ["-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--noconftest", "--disable-plugin-autoload"]
    return [str(folder / _FILE), *apart, "-p", "no:cacheprovider", "-p", "no:terminal", "-W", "ignore"]


class _Runner:
    """A plug-in of pytest's: gives it the contract as a module, and keeps what becomes of its cases."""

    def __init__(self, folder: Path, test: Callable[[], type]) -> None:
        self._folder, self._test = folder, test
        self.cases: list[Case] = []
        self.broken: PluginInvalid | None = None

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module:
        """The contract, imported only now: so pytest can show the values that its assertions compare."""
        module: pytest.Module = pytest.Module.from_parent(parent, path=module_path)
        module.obj = ModuleType("contract")
        try:
            vars(module.obj)["TestContract"] = self._test()
        except PluginInvalid as broken:
            self.broken = broken
        return module

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: "pytest.CallInfo[None]") -> Report:
        """Note how the case ended."""
        report = yield
        if report.when == "call" or not report.passed:
            self.cases.append(self._case(item, call, report))
        return report

    def _case(self, item: pytest.Item, call: "pytest.CallInfo[None]", report: pytest.TestReport) -> Case:
        contract, case = getattr(getattr(item, "cls", None), "__name__", ""), getattr(item, "function", None)
        sentence = (inspect.getdoc(case) or item.name).partition("\n\n")[0].replace("\n", " ")
        if call.excinfo is None:
            return Case(contract, item.name, sentence, "holds")
        error = call.excinfo.value
        notes = "\n".join(getattr(error, "__notes__", ()))
        outcome: Literal["fails", "left out"] = "left out" if report.skipped else "fails"
        return Case(contract, item.name, sentence, outcome, notes, _told(error), _where(error, self._folder))


def _channel_test(package: str, folder: Path, entry: str, examples: int) -> type:
    pytest.register_assert_rewrite(f"{package}.{entry.partition(':')[0]}")
    contract = _contract(package, entry, folder)
    return type(contract.__name__, (contract,), _settings(contract, examples))


def _settings(contract: type, examples: int) -> dict[str, Any]:
    from shared.testing.adapter.hooks import no_keys

    own: dict[str, Any] = {"fuzz_examples": examples, "reply_examples": examples}
    own |= {"__doc__": contract.__doc__, "__module__": contract.__module__}
    return own if getattr(contract, "key_sources", no_keys) is not no_keys else own | {"key_sources": key_source}


def _contract(package: str, entry: str, folder: Path) -> type:
    from shared.testing.adapter_contract import AdapterContract  # with pytest's eyes on it, hence not before

    found = load_entry(package, entry, folder)
    if not (isinstance(found, type) and issubclass(found, AdapterContract)):
        raise PluginInvalid(f"{entry} is no AdapterContract")
    return found


def _told(error: BaseException) -> str:
    """What the error says, and what it is unless an assertion failed."""
    text = str(error)
    if not text.startswith("assert "):
        text = text.partition("\nassert ")[0]  # what it compared is told by the assertion's own words
    if isinstance(error, AssertionError | pytest.skip.Exception):
        return text or "an assertion failed"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _where(error: BaseException, folder: Path) -> str:
    """The innermost line of the plug-in's own code that the error came through."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder)
    ]
    if not frames:
        return ""
    last = frames[-1]
    return f"{Path(last.filename).relative_to(folder)}, line {last.lineno}, in {last.name}"
