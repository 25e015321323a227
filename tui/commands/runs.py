"""train, evaluate, runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tui.commands.options import Json, context_of, narrate, print_json, print_table

if TYPE_CHECKING:
    from ml.config import TrainConfig
    from store.library import Library
    from store.runs import EvaluationRow

LEAK_NOTE = (
    "copies of the same clips are in train and val: this accuracy says nothing about new clips"
)


def register(app: typer.Typer) -> None:
    app.command()(train)
    app.command()(evaluate)
    app.command()(runs)


def train(
    context: typer.Context,
    preset: Annotated[Literal["default", "notebook"], typer.Option()] = "default",
    glosses: Annotated[
        str, typer.Option(help="100, 300, 1000, 2000, all, or a file with a gloss a line.")
    ] = "100",
    split: Annotated[
        Literal["official", "signer", "notebook"],
        typer.Option(help="notebook leaks on purpose, for comparison."),
    ] = "official",
    resume: Annotated[str | None, typer.Option(help="Go on with this run.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    json: Json = False,
) -> None:
    """Train a model; the best epoch on val is kept."""
    from dataclasses import replace

    from ml.config import PRESETS

    library = context_of(context).open()
    changes = {"name": name, "epochs": epochs, "seed": seed}
    config = replace(
        PRESETS[preset],
        glosses=read_glosses(glosses),
        split=split,
        **{key: value for key, value in changes.items() if value is not None},  # type: ignore[arg-type]
    )
    if split == "notebook":
        narrate(f"The notebook split leaks: {LEAK_NOTE}.")
    run_id = follow_training(library, config, resume)
    print_run(library, run_id, json=json)


def read_glosses(text: str) -> str | list[str] | None:
    """An official subset by its name, the lines of a file, or None for all.

    Raises:
        SettingsError: the file is not there or empty.
    """
    from store.errors import SettingsError

    if text == "all":
        return None
    if text.isdigit():
        return text
    try:
        lines = Path(text).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The glosses {text!r} are neither a subset nor a readable file.",
            hint="--glosses takes 100, 300, 1000, 2000, all, or a text file with a gloss a line.",
        ) from error
    glosses = [line.strip() for line in lines if line.strip()]
    if not glosses:
        raise SettingsError(f"The file {text} holds no glosses.", hint="One gloss a line.")
    return glosses


def follow_training(library: "Library", config: "TrainConfig", resume: str | None) -> int:
    """Train in a child process and return the run's id. Raises JobError, StoppedError."""
    from ml.config import train_job
    from store.words import JobKind
    from tui.commands.following import run_and_follow

    row = run_and_follow(library, JobKind.TRAIN, train_job(config, resume))
    return int((row.result or {})["run"])


def evaluate(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's name or number, or latest.")],
    split: Annotated[Literal["train", "val", "test"], typer.Option()] = "val",
    json: Json = False,
) -> None:
    """Measure a run on a split again."""
    library = context_of(context).open()
    run_id = follow_evaluation(library, run, split)
    print_run(library, run_id, json=json)


def follow_evaluation(library: "Library", reference: str | int, split: str) -> int:
    """Evaluate in a child process and return the run's id. Raises JobError, StoppedError."""
    from store.runs import get_run
    from store.words import JobKind
    from tui.commands.following import run_and_follow

    run_id = get_run(library, reference).id
    run_and_follow(library, JobKind.EVALUATE, {"run": run_id, "split": split})
    return run_id


def print_run(library: "Library", run_id: int, *, json: bool) -> None:
    from dataclasses import asdict

    from store.runs import get_run, list_evaluations

    run, evaluations = get_run(library, run_id), list_evaluations(library, run_id)
    if json:
        print_json({**asdict(run), "evaluations": [asdict(row) for row in evaluations]})
        return
    typer.echo(
        f"Run {run.id} {run.name}: {run.preset}, {run.n_glosses or 0} glosses, "
        f"{run.n_train or 0:,} train and {run.n_val or 0:,} val clips, "
        f"{run.parameters or 0:,} parameters, {run.status}"
    )
    for row in evaluations:
        typer.echo(describe_evaluation(row))
    if run.split_kind == "notebook":
        typer.echo(f"Leaking split: {LEAK_NOTE}.")


def describe_evaluation(row: "EvaluationRow") -> str:
    """An accuracy with what it rests on."""
    return (
        f"  {row.split}: top-1 {100 * row.top1:.1f} % "
        f"(95 % interval {100 * row.low:.1f} to {100 * row.high:.1f}), "
        f"top-5 {100 * row.top5:.1f} %, n = {row.n} clips of {row.n_glosses} glosses"
    )


def runs(context: typer.Context, json: Json = False) -> None:
    """All runs with their accuracies."""
    from store.query import run_query

    columns = (
        "run, name, preset, status, split_kind, leaks, n_glosses, epochs, split, n, top1, low, "
        "high, top5"
    )
    found = run_query(
        context_of(context).open(),
        f"SELECT {columns} FROM run_stats ORDER BY run DESC",  # noqa: S608 - constants
    )
    if json:
        print_json([dict(zip(found.columns, row, strict=True)) for row in found.rows])
        return
    rows: list[list[Any]] = [list(row) for row in found.rows]
    for row in rows:
        row[5] = "leaks" if row[5] else ""
    print_table([*found.columns[:5], "", *found.columns[6:]], rows)
