"""What the commands share: the library in use, and how they speak."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from store.harmless import harmless, harmless_json

if TYPE_CHECKING:
    from store.library import Library
    from store.settings import Settings

_ENDLESS: Final = 100_000

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@dataclass(frozen=True, slots=True)
class Context:
    """The library named on the command line, if any."""

    library: Path | None

    @property
    def settings(self) -> "Settings":
        from store.settings import read_settings

        return read_settings()

    @property
    def root(self) -> Path:
        """The library's folder: `--library`, SIGNTUI_LIBRARY, settings file, or the default."""
        return self.library or self.settings.library

    def open(self) -> "Library":
        """Raises NoLibraryError, LibraryVersionError, DamagedFileError."""
        from store.library import Library

        return Library.open(self.root)

    def create(self) -> "Library":
        """Raises StoreError, LibraryVersionError."""
        from store.library import Library

        return Library.create(self.root)


def context_of(context: typer.Context) -> Context:
    found = context.find_object(Context)
    return found if isinstance(found, Context) else Context(None)


def narrate(text: str) -> None:
    """Say what happens, on stderr."""
    typer.echo(harmless(text), err=True)


def say(text: str = "", *, nl: bool = True) -> None:
    """Say what was found, on stdout."""
    typer.echo(harmless(text), nl=nl)


def print_json(value: Any) -> None:
    """Data as one JSON document on stdout."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write(harmless_json(text) + "\n")


def print_table(columns: list[str], rows: list[list[Any]], *, title: str = "") -> None:
    """Data as an aligned table on stdout; numbers to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(harmless(title)) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for index, column in enumerate(columns):
        numeric = all(row[index] is None or isinstance(row[index], int | float) for row in rows)
        table.add_column(
            Text(harmless(column)), justify="right" if numeric and rows else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text("" if value is None else _shown(value)) for value in row))
    # Only a terminal has a width to fold into; a file or pipe gets whole lines.
    width = None if sys.stdout.isatty() else _ENDLESS
    Console(highlight=False, width=width).print(table)


def _shown(value: Any) -> str:
    return f"{value:,}" if type(value) is int else harmless(str(value))
