"""A child that commits clips and keeps, after each step, what would be on the disk without power.

`python -P -m tests.torture.disk LIBRARY STATES` makes `STATES/0001/{kept,lost}/` and `state.json`: the
library if names that were not synced had reached the disk, and if they had not.
"""

import json
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from pkgutil import resolve_name
from unittest.mock import patch

from store.files import PARTIAL
from store.library import Library
from tests.torture.steps import CALLS


class Disk:
    """What has reached the disk below one folder."""

    def __init__(self, library: Library, states: Path) -> None:
        self._library, self._states = library, states
        self._folder = library.landmarks_dir
        self._content: dict[int, bytes] = {}
        """By inode: what the last fsync saw."""
        self._names: dict[str, int] = {}
        """What the last fsync of the folder saw."""
        self._number = 0

    def note(self, name: str, arguments: tuple) -> None:
        """Take down a step that has been taken."""
        if name == "unlink" and str(arguments[0]).endswith(PARTIAL):
            # What has been renamed is not there any more.
            return
        subject = self._sync(arguments[0]) if name == "fsync" else _kind(str(arguments[0]))
        step = f"{'rename' if name == 'replace' else name} {subject}".strip()
        self._keep("commit" if name == "commit" else step)

    def _sync(self, handle: int) -> str:
        stat = os.fstat(handle)
        for path in self._folder.iterdir():
            if path.stat().st_ino == stat.st_ino:
                self._content[stat.st_ino] = path.read_bytes()
                return _kind(path.name)
        if self._folder.stat().st_ino == stat.st_ino:
            self._names = {path.name: path.stat().st_ino for path in self._folder.iterdir()}
            return "landmarks"
        return "other"

    def _keep(self, step: str) -> None:
        self._number += 1
        state = self._states / f"{self._number:04d}"
        now = {path.name: path.stat().st_ino for path in self._folder.iterdir()}
        for what, names in (("kept", now), ("lost", self._names)):
            root = state / what
            for folder in ("landmarks", "runs", "jobs"):
                (root / folder).mkdir(parents=True)
            for name, inode in names.items():
                (root / "landmarks" / name).write_bytes(self._content.get(inode, b""))
            for path in self._library.root.glob("catalog.sqlite*"):
                shutil.copy(path, root / path.name)
        query = "SELECT COUNT(*) FROM extraction WHERE status = 'done'"
        with closing(sqlite3.connect(self._library.catalog_path)) as connection:
            done = connection.execute(query).fetchone()[0]
        (state / "state.json").write_text(json.dumps({"step": step, "done": done}), "utf-8")


def _kind(name: str) -> str:
    base = Path(name).name
    return next((kind for kind in ("clip", "pack") if base.startswith(f"{kind}-")), "")


def _noted(disk: Disk, name: str, call):
    def noted(*arguments, **options):
        result = call(*arguments, **options)
        disk.note(name, arguments)
        return result

    return noted


def main(root: Path, states: Path) -> None:
    from tests.store.committing import main as commit

    states.mkdir()
    disk = Disk(Library.open(root), states)
    for name, place in CALLS.items():
        patch(place, _noted(disk, name, resolve_name(place))).start()
    patch("tests.store.committing.PACKED", 4).start()
    commit(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
