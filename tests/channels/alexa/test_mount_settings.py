"""Which skill is mounted, and what the door says when it cannot be."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from channels.alexa.credentials import AlexaCredentials
from channels.alexa.mount.find import OWN
from shared.errors import DoorShut
from shared.testing.fakes import FakeClock
from tests.channels.alexa.behind import JUKEBOX, LUNCHBOX, SKILLS, STARGAZER, Behind

LAUNCH = {"type": "LaunchRequest"}


@pytest.fixture
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test puts on the path is gone after it."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize(
    "config",
    [
        STARGAZER,
        STARGAZER | {"skill": "stargazer:lambda_handler"},
        LUNCHBOX | {"skill": "lambda_function:handler", "mode": "alone"},
        JUKEBOX,
        JUKEBOX | {"skill": "jukebox.skill:skill", "persistence": "own"},
    ],
    ids=["SkillBuilder", "lambda_handler", "another name", "CustomSkillBuilder", "CustomSkill"],
)
def test_what_can_be_mounted(credentials: AlexaCredentials, clock: FakeClock, config: dict[str, str]) -> None:
    behind = Behind(credentials, config, clock)
    reply = behind.answered(behind.person().envelope(LAUNCH))
    assert reply is not None
    assert reply.text


def test_an_installed_package_needs_no_folder(credentials: AlexaCredentials, clock: FakeClock, own_path: None) -> None:
    sys.path.append(str(SKILLS))
    assert Behind(credentials, {"skill": "jukebox.skill:builder"}, clock).door.answers_first


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"skill": "stargazer"}, "must read package.module:name"),
        ({"skill": "stargazer:sb:x"}, "must read package.module:name"),
        ({"skill": "../stargazer:sb"}, "must read package.module:name"),
        (STARGAZER | {"skill_path": "stargazer"}, "must be a whole path"),
        (STARGAZER | {"mode": "last"}, "mode must be first or alone"),
        (STARGAZER | {"persistence": "s3"}, "persistence must be own or nexus"),
        ({"skill": "nobody_wrote_this:sb"}, "no module 'nobody_wrote_this' on the Python path; install"),
        (STARGAZER | {"skill": "starlight:sb"}, r"no module 'starlight' in stargazer/ \(skill_path\)"),
        (JUKEBOX | {"skill": "jukebox.nothing:sb"}, "no module 'jukebox.nothing'"),
        (STARGAZER | {"skill": "stargazer:builder"}, "no 'builder'; possible here: .*skill=stargazer:sb"),
        (STARGAZER | {"skill": "stargazer:FACTS"}, "is a dict, and none of what can be mounted.*skill=stargazer:sb"),
        (STARGAZER | {"skill": "stargazer:helped"}, "is a function, and none of what can be mounted"),
        ({"skill": "json:loads"}, "there is none in this module"),
        (STARGAZER | {"skill": "json:loads"}, "another module called json is loaded already"),
        (STARGAZER | {"skill_path": str(SKILLS / "nowhere")}, "no folder that NEXUS can read"),
    ],
)
def test_a_skill_that_cannot_be_mounted_shuts_the_door(
    credentials: AlexaCredentials, clock: FakeClock, config: dict[str, str], text: str
) -> None:
    with pytest.raises(DoorShut, match=text):
        Behind(credentials, config, clock)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import nobody_has_this_package", "needs the module 'nobody_has_this_package', which is not installed"),
        ("x = (", r"SyntaxError in {name}.py, line 1"),
        ("\nraise ValueError('token canary-7f3a')", r"ValueError in {name}.py, line 2; importing it in a Python"),
        ("import sys\nsys.exit('no')", r"SystemExit in {name}.py, line 2"),
    ],
)
def test_code_that_breaks_is_named_without_its_secrets(
    credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path, own_path: None, source: str, text: str
) -> None:
    name = f"broken_{abs(hash(source))}"
    (tmp_path / f"{name}.py").write_text(source)
    with pytest.raises(DoorShut, match=text.format(name=name)) as shut:
        Behind(credentials, {"skill": f"{name}:sb", "skill_path": str(tmp_path)}, clock)
    assert "canary-7f3a" not in str(shut.value)
    assert str(tmp_path) not in sys.path


def test_a_skill_that_cannot_be_built_is_named(
    credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path, own_path: None
) -> None:
    source = "from ask_sdk_core.skill_builder import SkillBuilder\n\n\nclass Mine(SkillBuilder):\n"
    source += "    def create(self):\n        raise OSError('no table')\n\n\nsb = Mine()\n"
    (tmp_path / "unbuilt_skill.py").write_text(source)
    with pytest.raises(DoorShut, match=r"cannot be built: OSError in unbuilt_skill.py, line 6"):
        Behind(credentials, {"skill": "unbuilt_skill:sb", "skill_path": str(tmp_path)}, clock)


def test_once_mended_it_is_found(
    credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path, own_path: None
) -> None:
    config = {"skill": "mended_skill:sb", "skill_path": str(tmp_path)}
    (tmp_path / "mended_skill.py").write_text("import nobody_has_this_package")
    with pytest.raises(DoorShut):
        Behind(credentials, config, clock)
    (tmp_path / "mended_skill.py").write_text(
        "from ask_sdk_core.skill_builder import SkillBuilder\nsb = SkillBuilder()  # and no other package\n"
    )
    assert Behind(credentials, config, clock).door.answers_first


@pytest.mark.parametrize("name", [*OWN, "calendar", "lambda_function"])
def test_a_module_that_would_be_hidden_is_named(
    credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path, own_path: None, name: str
) -> None:
    """By NEXUS' own packages, by the standard library, by the folder of another skill."""
    Behind(credentials, LUNCHBOX, clock)
    (tmp_path / "fine_skill.py").write_text("")
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    with pytest.raises(DoorShut, match=f"hides: {name};"):
        Behind(credentials, {"skill": "fine_skill:sb", "skill_path": str(tmp_path)}, clock)


