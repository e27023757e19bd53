"""`nexus skills` and its options. What they do is in the module each imports."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.context import PAIRS_HELP, pair, settings

skills = typer.Typer(help="Skills: what NEXUS can do.", no_args_is_help=True)


class Platform(StrEnum):
    """Where skills can be exported to: the names in infra.exports.platforms, which takes long to import, and all of them."""

    ALEXA = "alexa"
    DIALOGFLOW = "dialogflow"
    DIALOGFLOW_CX = "dialogflow-cx"
    ACTIONS = "actions"
    TOOLS = "tools"
    ALL = "all"


def _locales(names: list[str] | None) -> list[str]:
    """`names`, if each may name a language and a region; else wrong use. Files are called after them."""
    for name in names or ():
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", name):
            raise typer.BadParameter(f"{name!r} is not like de or en-GB", param_hint="--locale")
    return names or []


@skills.command("list")
def skills_list(app: Annotated[str, typer.Option("--app", help="Whose settings.")] = "default") -> None:
    """List the skills with examples, their settings and what they lack."""
    from infra.cli.skills import list_skills

    list_skills(settings(), app)


@skills.command("configure")
def skills_configure(
    name: Annotated[str, typer.Argument(help="The skill.")],
    values: Annotated[list[str], typer.Argument(metavar="KEY[=VALUE]...", help=PAIRS_HELP)],
    app: Annotated[str, typer.Option("--app", help="Which app.")] = "default",
) -> None:
    """Tell a skill its settings, encrypted in the database; they count within two seconds."""
    from infra.cli.skills import check_skill_settings, configure_skill
    from infra.cli.values import asked_for

    pairs = [pair(value) for value in values]
    check_skill_settings(settings(), name, [key for key, _ in pairs])
    configure_skill(settings(warn=False), app, name, asked_for(pairs))


@skills.command("export")
def skills_export(
    platform: Annotated[Platform, typer.Option(help="What to write models for.")],
    out: Annotated[Path, typer.Option("--out", help="Where to: a folder a platform in it.", file_okay=False)],
    skill: Annotated[list[str] | None, typer.Option("--skill", help="Only this skill; may be given again.")] = None,
    locale: Annotated[
        list[str] | None,
        typer.Option(
            "--locale",
            help="Such as de or en-GB; may be given again. Else every language there is.",
            callback=_locales,
        ),
    ] = None,
) -> None:
    """Write platforms' language models of the skills; what a platform cannot take is left out and told."""
    from infra.cli.skills_export import run

    run(settings(), platform.value, skill or [], locale or [], out)


@skills.command("new")
def skills_new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and underscores.")],
    into: Annotated[
        Path | None, typer.Option(help="Where to; else NEXUS_HOME/plugins.", file_okay=False, show_default=False)
    ] = None,
) -> None:
    """Write a new skill that keeps the contract, for you to change."""
    from infra.cli.skills_new import run

    run(settings(), name, into)


@skills.command("check")
def skills_check(
    target: Annotated[str, typer.Argument(metavar="SKILL", help="A skill's name, or the folder it lies in.")],
) -> None:
    """Hold a skill to the contract of all skills, and say in words what fails and which intents are hard to tell apart."""
    from infra.cli.skills_check import run

    raise typer.Exit(run(settings(), target))
