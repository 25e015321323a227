"""An index that was read and checked, in a SQLite file of its own until it is stored.

The catalog takes it from there in SQL, so that an index of millions of instances needs no more
memory than a small one.
"""

import json
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from store.errors import DiskFullError
from store.importers.wlasl import IndexInstance

COLUMNS: Final = {
    "gloss": "TEXT", "video_id": "TEXT", "signer": "TEXT", "split": "TEXT", "frame_start": "INTEGER",
    "frame_end": "INTEGER", "fps": "REAL", "bbox_left": "INTEGER", "bbox_top": "INTEGER",
    "bbox_right": "INTEGER", "bbox_bottom": "INTEGER", "source": "TEXT", "url": "TEXT",
    "variation": "INTEGER", "number": "INTEGER", "extra": "TEXT",
}  # fmt: skip
"""Of the table `incoming`, with the types that the catalog gives them."""
_AT_ONCE: Final = 5_000


class StagedIndex:
    """The table `incoming` in a temporary file, which goes with this object."""

    def __init__(self, instances: Iterable[IndexInstance]) -> None:
        """Raises ImportSourceError where reading the instances does, and DiskFullError."""
        folder = Path(tempfile.mkdtemp(prefix="signtui-index-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.path = folder / "incoming.sqlite"
        with _full_disk(folder), closing(sqlite3.connect(self.path)) as connection:
            _fill(connection, instances)
            self.instances, self.glosses, self.signers = connection.execute(
                "SELECT COUNT(*), COUNT(DISTINCT gloss), COUNT(DISTINCT signer) FROM incoming"
            ).fetchone()


def _fill(connection: sqlite3.Connection, instances: Iterable[IndexInstance]) -> None:
    # Nobody reads this file after a crash.
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE incoming ({columns})")
    marks = ", ".join("?" * len(COLUMNS))
    rows = map(_row, instances)
    while some := list(islice(rows, _AT_ONCE)):
        connection.executemany(f"INSERT INTO incoming VALUES ({marks})", some)  # noqa: S608
    connection.commit()


def _row(item: IndexInstance) -> tuple[Any, ...]:
    extra = None if item.extra is None else json.dumps(item.extra)
    return (
        item.gloss, item.video_id, item.signer, item.split, item.frame_start, item.frame_end,
        item.fps, *item.bbox, item.source, item.url, item.variation, item.number, extra,
    )  # fmt: skip


@contextmanager
def _full_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" not in str(error):
            raise
        raise DiskFullError(
            f"The disk that holds {folder.parent} is full.",
            hint="Free some space there, or let TMPDIR name another folder.",
        ) from error
