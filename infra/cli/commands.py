"""The commands and their options. What they do is in the module each imports."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.context import PAIRS_HELP, pair, settings
from infra.cli.evaluation_commands import evaluation
from infra.cli.models_commands import models
from infra.cli.nlu_commands import nlu
from infra.cli.skill_commands import skills
from shared.text import clean

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys = typer.Typer(help="API keys of the REST door.", no_args_is_help=True)
apps = typer.Typer(help="Apps: each has people, doors and keys of its own.", no_args_is_help=True)
channels = typer.Typer(help="Channels: the doors people come in by.", no_args_is_help=True)
handoff = typer.Typer(help="Conversations that a human has.", no_args_is_help=True)
app.add_typer(keys, name="keys")
app.add_typer(apps, name="apps")
app.add_typer(channels, name="channels")
app.add_typer(handoff, name="handoff")
app.add_typer(skills, name="skills")
app.add_typer(nlu, name="nlu")
app.add_typer(models, name="models")
app.add_typer(evaluation, name="eval")


class Fault(StrEnum):
    """What `nexus say` lets happen to messages: the names of shared.testing.platforms.faults, which takes long to import."""

    RETRY = "retry"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    HANG_UP = "hang-up"


OfApp = Annotated[str, typer.Option("--app", help="Which app.", show_default=True)]


def _twin(name: str) -> str:
    """`name`, if a manifest has such a twin, a plug-in's too; else wrong use, with the names there are."""
    from infra.plugins import find_twins

    names = [twin.name for twin in find_twins(settings(warn=False).home).found]
    if name not in names:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(names)}", param_hint="--channel")
    return name


def _somebody(name: str) -> str:
    """`name`, if it may name a simulated person; else wrong use. Twins make ids, file names and phone numbers of it."""
    if not re.fullmatch(r"\+[0-9]{7,15}|[^\W_]{1,64}", name):
        raise typer.BadParameter(f"{name!r} is not all letters and digits, nor a phone number", param_hint="--user")
    return name


