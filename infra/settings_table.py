"""The settings NEXUS knows: name, meaning, default, and how the text of each is read."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from shared.manifest import SkillSetting

Parse = Callable[[str, Path], Any]
"""Reads a setting's text; relative paths count from the given folder. Raises ValueError."""


class Spec(Struct, frozen=True):
    """One setting. `default` is read like a text from outside; None means that there is none."""

    field: str
    parse: Parse
    kind: str  # what a right value is, for people: "a whole number, 1 to 64"
    default: str | None
    help: str
    shown_default: str = ""  # where the default is worked out rather than fixed
    secret: bool = False

    @property
    def env(self) -> str:
        """The environment variable: `NEXUS_PORT` for `port`."""
        return "NEXUS_" + self.field.upper()


class DoorSetting(Struct, frozen=True):
    """One `[[settings]]` of a channel.toml: a value the door needs, under `env` or (where that is empty) in files only.

    `simulator` marks what only simulators may set (refused in production); `kind` "path" makes relative paths
    count from where the value was written. The settings of skills are made into these; `default` is theirs.
    """

    key: str
    env: str = ""
    help: str = ""
    secret: bool = False
    required: bool = False
    simulator: bool = False
    kind: Literal["text", "path"] = "text"
    default: str = ""


class Doors(Struct, frozen=True):
    """The part of a channel.toml that settings need."""

    name: str
    settings: tuple[DoorSetting, ...] = ()


class Told(Struct, frozen=True):
    """The part of a skill.toml that settings need."""

    name: str
    settings: tuple[SkillSetting, ...] = ()

    def as_doors(self) -> Doors:
        """The settings as those of a door are, each with its variable."""
        return Doors(self.name, tuple(_of_skill(self.name, one) for one in self.settings))


def skill_env(skill: str, key: str) -> str:
    """The environment variable of a skill's setting: `NEXUS_SKILL_WEATHER_URL`."""
    return f"NEXUS_SKILL_{skill.upper()}_{key.upper()}"


def _of_skill(skill: str, one: SkillSetting) -> DoorSetting:
    says = f"{one.help} For example `{one.example}`." if one.example else one.help
    return DoorSetting(one.key, skill_env(skill, one.key), says, one.secret, one.required, default=one.default)


def whole(low: int, high: int) -> Parse:
    """A whole number within bounds."""

    def parse(text: str, _folder: Path) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return parse


def one_of(*words: str) -> Parse:
    """One of the given words, in any case."""

    def parse(text: str, _folder: Path) -> str:
        if text.lower() not in words:
            raise ValueError(text)
        return text.lower()

    return parse


def path(text: str, folder: Path) -> Path:
    """An absolute path."""
    return Path(os.path.normpath(folder / Path(text).expanduser()))


def url(*schemes: str) -> Parse:
    """A URL of one of the schemes, with a host or (for sockets) a path, without a slash at its end."""

    def parse(text: str, _folder: Path) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not (parts.netloc or parts.path or parts.query):
            raise ValueError(text)
        _ = parts.port  # raises ValueError where it is no port
        return text.rstrip("/")

    return parse


def host(text: str, _folder: Path) -> str:
    """An address or name to listen on."""
    if not text or any(c.isspace() or c == "/" for c in text):
        raise ValueError(text)
    return text


