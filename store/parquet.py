"""Parquet, written in parts so that a million rows need no more memory than a few thousand.

SQLite gives each value a type, Parquet each column: a column of whole numbers is int64, with
fractions among them float64, of texts string, of blobs binary; where kinds are mixed, string, with
blobs in hexadecimal.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from store.errors import StoreError
from store.export import unique_names
from store.spool import Order, Spool, Value

_PART_ROWS: Final = 20_000
_PART_BYTES: Final = 16 * 2**20
_EXACT: Final = 2**53


def write_parquet(spool: Spool, path: Path, *, order: Order | None, rows: int) -> None:
    """Write a result; an order that the spool was sorted in.

    Raises:
        StoreError: pyarrow is not there, or cannot write it.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - only who writes Parquet pays for it
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(
            "Parquet needs pyarrow, which cannot be imported.", hint="pip install 'pyarrow<26'"
        ) from error
    kinds = [_kind(types) for types in spool.types(limit=rows)]
    kinds = _without_rounding(kinds, spool, order, rows)
    types = {"int": pa.int64(), "float": pa.float64(), "text": pa.string(), "blob": pa.binary()}
    names = unique_names(spool.columns)
    schema = pa.schema([pa.field(n, types[k]) for n, k in zip(names, kinds, strict=True)])
    try:
        with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for part in _parts(spool.rows(order, limit=rows)):
                columns = [
                    pa.array([_fitted(row[place], kind) for row in part], types[kind])
                    for place, kind in enumerate(kinds)
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    except pa.ArrowException as error:
        raise StoreError(f"Parquet cannot be written: {error}.") from error


def _kind(types: set[str]) -> str:
    if types == {"integer"}:
        return "int"
    if types and types <= {"integer", "real"}:
        return "float"
    return "blob" if types == {"blob"} else "text"


def _without_rounding(kinds: list[str], spool: Spool, order: Order | None, rows: int) -> list[str]:
    """A column of fractions with a whole number that float64 would round becomes text."""
    mixed = [place for place, kind in enumerate(kinds) if kind == "float"]
    if not mixed:
        return kinds
    rounded = {
        place
        for row in spool.rows(order, limit=rows)
        for place in mixed
        if isinstance(value := row[place], int)
        and abs(value) > _EXACT
        and int(float(value)) != value
    }
    return ["text" if place in rounded else kind for place, kind in enumerate(kinds)]


def _fitted(value: Value, kind: str) -> Any:
    if value is None or kind in {"int", "blob"}:
        return value
    if kind == "float":
        return float(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _parts(rows: Iterator[tuple[Value, ...]]) -> Iterator[Sequence[tuple[Value, ...]]]:
    """Rows in lists of bounded number and size."""
    while part := list(islice(rows, 100)):
        size = _size(part)
        while len(part) < _PART_ROWS and size < _PART_BYTES and (more := list(islice(rows, 100))):
            size += _size(more)
            part += more
        yield part


def _size(rows: list[tuple[Value, ...]]) -> int:
    return sum(len(value) for row in rows for value in row if isinstance(value, (str, bytes)))