def _version(wanted: bool) -> None:
    if wanted:
        from infra.version import VERSION

        print(f"nexus {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """NEXUS: one assistant, reached by every channel."""


@app.command()
def up() -> None:
    """Start NEXUS and keep it running."""
    from infra.cli.up import run

    run(settings())


@app.command()
def chat(
    user: Annotated[str, typer.Option(help="Who you are: the same as `user.id` of the REST API.")] = "me",
    app: OfApp = "default",
) -> None:
    """Talk to NEXUS line by line, whether it runs or not. Ctrl-D ends."""
    from infra.cli.chat import run

    if not clean(user):
        raise typer.BadParameter("name somebody, or leave it out", param_hint="--user")
    run(settings(), app, clean(user))


@app.command()
def say(
    text: Annotated[
        list[str] | None,
        typer.Argument(help="What to say; with `--fault reorder` several messages.", show_default=False),
    ] = None,
    channel: Annotated[
        str,
        typer.Option(
            help="Which platform to speak as: alexa, rest, web …; a wrong name lists them all.", callback=_twin
        ),
    ] = "alexa",
    show: Annotated[bool, typer.Option("--show", help="Print requests and answers as they are sent.")] = False,
    interactive: Annotated[
        bool,
        typer.Option("--interactive", "-i", help="Talk line by line until the session closes; Enter alone is silence."),
    ] = False,
    user: Annotated[
        str,
        typer.Option(
            help="Which simulated person speaks: letters and digits, or for text messages a number like +16505550123.",
            callback=_somebody,
        ),
    ] = "me",
    locale: Annotated[str, typer.Option(help="The person's language and region.")] = "en-US",
    fault: Annotated[
        Fault | None,
        typer.Option(
            help="Deliver all that is said so, and fail unless each message gets one answer: sent again, sent twice at once, "
            "out of order (each TEXT, or with -i every two lines, is a message, and the last one comes first), or sent again "
            "after hanging up before the answer.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say something to the running NEXUS as a platform would: signed, over TCP, to the app `sim`."""
    from infra.cli.say import run

    said = [cleaned for one in text or () if (cleaned := clean(one))]
    if not said and (text or not interactive):
        raise typer.BadParameter('say what? For example: nexus say "what time is it in Tokyo"', param_hint="TEXT")
    if fault is Fault.REORDER and not interactive and len(said) < 2:
        raise typer.BadParameter(
            'give two messages or more, each in quotes: nexus say --fault reorder "seven times six" "tell me a joke"',
            param_hint="TEXT",
        )
    run(
        settings(),
        channel,
        said,
        show=show,
        interactive=interactive,
        fault=fault or "",
        user=user,
        locale=locale,
    )


@app.command()
def doctor() -> None:
    """Look at everything NEXUS needs, and say what is wrong and how to mend it."""
    from infra.cli.doctor import run

    raise typer.Exit(run(settings(warn=False)))


@keys.command("create")
def keys_create(
    name: Annotated[str, typer.Option(help="What the key is for, for you to recognise it.")],
    app: OfApp = "default",
) -> None:
    """Make an API key. It is shown once, on the last line."""
    from infra.cli.registry import create_key

    create_key(settings(), app, name)


@keys.command("list")
def keys_list() -> None:
    """List the keys, without their secrets."""
    from infra.cli.registry import list_keys

    list_keys(settings())


@keys.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The id in `nexus keys list`.")]) -> None:
    """Make a key worthless, within two seconds."""
    from infra.cli.registry import revoke_key

    revoke_key(settings(), key_id)


@apps.command("list")
def apps_list() -> None:
    """List the apps."""
    from infra.cli.registry import list_apps

    list_apps(settings())


@apps.command("create")
def apps_create(name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")]) -> None:
    """Make an app."""
    from infra.cli.registry import create_app

    create_app(settings(), name)


@handoff.command("list")
def handoff_list(app: OfApp = "default") -> None:
    """List the conversations of an app in which NEXUS keeps quiet, and why."""
    from infra.cli.handoffs import list_handoffs

    list_handoffs(settings(), app)


@handoff.command("return")
def handoff_return(
    handoff_id: Annotated[str, typer.Argument(metavar="ID", help="The id in `nexus handoff list`.")],
    app: OfApp = "default",
) -> None:
    """Give a conversation back to the assistant, which answers from the next message on."""
    from infra.cli.handoffs import give_back

    give_back(settings(), app, handoff_id)


@channels.command("list")
def channels_list(app: OfApp = "default") -> None:
    """List the doors of an app: open, or shut and why."""
    from infra.cli.doors import list_channels

    list_channels(settings(), app)


@channels.command("configure")
def channels_configure(
    name: Annotated[str, typer.Argument(help="The channel.")],
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY[=VALUE]...",
            help=PAIRS_HELP,
        ),
    ],
    app: OfApp = "default",
) -> None:
    """Set values of a door, encrypted in the database, and say what becomes of it; they count within two seconds."""
    from infra.cli.doors import check_settings, configure
    from infra.cli.values import asked_for

    pairs = [pair(value) for value in values]
    check_settings(settings(), name, [key for key, _ in pairs])
    configure(settings(warn=False), app, name, asked_for(pairs))


@channels.command("new")
def channels_new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and underscores.")],
    package: Annotated[bool, typer.Option("--package", help="A pip package instead of a folder.")] = False,
    into: Annotated[
        Path | None,
        typer.Option(help="Where to; else NEXUS_HOME/plugins, for a package the current folder.", file_okay=False),
    ] = None,
) -> None:
    """Write a new channel that keeps the contract, for you to change."""
    from infra.cli.new import run

    run(settings(), name, package=package, into=into)


@channels.command("check")
def channels_check(
    target: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel's name, or the folder it lies in.")],
    quick: Annotated[bool, typer.Option("--quick", help="200 examples a property instead of 2,000.")] = False,
) -> None:
    """Hold a channel to the contract of all channels, and say in words what fails."""
    from infra.cli.check import run

    raise typer.Exit(run(settings(), target, quick=quick))
