"""`nexus nlu` and its options. What they do is in infra.cli.nlu."""

from pathlib import Path
from typing import Annotated

import typer

nlu = typer.Typer(help="Understanding: train a model, ask it, score it.", no_args_is_help=True)

_ROWS = 'JSON Lines of {"text", "intent", "slots": [{"slot", "start", "end", "value"}]}; intent "oos" is out of scope.'
Model = Annotated[Path, typer.Option("--model", help="The folder of a trained model.", file_okay=False)]


@nlu.command()
def train(
    rows: Annotated[list[Path], typer.Option("--train", help=f"What to learn from; may be given again. {_ROWS}")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write the model to.", file_okay=False)],
    validation: Annotated[
        list[Path] | None,
        typer.Option("--val", help="Rows that set the threshold and calibrate the scores; may be given again."),
    ] = None,
    language: Annotated[str, typer.Option(help="The language of the rows.")] = "en",
    finetune: Annotated[
        bool, typer.Option("--finetune", help="Tune the encoder too: better, minutes instead of seconds, needs torch.")
    ] = False,
) -> None:
    """Train a model on rows and write it to a folder: encoder, heads, tagger, labels, thresholds and a card."""
    from infra.cli.nlu import train_model

    train_model(rows, validation or [], out, language, finetune=finetune)


@nlu.command()
def predict(model: Model) -> None:
    """Say what texts mean: a text a line on standard input (blank ones too), a JSON line each on standard output."""
    from infra.cli.nlu import predict_lines

    predict_lines(model)


@nlu.command()
def evaluate(
    model: Model,
    test: Annotated[list[Path], typer.Option("--test", help=f"Rows to hold it against; may be given again. {_ROWS}")],
) -> None:
    """Score a model on rows that it was not trained on, and print JSON; every score is a share from 0 to 1."""
    from infra.cli.nlu import evaluate_model

    evaluate_model(model, test)
