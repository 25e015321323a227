"""export: tables, bundles and landmarks for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import Json, context_of, print_json, say

if TYPE_CHECKING:
    from store.library import Library

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        name="export",
        help="Tables, model bundles and landmarks for other programs.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command()(table)
    group.command()(bundle)
    group.command()(landmarks)
    app.add_typer(group)


def table(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A view or a table: signtui sql lists the views.")],
    file: Annotated[Path, typer.Argument(help="Ends with .csv, .json, .jsonl or .parquet.")],
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a whole view or table to a file."""
    from dataclasses import asdict

    from store.export import check_target, export_spool, format_of
    from store.paths import user_path
    from store.query import quoted
    from store.results import Limits
    from tui.commands.asking import answered

    library = context_of(context).open()
    format_ = format_of(file)
    check_target(user_path(file).absolute(), force=force)
    relation = _known(library, name)
    limits = Limits(rows=10**12, seconds=24 * 60 * 60, spool_bytes=2**45)
    with answered(library, f"SELECT * FROM {quoted(relation)}", limits) as results:  # noqa: S608
        report = export_spool(results.spool, file, format_, force=force)
    _report(asdict(report), f"{report.rows:,} rows to {report.path}", json=json)


def _known(library: "Library", name: str) -> str:
    """The name of a table or view as the catalog has it. Raises NotInCatalogError."""
    import difflib

    from store.errors import NotInCatalogError
    from store.query import read_schema

    names = {relation.name.lower(): relation.name for relation in read_schema(library)}
    if name.lower() in names:
        return names[name.lower()]
    near = difflib.get_close_matches(name.lower(), names, n=3)
    raise NotInCatalogError(
        f"There is no table or view {name}.",
        hint=f"Did you mean: {', '.join(near)}?" if near else "See the views: signtui sql",
    )


def bundle(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's name or number, or latest.")],
    target: Annotated[Path, typer.Argument(help="A folder, or a file that ends with .zip.")],
    force: Force = False,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="In half precision, if val says that it is as good."),
    ] = False,
    json: Json = False,
) -> None:
    """Copy a run's model with all that recognition needs."""
    from dataclasses import asdict

    from ml.bundle_export import export_bundle

    if compact:
        _compact(context_of(context).open(), run, target, force=force, json=json)
        return
    report = export_bundle(context_of(context).open(), run, target, force=force)
    words = f"Run {report.run} {report.name}, {report.glosses:,} glosses, to {report.path}"
    _report(asdict(report), words, json=json)


def _compact(library: "Library", run: str, target: Path, *, force: bool, json: bool) -> None:
    """Export by a process of its own, as only that one may import TensorFlow. Raises JobError."""
    import json as json_module
    import subprocess
    import sys

    from store.errors import JobError

    command = [sys.executable, "-P", "-m", "ml.compact", "--library", str(library.root)]
    command += [*(["--force"] if force else []), "--", run, str(target)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    try:
        said = json_module.loads(done.stdout)
    except ValueError as error:
        raise JobError(f"The export ended with code {done.returncode}.") from error
    if "error" in said:
        raise JobError(said["error"], hint=said["hint"])
    made = said["bundle"]
    words = (
        f"Run {made['run']} {made['name']}, {made['glosses']:,} glosses, {made['bytes']:,} bytes, to "
        f"{made['path']}; val top-1 {100 * said['top1']:.1f} %, {100 * said['top1_before']:.1f} % "
        f"before, n = {said['n']:,}"
    )
    _report(said, words, json=json)


def landmarks(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Ends with .npz or .h5.")],
    where: Annotated[
        str, typer.Option(help="SQL condition on the view instances, as in the dashboard's filter.")
    ] = "",
    extractor: Annotated[
        int | None, typer.Option(help="Whose landmarks [default: the one with the most].")
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write landmark sequences with gloss, video id, signer, split and fps to one file."""
    from dataclasses import asdict

    from store.landmark_export import export_landmarks

    report = export_landmarks(
        context_of(context).open(), file, where=where, extractor=extractor, force=force
    )
    words = (
        f"{report.sequences:,} sequences of {report.glosses:,} glosses, {report.frames:,} frames, "
        f"by {report.origin}, to {report.path}"
    )
    _report(asdict(report), words, json=json)


def _report(report: dict[str, Any], words: str, *, json: bool) -> None:
    if json:
        print_json(report)
    else:
        say(words)
