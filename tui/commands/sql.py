"""sql: anyone may ask the catalog."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from tui.commands.options import context_of, narrate, print_json, print_table

if TYPE_CHECKING:
    from store.results import Results

_TABLE_ROWS: Final = 10_000
"""What a table on a terminal shows where no limit is named: it is laid out as a whole."""


def register(app: typer.Typer) -> None:
    app.command()(sql)


def sql(
    context: typer.Context,
    query: Annotated[
        str | None, typer.Argument(help="One SELECT; - reads stdin; none lists the views.")
    ] = None,
    shape: Annotated[
        Literal["table", "csv", "json", "jsonl", "parquet"] | None,
        typer.Option(
            "--format", help="[default: the suffix of --output, else table; parquet needs --output]"
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="At most so many rows [default: as the settings say; a table 10,000]."
        ),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds [default: as the settings say].")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Same as --format json; with --output, the report.")
    ] = False,
) -> None:
    """Ask SQL about the library; nothing can be changed."""
    from store.results import Limits, State
    from tui.commands.asking import answered

    library = context_of(context).open()
    if query is None:
        _list_views(json=json)
        return
    chosen = _format(shape, output, json=json)
    if output is not None:
        from store.export import check_target
        from store.paths import user_path

        check_target(user_path(output).absolute(), force=force)
    settings = context_of(context).settings
    rows = limit or (_TABLE_ROWS if chosen == "table" else settings.query_rows)
    limits = Limits(rows=rows, seconds=time_limit or settings.query_seconds)
    text = sys.stdin.read() if query == "-" else query
    with answered(library, text, limits) as results:
        if output is not None:
            _write(results, output, chosen, force=force, json=json)
        else:
            _print(results, chosen)
        if results.state is State.ROW_LIMIT:
            narrate(f"Only the first {rows:,} rows; raise --limit for more.")
        elif results.truncated:
            narrate("Only a part of the rows: they would need too much disk.")


def _list_views(*, json: bool) -> None:
    from store.views import VIEWS

    if json:
        print_json([{"view": name, "about": view.about} for name, view in VIEWS.items()])
        return
    print_table(["view", "what it shows"], [[name, view.about] for name, view in VIEWS.items()])
    narrate('Example: signtui sql "SELECT * FROM split_stats"')


def _format(shape: str | None, output: Path | None, *, json: bool) -> str:
    """What to write. Raises StoreError where the file's name does not say it, or nothing can."""
    if output is not None:
        from store.export import format_of

        if shape == "table":
            raise typer.BadParameter("a file is csv, json, jsonl or parquet", param_hint="--format")
        return shape or format_of(output)
    if shape == "parquet":
        raise typer.BadParameter("Parquet needs --output FILE", param_hint="--format")
    return "json" if json else shape or "table"


def _write(results: "Results", output: Path, shape: str, *, force: bool, json: bool) -> None:
    from dataclasses import asdict

    from store.export import Format, export_spool

    report = export_spool(results.spool, output, Format(shape), force=force)
    if json:
        print_json({**asdict(report), "truncated": results.truncated})
    else:
        narrate(f"{report.rows:,} rows to {report.path}")


def _print(results: "Results", shape: str) -> None:
    from store.export import Format, Terminal, write_text_rows

    spool = results.spool
    if shape == "table":
        rows = [[v.hex() if isinstance(v, bytes) else v for v in row] for row in spool.rows()]
        print_table(list(spool.columns), rows)
        return
    chosen: Format = Format(shape)
    stream = Terminal(sys.stdout) if sys.stdout.isatty() else sys.stdout
    write_text_rows(stream, chosen, spool.columns, spool.rows())
