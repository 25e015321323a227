"""runs: all of them, one in detail, or some side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tui.commands.options import Json, context_of, narrate, print_json, print_table, say

if TYPE_CHECKING:
    from store.evaluations import ConfusedPair, GroupResult
    from store.library import Library
    from store.runs import EvaluationRow
    from tui.reading.runs import SplitTables

LEAK_NOTE: Final = (
    "copies of the same clips are in train and val: this accuracy says nothing about new clips"
)


def runs(
    context: typer.Context,
    run: Annotated[
        list[str] | None, typer.Argument(help="A run's name or number, or latest; none: all.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Which evaluation [default: test, else val].")
    ] = None,
    glosses: Annotated[bool, typer.Option("--glosses", help="Each gloss, worst first.")] = False,
    confused: Annotated[bool, typer.Option("--confused", help="Most confused pairs.")] = False,
    signers: Annotated[bool, typer.Option("--signers", help="Each signer.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Two to four runs side by side.")
    ] = False,
    rename: Annotated[str | None, typer.Option(help="Give the run another name.")] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the run and its model; asks first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """All runs with their accuracies, one in detail, or some compared."""
    library = context_of(context).open()
    chosen = run or []
    if compare:
        from tui.commands.run_comparison import print_comparison

        print_comparison(library, chosen, split, json=json)
    elif not chosen:
        if glosses or confused or signers or delete or rename:
            raise typer.BadParameter("Name the run that is meant.")
        _print_all(library, json=json)
    elif len(chosen) > 1:
        raise typer.BadParameter("Name one run, or compare several with --compare.")
    elif delete:
        _delete(library, chosen[0], yes=yes)
    elif rename is not None:
        _rename(library, chosen[0], rename)
    else:
        wanted = {"glosses": glosses, "confused": confused, "signers": signers}
        print_run_tables(
            library, chosen[0], split, [name for name, asked in wanted.items() if asked], json=json
        )


def _print_all(library: "Library", *, json: bool) -> None:
    from store.query import run_query

    columns = (
        "run, name, preset, status, split_kind, leaks, n_glosses, epochs, split, n, top1, low, "
        "high, top5"
    )
    found = run_query(
        library,
        f"SELECT {columns} FROM run_stats ORDER BY run DESC",  # noqa: S608 - constants
    )
    if json:
        print_json([dict(zip(found.columns, row, strict=True)) for row in found.rows])
        return
    rows: list[list[Any]] = [list(row) for row in found.rows]
    for row in rows:
        row[5] = "leaks" if row[5] else ""
    print_table([*found.columns[:5], "", *found.columns[6:]], rows)


def _delete(library: "Library", reference: str, *, yes: bool) -> None:
    """Raises NotInCatalogError, RunBusyError, StoreError, typer.Abort."""
    from store.run_changes import delete_run
    from store.runs import get_run

    run = get_run(library, reference)
    if not yes:
        typer.confirm(f"Delete run {run.id} {run.name} with its model?", abort=True, err=True)
    delete_run(library, run.id)
    narrate(f"Run {run.id} {run.name} is deleted.")


def _rename(library: "Library", reference: str, name: str) -> None:
    """Raises NotInCatalogError, StoreError."""
    from store.run_changes import rename_run
    from store.runs import get_run

    run = get_run(library, reference)
    rename_run(library, run.id, name)
    narrate(f"Run {run.id} {run.name} is now named {name.strip()}.")


def print_run(library: "Library", run_id: int, *, json: bool) -> None:
    """One run with its evaluations."""
    print_run_tables(library, run_id, None, [], json=json)


def print_run_tables(
    library: "Library", reference: str | int, split: str | None, tables: list[str], *, json: bool
) -> None:
    """One run with its evaluations, and the tables that were asked for: glosses, confused, signers.

    Raises:
        NotInCatalogError: there is no such run, or it was not measured on that split.
    """
    from dataclasses import asdict

    from store.runs import get_run, list_epochs, list_evaluations
    from tui.reading.runs import RunSummary, read_dropped
    from tui.result_words import result_words

    run = get_run(library, reference)
    evaluations = list_evaluations(library, run.id)
    found = _read_tables(library, run.id, split, evaluations) if tables or split else None
    dropped = read_dropped(library, run.id)
    if json:
        said = {**asdict(run), "evaluations": [asdict(row) for row in evaluations]}
        said["dropped"] = asdict(dropped) if dropped else None
        said["epochs"] = [asdict(row) for row in list_epochs(library, run.id)]
        print_json({**said, **(_as_json(*found, tables) if found else {})})
        return
    say(
        f"Run {run.id} {run.name}: {run.preset}, {run.n_glosses or 0} glosses, "
        f"{run.n_train or 0:,} train and {run.n_val or 0:,} val clips, "
        f"{run.parameters or 0:,} parameters, {run.status}"
    )
    for row in evaluations:
        say(describe_evaluation(row))
        for meant, words in result_words(row.detail):
            say(f"    {meant}: {words}")
    if dropped and (words := dropped.in_words()):
        say(f"Identical clips: {words}.")
    if RunSummary(run, 0, ()).leaks:
        say(f"Leaking split: {LEAK_NOTE}.")
    if found:
        _print_tables(*found, tables)


def describe_evaluation(row: "EvaluationRow") -> str:
    """An accuracy with what it rests on."""
    return (
        f"  {row.split}: top-1 {100 * row.top1:.1f} % "
        f"(95 % interval {100 * row.low:.1f} to {100 * row.high:.1f}), "
        f"top-5 {100 * row.top5:.1f} %, n = {row.n} clips of {row.n_glosses} glosses"
    )


def _read_tables(
    library: "Library", run_id: int, split: str | None, evaluations: list["EvaluationRow"]
) -> tuple[str, "SplitTables"]:
    from store.errors import NotInCatalogError
    from tui.reading.runs import read_tables

    measured = [row.split for row in evaluations]
    wanted = split or next((name for name in ("test", "val", *measured) if name in measured), "val")
    if wanted not in measured:
        raise NotInCatalogError(
            f"This run was not measured on {wanted}.",
            hint=f"Measure it: signtui evaluate {run_id} --split {wanted}",
        )
    return wanted, read_tables(library, run_id, wanted)


def _as_json(split: str, found: "SplitTables", tables: list[str]) -> dict[str, Any]:
    from dataclasses import asdict

    every = {
        "glosses": [row.as_json() for row in _worst_first(found.glosses)],
        "confused": [asdict(pair) for pair in found.pairs],
        "signers": [row.as_json() for row in found.signers],
    }
    return {"split": split, **{name: every[name] for name in tables}}


def _print_tables(split: str, found: "SplitTables", tables: list[str]) -> None:
    if "glosses" in tables:
        _print_groups(f"Glosses, {split}", "gloss", _worst_first(found.glosses))
    if "confused" in tables:
        _print_pairs(split, found.pairs)
    if "signers" in tables:
        _print_groups(f"Signers, {split}", "signer", found.signers)


def _worst_first(groups: Sequence["GroupResult"]) -> list["GroupResult"]:
    return sorted(groups, key=lambda group: (group.top1, -group.n, group.name or ""))


def _print_groups(title: str, name: str, groups: Sequence["GroupResult"]) -> None:
    print_table(
        [name, "clips", "top-1", "top-5", "top-1 %", "low", "high"],
        [
            [group.name or "not named", group.n, group.top1_hits, group.top5_hits,
             *(round(100 * value, 1) for value in (group.top1, *group.interval))]
            for group in groups
        ],
        title=title,
    )  # fmt: skip


def _print_pairs(split: str, pairs: Sequence["ConfusedPair"]) -> None:
    print_table(
        ["gloss", "other", "clips", "gloss taken for other", "other taken for gloss"],
        [[pair.gloss, pair.other, pair.clips, pair.there, pair.back] for pair in pairs],
        title=f"Confused, {split}",
    )
