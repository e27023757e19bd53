"""What a person is told to do about a setting that is missing."""

DEFAULT_APP = "default"
"""The app whose doors lie at `/channels/…`, and the only one that environment variables fill."""


def how_to_set(app: str, channel: str, values: str, environment: str = "") -> str:
    """How to give the door of `channel` in `app` its `values` ("skill_id=…").

    `environment` is the variable ("NEXUS_…") that does it too, if there is one.
    """
    if app != DEFAULT_APP:
        return f"run `nexus channels configure {channel} --app {app} {values}`"
    command = f"run `nexus channels configure {channel} {values}`"
    return f"set {environment}, or {command}" if environment else command


def how_to_tell(app: str, skill: str, key: str) -> str:
    """How to give `skill` in `app` its setting `key`."""
    if app != DEFAULT_APP:
        return f"run `nexus skills configure {skill} --app {app} {key}=…`"
    return f"set NEXUS_SKILL_{skill.upper()}_{key.upper()}, or run `nexus skills configure {skill} {key}=…`"