def ray_address(text: str, _folder: Path) -> str:
    """Where a Ray cluster is: `auto`, or a host and a port."""
    name, _, port = text.rpartition(":")
    if text != "auto" and not (name and "/" not in name and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(text)
    return text


def answerer(text: str, folder: Path) -> str:
    """What generates text: "off", the name of a model that was added, or the URL of a server, without anything secret in it."""
    if "://" not in text:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
            raise ValueError(text)
        return text
    parts = urlsplit(text)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(text)
    return str(url("http", "https")(text, folder))


def line(text: str, _folder: Path) -> str:
    """Printable text without blanks around it, in one line."""
    if not text.strip() or not text.isprintable():
        raise ValueError(text)
    return text.strip()


def timezone(text: str, _folder: Path) -> str:
    """An IANA time zone that this machine has rules for."""
    try:
        return ZoneInfo(text).key
    except (OSError, LookupError) as error:  # a folder's name, an unknown zone
        raise ValueError(text) from error


def without_password(text: str) -> str:
    """A URL fit to be shown: its password and query replaced by dots."""
    parts = urlsplit(text)
    user, at, place = parts.netloc.rpartition("@")
    if ":" in user:
        user = user.partition(":")[0] + ":…"
    return urlunsplit((parts.scheme, user + at + place, parts.path, "…" if parts.query else "", ""))


SPECS = (
    Spec("host", host, "an address", "127.0.0.1", "Address the web workers listen on."),
    Spec("port", whole(1, 65535), "a whole number, 1 to 65535", "8080", "Port the web workers listen on."),
    Spec("home", path, "a folder", "./.nexus", "Where NEXUS keeps all it keeps: data, keys, models, pids."),
    Spec(
        "env",
        one_of("development", "production"),
        "development or production",
        "development",
        "`production` refuses everything that is for simulators and makes no app `sim`.",
    ),
    Spec("workers", whole(1, 64), "a whole number, 1 to 64", "1", "Web workers that share the port."),
    Spec(
        "master_key_file",
        path,
        "a file",
        None,
        "The master key that wraps everybody's data keys. Made at the first start; keep a copy elsewhere.",
        "`NEXUS_HOME/keys/master.key`",
    ),
    Spec(
        "public_url",
        url("http", "https"),
        "an http or https URL",
        None,
        "Where people and platforms reach NEXUS from outside; its origin may use the web chat.",
    ),
    Spec(
        "database_url",
        url("postgresql", "postgres"),
        "a postgresql URL",
        None,
        "A Postgres of yours, instead of the embedded one.",
        "the embedded Postgres",
    ),
    Spec(
        "redis_url",
        url("redis", "rediss", "valkey", "valkeys", "unix"),
        "a redis, rediss or unix URL",
        None,
        "A Valkey or Redis of yours, instead of the embedded one.",
        "the embedded Valkey",
    ),
    Spec(
        "runtime_dir",
        path,
        "a folder",
        None,
        "Short-lived folder for sockets of the embedded servers; its path must be short.",
        "`XDG_RUNTIME_DIR`, or the system's temporary folder",
    ),
    Spec(
        "timezone",
        timezone,
        "an IANA time zone",
        None,
        "Time zone of people whose channel does not tell theirs.",
        "the system's",
    ),
    Spec(
        "log_level",
        one_of("debug", "info", "warning", "error"),
        "debug, info, warning or error",
        "info",
        "The least level that is logged.",
    ),
    Spec(
        "model_threads",
        whole(1, 256),
        "a whole number, 1 to 256",
        "1",
        "Threads one model session computes with.",
    ),
    Spec(
        "models",
        one_of("process", "in-process", "ray"),
        "process, in-process or ray",
        "process",
        "Where the models of `nexus up` are: in a process that all web workers ask, in each worker, or in a Ray cluster.",
    ),
    Spec(
        "model_provider",
        one_of("auto", "cpu", "cuda"),
        "auto, cpu or cuda",
        "auto",
        "What models run on; `auto` takes an NVIDIA GPU where there is one, `cuda` refuses to start without.",
    ),
    Spec(
        "ray_address",
        ray_address,
        "auto, or HOST:PORT",
        "auto",
        "The Ray cluster that runs `infra.serve`, where `NEXUS_MODELS` is `ray`; `auto` finds the one of this machine.",
    ),
    Spec(
        "generation",
        answerer,
        "off, the name of a model, or an http or https URL",
        "off",
        "What writes free answers: nothing, a model that `nexus models add` added, or a server that speaks OpenAI's "
        "protocol (its base URL, such as `http://127.0.0.1:8000/v1`).",
    ),
    Spec(
        "generation_model",
        line,
        "a name",
        None,
        "What the model is called at the server that `NEXUS_GENERATION` names.",
    ),
    Spec("generation_key", line, "a key", None, "The API key of that server.", secret=True),
    Spec(
        "generation_slots",
        whole(1, 256),
        "a whole number, 1 to 256",
        "4",
        "Answers a model here gives at the same time; at that server, how many may be under way.",
    ),
    Spec(
        "generation_tokens",
        whole(64, 1_048_576),
        "a whole number, 64 to 1048576",
        "2048",
        "Tokens of prompt and answer together, at most; a place for each is kept in memory for each answer "
        "(`nexus models list` shows how much).",
    ),
    Spec(
        "generation_threads",
        whole(1, 256),
        "a whole number, 1 to 256",
        "2",
        "Threads a model here computes with.",
    ),
)
SECRET_URLS = frozenset({"database_url", "redis_url", "generation"})  # shown without password


def read_doors(folder: Path) -> Doors | None:
    """What a channel's folder declares; None without a channel.toml that can be read."""
    try:
        return msgspec.toml.decode((folder / "channel.toml").read_bytes(), type=Doors)
    except (OSError, msgspec.DecodeError):
        return None


def read_told(folder: Path) -> Doors | None:
    """What a skill's folder declares; None without a skill.toml that can be read."""
    try:
        return msgspec.toml.decode((folder / "skill.toml").read_bytes(), type=Told).as_doors()
    except (OSError, msgspec.DecodeError):
        return None


def reference(
    doors: Mapping[str, tuple[DoorSetting, ...]], skills: Mapping[str, tuple[DoorSetting, ...]] | None = None
) -> str:
    """The page infra/SETTINGS.md: every setting in a table, those of the given channels and skills below."""
    rows = [f"| `{spec.env}` | {_default(spec)} | {spec.help} ({spec.kind}) |" for spec in SPECS]
    known = {spec.env for spec in SPECS}
    for channel, settings in sorted(doors.items()):
        rows += [_door_row("channels", channel, setting) for setting in settings if setting.env not in known]
    for skill, settings in sorted((skills or {}).items()):
        rows += [_door_row("skills", skill, setting) for setting in settings]
    return _PAGE.format(rows="\n".join(rows))


def _default(spec: Spec) -> str:
    return spec.shown_default or ("" if spec.default is None else f"`{spec.default}`")


def _door_row(kind: str, plugin: str, setting: DoorSetting) -> str:
    notes = [f"`nexus {kind} configure {plugin} {setting.key}=…`"]
    notes += [f"required {'to open the door' if kind == 'channels' else 'by the skill'}"] if setting.required else []
    notes += ["secret"] if setting.secret else []
    notes += ["simulators only: refused in production"] if setting.simulator else []
    name = setting.env or f"[{kind}.{plugin}] {setting.key}"
    default = f" `{setting.default}` " if setting.default else " "
    return f"| `{name}` |{default}| {setting.help} ({'; '.join(notes)}) |"


_PAGE = """# Settings

Environment variables count over `nexus.toml`, that over what `nexus channels configure` and `nexus skills
configure` stored in the database, that over the defaults. `nexus doctor` shows each value with its source and hides
secrets. An empty variable counts as not set; an unknown one is a warning with the nearest name; a wrong value
stops NEXUS with a line that says where it came from.

`nexus.toml` is read from the folder NEXUS is started in and from `NEXUS_HOME` (of both, the first counts):

```toml
port = 8080                 # NEXUS_PORT
workers = 2                 # NEXUS_WORKERS

[channels.alexa]            # what the app `default` uses
skill_id = "amzn1.ask.skill.…"

[skills.weather]            # NEXUS_SKILL_WEATHER_…
url = "https://weather.example.org"
```

Relative paths count from the folder of the file they stand in, or from where NEXUS was started.

| variable | default | meaning |
|---|---|---|
{rows}

The settings of channels and skills fill the app `default`. For others there are
`nexus channels configure NAME key=value … --app APP` and `nexus skills configure NAME key=value … --app APP`.

This page is written by `python -m infra.settings`; a test fails when it is out of date.
"""
