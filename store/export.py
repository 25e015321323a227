"""Rows to files that other programs read: csv, json, jsonl, parquet; whole or not there at all.

Also a program of its own, so that the dashboard neither waits nor imports pyarrow:
`python -P -m store.export SPOOL FILE --format parquet`, which prints one line of JSON.
"""

import csv
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TextIO

from store.errors import SigntuiError, StoreError
from store.files import write_aside
from store.harmless import harmless, harmless_json
from store.paths import user_path
from store.spool import Order, Spool, Value


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


_SUFFIXES: Final = {".ndjson": Format.JSONL, ".pq": Format.PARQUET}
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Report:
    """What was written."""

    path: str
    format: str
    rows: int
    columns: int
    bytes: int


def format_of(path: Path) -> Format:
    """The format that a file's suffix names. Raises StoreError."""
    suffix = path.suffix.lower()
    try:
        return _SUFFIXES.get(suffix) or Format(suffix.removeprefix("."))
    except ValueError as error:
        raise StoreError(
            f"The name {path.name} does not say the format.",
            hint=f"End it with one of: {', '.join('.' + name for name in Format)}",
        ) from error


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a place that cannot be written to, or that holds a file. Raises StoreError."""
    if not path.parent.is_dir():
        raise StoreError(
            f"The folder {path.parent} is not there.", hint="Make it first, or choose another."
        )
    if path.is_dir():
        raise StoreError(f"{path} is a folder.", hint="Name a file.")
    if path.exists() and not force:
        raise StoreError(f"{path} is there already.", hint="Use --force to replace it.")


def export_spool(
    spool: Spool,
    path: Path,
    format_: Format,
    *,
    order: Order | None = None,
    rows: int | None = None,
    force: bool = False,
) -> Report:
    """Write a result to a file, in the order in which it is shown.

    Args:
        spool: the result.
        path: the file.
        format_: how to write it.
        order: an order that the spool was sorted in.
        rows: only so many.
        force: replace an existing file.

    Raises:
        StoreError: the file is there already, or cannot be written.
        DiskFullError: there is no room; nothing is left behind.
    """
    path = user_path(path).absolute()
    check_target(path, force=force)
    count = spool.total if rows is None else min(rows, spool.total)
    with write_aside(path) as aside:
        if format_ is Format.PARQUET:
            from store.parquet import write_parquet  # noqa: PLC0415 - pyarrow is large

            write_parquet(spool, aside, order=order, rows=count)
        else:
            with aside.open("w", encoding="utf-8", newline="") as stream:
                write_text_rows(stream, format_, spool.columns, spool.rows(order, limit=count))
    return Report(str(path), format_, count, len(spool.columns), path.stat().st_size)


class Terminal:
    """A text stream to write rows to that a person looks at: what a terminal would obey is marked."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(harmless(text))

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)


def write_text_rows(
    stream: TextIO | Terminal,
    format_: Format,
    columns: Sequence[str],
    rows: Iterable[Sequence[Value]],
) -> None:
    """Write rows one after the other.

    NULL is nothing in csv and null in json; blobs are hexadecimal; infinity is "Infinity" in json.
    """
    names = unique_names(columns)
    if format_ is Format.CSV:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_plain(value) for value in row] for row in rows)
        return
    objects = (
        harmless_json(_encode(dict(zip(names, map(_json_value, row), strict=True)))) for row in rows
    )
    if format_ is Format.JSONL:
        stream.writelines(line + "\n" for line in objects)
        return
    stream.write("[")
    stream.writelines(f"{',' if place else ''}\n{line}" for place, line in enumerate(objects))
    stream.write("\n]\n")


def unique_names(columns: Sequence[str]) -> list[str]:
    """The names of the columns; one that comes again gets a number."""
    names: list[str] = []
    for name in columns:
        new, number = name, 2
        while new in names:
            new, number = f"{name}_{number}", number + 1
        names.append(new)
    return names


def _plain(value: Value) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _json_value(value: Value) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    return _plain(value)


def main(arguments: list[str] | None = None) -> int:
    """Export a spool and print the report, or the error, as one line of JSON."""
    import argparse  # noqa: PLC0415 - only as a program of its own

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("spool", type=Path)
    parser.add_argument("path", type=Path)
    parser.add_argument("--format", type=Format, required=True)
    parser.add_argument("--column", type=int, help="sorted by this column")
    parser.add_argument("--descending", action="store_true")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--force", action="store_true")
    chosen = parser.parse_args(arguments)
    order = None if chosen.column is None else (chosen.column, bool(chosen.descending))
    try:
        report = export_spool(
            Spool.open(chosen.spool),
            chosen.path,
            chosen.format,
            order=order,
            rows=chosen.rows,
            force=chosen.force,
        )
    except SigntuiError as error:
        _say({"error": error.message, "hint": error.hint})
        return 1
    _say(asdict(report))
    return 0


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
