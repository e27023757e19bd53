"""Finds a developer's skill: the module by name, on the Python path or in a folder, and the skill in it."""

import importlib
import logging
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from ask_sdk_core.skill import CustomSkill
from ask_sdk_core.skill_builder import SkillBuilder

from shared.errors import DoorShut

log = logging.getLogger("nexus.alexa.skill")

OWN = ("channels", "core", "infra", "nexus", "shared", "skills")  # what NEXUS itself imports by these names


def find(module_name: str, attribute: str, folder: Path | None) -> CustomSkill:
    """The skill called `attribute` in a module. Raises DoorShut with what is wrong and how to mend it.

    With `folder` the module and those beside it are found there; it stays at the end of the path, so it shadows nothing.
    """
    with _on_path(folder):
        module = _imported(module_name, folder)
    if not hasattr(module, attribute):
        raise DoorShut(f"alexa: the module {module_name} has no {attribute!r}; {_instead(module, module_name)}")
    value = getattr(module, attribute)
    try:
        skill = _skill(value)
    except Exception as error:  # foreign code: a builder may connect to something
        raise DoorShut(f"alexa: the skill in {module_name} cannot be built: {_what(error)}") from error
    if skill is None:
        raise DoorShut(
            f"alexa: {module_name}:{attribute} is a {type(value).__name__}, and none of what can be mounted: a skill builder, "
            f"a skill, or what a builder's lambda_handler() made; {_instead(module, module_name)}"
        )
    return skill


def _skill(value: Any) -> CustomSkill | None:
    """The skill that `value` is or builds; None where it is something else."""
    if isinstance(value, CustomSkill):
        return value
    builder = value if isinstance(value, SkillBuilder) else _behind(value)
    return builder.create() if builder is not None else None


def _behind(value: Any) -> SkillBuilder | None:
    """The builder whose `lambda_handler()` made `value`; None for any other function, whose own code must not be passed over."""
    if not isinstance(value, FunctionType) or value.__module__ != SkillBuilder.__module__:
        return None
    inside = (cell.cell_contents for cell in value.__closure__ or ())
    return next((one for one in inside if isinstance(one, SkillBuilder)), None)


def _instead(module: ModuleType, module_name: str) -> str:
    names = sorted(
        name
        for name, value in vars(module).items()
        if isinstance(value, CustomSkill | SkillBuilder) or _behind(value) is not None
    )
    ways = ", ".join(f"skill={module_name}:{name}" for name in names)
    return f"possible here: {ways}" if ways else "there is none in this module"


# -- importing -----------------------------------------------------------------------------------------------------


def _imported(name: str, folder: Path | None) -> ModuleType:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            place = f"in {folder.name}/ (skill_path)" if folder else "on the Python path"
            raise DoorShut(
                f"alexa: there is no module {error.name!r} {place}; install the skill's package beside NEXUS, "
                "or name the folder of its code: skill_path=/…"
            ) from error
        raise DoorShut(f"alexa: the skill {name} needs the module {error.name!r}, which is not installed") from error
    except (Exception, SystemExit) as error:  # foreign code: whatever it raises shuts this door and no other
        log.error("mounted skill cannot be imported", extra={"skill": name, "error": type(error).__name__})
        raise DoorShut(
            f"alexa: the skill {name} cannot be imported: {_what(error)}; importing it in a Python of its own shows more"
        ) from error
    if folder is not None and not _inside(module, folder):
        raise DoorShut(
            f"alexa: another module called {name} is loaded already, from elsewhere than {folder.name}/ (skill_path); "
            "rename one of the two, or restart NEXUS if the folder has changed"
        )
    return module


def _what(error: BaseException) -> str:
    """The kind and place of an error. Not its text, which anybody who knocks at a shut door would read."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        return f"SyntaxError in {Path(error.filename).name}, line {error.lineno}"
    return f"{type(error).__name__} in {Path(frames[-1].filename).name}, line {frames[-1].lineno}"


def _inside(module: ModuleType, folder: Path) -> bool:
    places = [module.__file__] if module.__file__ else list(getattr(module, "__path__", ()))
    return any(Path(place).resolve().is_relative_to(folder.resolve()) for place in places)


@contextmanager
def _on_path(folder: Path | None) -> Iterator[None]:
    """With `folder` at the end of the path, for good unless the block fails. Raises DoorShut where it cannot serve."""
    if folder is None or str(folder) in sys.path:
        yield
        return
    try:
        hidden = sorted(name for name in _modules(folder) if _taken(name))
    except OSError:
        raise DoorShut("alexa: skill_path is no folder that NEXUS can read") from None
    if hidden:
        raise DoorShut(
            f"alexa: skill_path holds modules that something else here hides: {', '.join(hidden)}; rename them, or put "
            "the skill into a package"
        )
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    try:
        yield
    except BaseException:
        sys.path.remove(str(folder))
        raise


def _modules(folder: Path) -> Iterator[str]:
    """The names of the modules and packages in `folder`."""
    for path in folder.iterdir():
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.stem.isidentifier():
            yield path.stem


def _taken(name: str) -> bool:
    """Whether `name` would be imported from elsewhere: NEXUS, the standard library, or another skill's folder.

    What is installed besides may lie in the folder too, as it does in folders made for AWS Lambda: then the installed one counts.
    """
    if name in OWN or name in sys.stdlib_module_names:
        return True
    installed = {str(Path(sysconfig.get_path(kind)).resolve()) for kind in ("purelib", "platlib")}
    found = PathFinder.find_spec(name, [place for place in sys.path if str(Path(place).resolve()) not in installed])
    return found is not None and found.origin is not None  # a folder without __init__.py hides nothing
