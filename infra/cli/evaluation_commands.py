"""`nexus eval` and its options. What it does is in infra.cli.evaluation."""

from typing import Annotated

import typer

from infra.cli.context import settings

evaluation = typer.Typer(invoke_without_command=True)


@evaluation.callback()
def answers(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|URL", help="The language model; else the one that NEXUS_GENERATION chooses."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every answer.")] = False,
) -> None:
    """Have a language model answer cases with known facts, and say how much of it has a source: as it is, and as the guard
    leaves it. 1 where something without a source passes the guard."""
    if context.invoked_subcommand is not None:
        return
    from infra.cli.evaluation import run

    raise typer.Exit(run(settings(), model, as_json=as_json))
