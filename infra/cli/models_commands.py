"""`nexus models` and its options. What they do is in infra.cli.models."""

from typing import Annotated

import typer

from infra.cli.context import settings

models = typer.Typer(help="Language models that write free answers.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The model.")]


@models.command("add")
def models_add(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|smollm2",
            help="A folder as onnxruntime-genai's builder writes it, or `smollm2`, a small model for trying things out.",
        ),
    ],
    name: Annotated[str | None, typer.Option(help="What to call it; else as its folder is called.")] = None,
    licence: Annotated[
        str | None, typer.Option(help="Its licence, such as Apache-2.0; else as the folder says.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Where it is from; else its folder.")] = None,
) -> None:
    """Add a model: its files are opened, copied and hashed."""
    from infra.cli.models import add_folder, add_smollm

    if what == "smollm2":
        add_smollm(settings(), name)
    else:
        add_folder(settings(), what, name, licence, source)


@models.command("list")
def models_list() -> None:
    """List the models, and what an answer takes of memory."""
    from infra.cli.models import list_models

    list_models(settings())


@models.command("check")
def models_check(name: Name) -> None:
    """Hash a model's files again, and have it answer: alone, again, and beside others."""
    from infra.cli.models import check_model

    check_model(settings(), name)


@models.command("remove")
def models_remove(name: Name) -> None:
    """Delete a model."""
    from infra.cli.models import remove_model

    remove_model(settings(), name)