def test_what_is_installed_may_lie_in_the_folder_as_well(
    credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path, own_path: None
) -> None:
    """Folders made for AWS Lambda hold the SDK; the installed one counts."""
    (tmp_path / "ask_sdk_core").mkdir()
    (tmp_path / "ask_sdk_core" / "__init__.py").write_text("raise RuntimeError")
    (tmp_path / "packed_skill.py").write_text(
        "from ask_sdk_core.skill_builder import SkillBuilder\nsb = SkillBuilder()\n"
    )
    assert Behind(credentials, {"skill": "packed_skill:sb", "skill_path": str(tmp_path)}, clock).door.answers_first


def test_a_skill_that_answers_another_id_shuts_the_door(
    credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path, own_path: None
) -> None:
    source = "from ask_sdk_core.skill_builder import SkillBuilder\nsb, other = SkillBuilder(), SkillBuilder()\n"
    source += f"sb.skill_id = 'amzn1.ask.skill.other'\nother.skill_id = {credentials.skill_id!r}\n"
    (tmp_path / "guarded_skill.py").write_text(source)
    config = {"skill": "guarded_skill:sb", "skill_path": str(tmp_path)}
    with pytest.raises(DoorShut, match=r"answers amzn1\.ask\.skill\.other only"):
        Behind(credentials, config, clock)
    assert Behind(credentials, config | {"skill": "guarded_skill:other"}, clock).door.answers_first


WITHOUT_SDK = """
import sys
from channels.alexa.adapter import AlexaAdapter
from shared.errors import DoorShut
from shared.testing.fakes import door_ports

AlexaAdapter.open("a", {"skill_id": "x"}, door_ports())
assert not [name for name in sys.modules if name.startswith("ask_sdk")], "imported though nothing is mounted"
sys.modules["ask_sdk_core"] = None  # as if it were not installed
try:
    AlexaAdapter.open("a", {"skill_id": "x", "skill": "lambda_function:sb"}, door_ports())
except DoorShut as shut:
    print(shut)
"""


def test_ask_sdk_is_needed_only_where_a_skill_is_mounted() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_SDK], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert "ask-sdk-core is not installed" in done.stdout
    assert "nexus-gateway[alexa-skills]" in done.stdout


def test_the_skill_is_found_once_a_process(credentials: AlexaCredentials, clock: FakeClock) -> None:
    """A door that is configured anew shares module and threads with the one before it."""
    first, second = (
        Behind(credentials, STARGAZER | {"mode": mode}, clock).door._mounted for mode in ("first", "alone")
    )
    assert first is not None
    assert second is not None
    assert first._threads is second._threads


def test_doors_that_open_at_once_share_the_skill(
    credentials: AlexaCredentials, clock: FakeClock, tmp_path: Path, own_path: None
) -> None:
    """Doors are opened in threads: the skill is imported once, and its folder comes onto the path once."""
    source = "import time\ntime.sleep(0.05)\nfrom ask_sdk_core.skill_builder import SkillBuilder\nsb = SkillBuilder()\n"
    (tmp_path / "shared_skill.py").write_text(source)
    config = {"skill": "shared_skill:sb", "skill_path": str(tmp_path)}
    with ThreadPoolExecutor(4) as pool:
        doors = [one.door._mounted for one in pool.map(lambda _: Behind(credentials, config, clock), range(4))]
    assert len({id(door._threads) for door in doors if door is not None}) == 1
    assert sys.path.count(str(tmp_path)) == 1
