"""sql: anyone may ask the catalog."""

import csv
import json as json_module
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tui.commands.options import context_of, narrate, print_table

if TYPE_CHECKING:
    from store.query import QueryResult


def register(app: typer.Typer) -> None:
    app.command()(sql)


def sql(
    context: typer.Context,
    query: Annotated[
        str | None, typer.Argument(help="One SELECT; - reads stdin; none lists the views.")
    ] = None,
    output: Annotated[Literal["table", "csv", "json"], typer.Option("--format")] = "table",
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 10_000,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds.")] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
) -> None:
    """Ask SQL about the library; nothing can be changed."""
    from store.query import run_query
    from store.views import VIEWS

    library = context_of(context).open()
    if query is None:
        print_table(["view", "what it shows"], [[name, view.about] for name, view in VIEWS.items()])
        narrate('Example: signtui sql "SELECT * FROM split_stats"')
        return
    text = sys.stdin.read() if query == "-" else query
    result = run_query(library, text, row_limit=limit, time_limit_s=time_limit)
    _print(result, "json" if json else output)
    if result.truncated:
        narrate(f"Only the first {limit:,} rows; raise --limit for more.")


def _print(result: "QueryResult", output: str) -> None:
    rows = [[_plain(value) for value in row] for row in result.rows]
    if output == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(result.columns)
        writer.writerows(rows)
    elif output == "json":
        objects = [dict(zip(result.columns, row, strict=True)) for row in rows]
        sys.stdout.write(json_module.dumps(objects, ensure_ascii=False, indent=2) + "\n")
    else:
        print_table(list(result.columns), rows)


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
