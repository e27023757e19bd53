"""What `nexus up` says once NEXUS answers: where to click and what to try."""

import shlex

from infra.cli.context import command
from infra.generation import notice
from infra.home import Home
from infra.settings import Settings
from infra.simulator import Simulator

_TRY = "what time is it in Tokyo?"


def welcome(settings: Settings, seconds: float) -> str:
    """The lines to print. In development they hold a real key of the app `default`."""
    nexus = _with_settings(settings)
    lines = ["", f"NEXUS is ready ({seconds:.1f} s).", "", f"  Chat     {settings.local_url}/"]
    lines += [f"  Widget   {settings.local_url}/widget/demo"]
    keys = None if settings.production else Simulator(Home(settings.home).simulator).keys()
    if keys is None:
        lines += [f"  REST     {nexus} keys create --name first    makes an API key"]
    else:
        lines += [
            f"  Alexa    {nexus} say {shlex.quote(_TRY)}    --channel google, dialogflow, sms … for the others",
            f"  REST     {_curl(settings, keys.first_steps)}",
            f"  Terminal {nexus} chat --user me",
        ]
    lines += [
        f"  Doors    {nexus} channels list    which are open, and what the others need",
        f"  Trouble? {nexus} doctor",
    ]
    if told := notice(settings):
        lines += ["", f"  Answers  {told}."]
    return "\n".join([*lines, "", "Ctrl-C stops it.", ""])


def _curl(settings: Settings, key: str) -> str:
    body = '{"text": "remember that the spare key is under the mat", "user": {"id": "me"}}'
    return (
        f"curl -s {settings.local_url}/v1/messages -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )


def _with_settings(settings: Settings) -> str:
    """The command, with the variables another shell would need to find this NEXUS."""
    told = {entry.name: entry for entry in settings.entries if entry.source.startswith("environment")}
    variables = [f"{name}={shlex.quote(told[name].shown)}" for name in ("NEXUS_HOME", "NEXUS_PORT") if name in told]
    return " ".join([*variables, command()])
