"""train and evaluate."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tui.commands.options import Json, context_of, narrate, print_json, say
from tui.commands.run_tables import describe_evaluation, print_run, print_run_tables, runs

__all__ = ["describe_evaluation", "register"]

if TYPE_CHECKING:
    from ml.readiness import Readiness
    from store.library import Library


def register(app: typer.Typer) -> None:
    app.command()(train)
    app.command()(evaluate)
    app.command()(runs)


def train(
    context: typer.Context,
    preset: Annotated[
        Literal["default", "notebook"] | None,
        typer.Option(help="[default, or that of --from]", show_default=False),
    ] = None,
    glosses: Annotated[
        str, typer.Option(help="100, 300, 1000, 2000, all, or a file with a gloss a line.")
    ] = "100",
    split: Annotated[
        Literal["official", "signer", "notebook"],
        typer.Option(help="notebook leaks on purpose, for comparison."),
    ] = "official",
    split_seed: Annotated[
        int | None, typer.Option(min=0, help="signer: another choice of people.")
    ] = None,
    duplicates: Annotated[
        Literal["drop", "keep"] | None,
        typer.Option(help="Train clips that are in val or test as well; keep leaks. [drop]"),
    ] = None,
    contradictions: Annotated[
        Literal["keep", "drop"] | None,
        typer.Option(help="Recordings that train has under several glosses. [keep]"),
    ] = None,
    landmarks: Annotated[
        Literal["hands", "holistic"],
        typer.Option(help="holistic reads upper body and lips too: extract them so."),
    ] = "hands",
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Begin with the weights of a run, a bundle's folder or starter, and its sizes.",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            "--classes-from", metavar="MODEL", help="Super-classes of glosses that it finds alike."
        ),
    ] = None,
    teachers: Annotated[
        list[str] | None,
        typer.Option(
            "--teacher", metavar="MODEL", help="Learn this model's answers too; several at once."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Any other setting, as in model.width=96."
        ),
    ] = None,
    strategy: Annotated[
        Literal["one", "mirrored", "multiworker"],
        typer.Option(
            help="One device; mirrored: all of this machine; multiworker: all of the workers "
            "that TF_CONFIG names. It changes nothing that is trained."
        ),
    ] = "one",
    resume: Annotated[str | None, typer.Option(help="Go on with this run.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1)] = None,
    learning_rate: Annotated[float | None, typer.Option(min=1e-7, max=1.0)] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what stands in its way; 1 if anything does.")
    ] = False,
    json: Json = False,
) -> None:
    """Train a model; the best epoch on val is kept."""
    from ml.config import train_job
    from ml.readiness import check_resume, check_training
    from tui.commands.train_settings import make_config, read_settings
    from tui.commands.worker import works_for_another
    from tui.reading.glosses import read_glosses

    if strategy == "multiworker" and works_for_another(check=check):
        return
    library = context_of(context).open()
    changes = {
        "glosses": read_glosses(glosses),
        "split": split,
        "name": name,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "split_seed": split_seed,
        "duplicates": duplicates,
        "contradictions": contradictions,
    }
    given = {
        key: value for key, value in changes.items() if value is not None or key == "glosses"
    } | read_settings(settings or [])
    if landmarks == "holistic":
        given["features.kind"] = landmarks
    if classes is not None:
        given["model.hierarchy"] = "learned"
    config = make_config(library, preset, given, start)
    found = (
        check_resume(library, resume)
        if resume
        else check_training(library, config, start=start, classes=classes, teachers=teachers or ())
    )
    if check:
        print_readiness(found, json=json)
        return
    require_ready(found)
    job = train_job(
        config, resume, start=start, classes=classes, teachers=teachers or (), strategy=strategy
    )
    run_id = follow_training(library, job)
    print_run(library, run_id, json=json)


def follow_training(library: "Library", job: dict[str, Any]) -> int:
    """Train in a child process and return the run's id. Raises JobError, StoppedError."""
    from store.words import JobKind
    from tui.commands.following import run_and_follow

    row = run_and_follow(library, JobKind.TRAIN, job)
    return int((row.result or {})["run"])


def evaluate(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(help="A run's name or number, latest, starter, or a bundle's folder."),
    ],
    split: Annotated[Literal["train", "val", "test"], typer.Option()] = "val",
    glosses: Annotated[
        str | None,
        typer.Option(help="Narrow it to these, as in train: what that is worth, beside the rest."),
    ] = None,
    json: Json = False,
) -> None:
    """Measure a run on a split again; --json has each gloss, signer and confused pair as well.

    A model that no run of this library made is measured on the clips here that it has not seen.
    """
    from ml.references import find_model
    from tui.reading.glosses import read_glosses

    library = context_of(context).open()
    if glosses is not None and (chosen := read_glosses(glosses)) is not None:
        from tui.commands.narrowed import print_narrowed

        print_narrowed(follow_other(library, run, split, chosen), json=json)
        return
    if find_model(library, run).run is None:
        from tui.commands.narrowed import print_other

        print_other(follow_other(library, run, split), json=json)
        return
    run_id = follow_evaluation(library, run, split)
    if json:
        print_run_tables(library, run_id, split, ["glosses", "confused", "signers"], json=True)
    else:
        print_run(library, run_id, json=False)


def follow_evaluation(library: "Library", reference: str | int, split: str) -> int:
    """Evaluate in a child process and return the run's id. Raises JobError, StoppedError."""
    from store.runs import get_run
    from store.words import JobKind
    from tui.commands.following import run_and_follow

    run_id = get_run(library, reference).id
    run_and_follow(library, JobKind.EVALUATE, {"run": run_id, "split": split})
    return run_id


def follow_other(
    library: "Library", reference: str, split: str, glosses: str | list[str] | None = None
) -> dict[str, Any]:
    """Measure a narrowed model, or one of no run, in a child process; only the job keeps the result.

    Raises:
        JobError, StoppedError: as in `follow_evaluation`.
    """
    from ml.references import find_model
    from store.words import JobKind
    from tui.commands.following import run_and_follow

    model = find_model(library, reference)
    narrowed = {} if glosses is None else {"glosses": glosses}
    config = {"run": model.key, "split": split, **narrowed}
    row = run_and_follow(library, JobKind.EVALUATE, config)
    return {**(row.result or {}), "name": model.name}


def require_ready(found: "Readiness") -> None:
    """Say what a training's numbers will rest on.

    Raises:
        ModelError: with what would stop it, before its process is started.
    """
    from ml.errors import ModelError
    from ml.findings import Level

    for finding in found.errors:
        raise ModelError(finding.message, hint=finding.hint)
    for finding in found.findings:
        if finding.level is Level.WARNING:
            narrate(f"Warning: {finding.message}")


def print_readiness(found: "Readiness", *, json: bool) -> None:
    """What stands in the way of a training. Exits with 1 where an error does."""
    if json:
        print_json(found.as_json())
    else:
        if plan := found.plan:
            say(
                f"{plan.glosses:,} glosses: {plan.train:,} train, {plan.val:,} val and "
                f"{plan.test:,} test clips; {plan.parameters:,} parameters, "
                f"up to {plan.disk_bytes / 2**20:,.0f} MiB on disk"
            )
        for finding in found.findings:
            say(f"{finding.level}: {finding.message}")
            if finding.hint:
                say(f"  {finding.hint}")
        say("Ready to train." if found.ready else "This training would not start.")
    if not found.ready:
        raise typer.Exit(1)
