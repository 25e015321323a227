"""Restoring gives what was backed up, or says what is wrong and leaves what is there."""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.backup import back_up
from store.check import check
from store.errors import (
    DamagedFileError,
    LibraryBusyError,
    LibraryVersionError,
    StoreError,
)
from store.jobs import create_job, run_job
from store.library import Library
from store.pack import pack_loose
from store.restore import restore
from store.words import JobKind
from tests.support.backups import (
    add_model,
    add_recording,
    add_take,
    contents,
    extract,
    leave_out,
    left_of,
    make_library,
    rows,
    silent,
)

OPERATIONS = {
    "extract": extract,
    "pack": lambda library, _: pack_loose(library, 1),
    "run": lambda library, n: add_model(library, f"run of {n}"),
    "record": lambda library, n: add_recording(library, f"r{n}"),
    "take": lambda library, n: add_take(library, f"t{n}"),
    "exclude": leave_out,
    "job": lambda library, _: create_job(library, JobKind.SCAN, {}),
}


@settings(
    max_examples=8, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(1, 4)), max_size=12))
def test_restoring_a_backup_gives_the_same_rows_and_files(tmp_path, operations):
    folder = tmp_path / f"{time.monotonic_ns()}"
    library = make_library(folder, 12)
    for name, number in operations:
        OPERATIONS[name](library, number)
    before = rows(library), contents(library)
    report = back_up(library, folder / "copy", on_progress=silent)
    library.close()
    assert (rows(library), contents(library)) == before, "the library is as it was"
    restore(folder / "copy", library.root, force=True, on_progress=silent)
    found = rows(library)
    ended = [row[0] for row in before[0]["job"]]
    assert [row[0] for row in found.pop("job")] == ended
    assert report.interrupted == ended
    before[0].pop("job")
    assert (found, contents(library)) == before
    assert check(library).findings == []
    library.close()
    shutil.rmtree(folder)


def flip(path, place):
    stat = path.stat()
    raw = bytearray(path.read_bytes())
    raw[int(len(raw) * place)] ^= 0x10
    path.write_bytes(raw)
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))


def test_damage_anywhere_in_a_backup_is_found(stocked, tmp_path):
    copy = tmp_path / "copy"
    back_up(stocked, copy, on_progress=silent)
    files = [path for path in copy.rglob("*") if path.is_file() and path.name != "backup.json"]
    assert len(files) > 7
    for number, path in enumerate(files):
        kept = path.read_bytes()
        flip(path, number / len(files))
        with pytest.raises(DamagedFileError, match="is damaged") as caught:
            restore(copy, tmp_path / "again", on_progress=silent)
        assert path.name in caught.value.message
        path.unlink()
        with pytest.raises(DamagedFileError, match="is not there"):
            restore(copy, tmp_path / "again", on_progress=silent)
        path.write_bytes(kept)
    assert left_of(tmp_path / "again") == []
    restore(copy, tmp_path / "again", on_progress=silent)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 2}', "[" * 100_000, '{"format": 1, "files": {"../../x": {}}}'],
)
def test_a_damaged_manifest_is_said_in_one_sentence(tmp_path, text):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "backup.json").write_text(text, encoding="utf-8")
    with pytest.raises(DamagedFileError, match=r"backup\.json is damaged"):
        restore(tmp_path / "copy", tmp_path / "again", on_progress=silent)


@pytest.mark.parametrize("damage", ["garbage", "gone", "truncated"])
def test_a_damaged_library_is_replaced_and_kept(stocked, tmp_path, damage):
    before = rows(stocked), contents(stocked)
    back_up(stocked, tmp_path / "copy", on_progress=silent)
    stocked.close()
    if damage == "gone":
        stocked.catalog_path.unlink()
    else:
        raw = stocked.catalog_path.read_bytes()
        stocked.catalog_path.write_bytes(b"x" * 5000 if damage == "garbage" else raw[:9000])
    with pytest.raises(StoreError, match="is there already"):
        restore(tmp_path / "copy", stocked.root, on_progress=silent)
    report = restore(tmp_path / "copy", stocked.root, force=True, on_progress=silent)
    assert (rows(stocked), contents(stocked)) == before
    assert (Path(report.replaced) / "landmarks").is_dir()
    assert Path(report.replaced).name.startswith("library.before-restore-")


def test_force_never_moves_a_folder_that_is_no_library(stocked, tmp_path):
    back_up(stocked, tmp_path / "copy", on_progress=silent)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letters.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="there already"):
        restore(tmp_path / "copy", tmp_path / "home", force=True, on_progress=silent)
    for place in (tmp_path / "copy", tmp_path / "copy" / "x", tmp_path):
        with pytest.raises(StoreError, match="lie in each other"):
            restore(tmp_path / "copy", place, force=True, on_progress=silent)


def test_a_library_with_a_job_at_work_is_not_replaced(stocked, tmp_path):
    back_up(stocked, tmp_path / "copy", on_progress=silent)
    with (
        run_job(stocked, create_job(stocked, JobKind.SCAN, {})),
        pytest.raises(LibraryBusyError, match="at work"),
    ):
        restore(tmp_path / "copy", stocked.root, force=True, on_progress=silent)
    assert left_of(stocked.root) == ["library"]


def test_a_backup_that_was_looked_into_can_still_be_restored(stocked, tmp_path):
    back_up(stocked, tmp_path / "copy", on_progress=silent)
    copy = Library.open(tmp_path / "copy")
    assert check(copy).findings == []
    report = restore(tmp_path / "copy", tmp_path / "again", on_progress=silent)
    assert report.opened
    copy.close()
    again = Library.open(tmp_path / "again")
    assert contents(again) == contents(stocked)
    again.close()


def test_a_backup_of_a_newer_signtui_is_refused(stocked, tmp_path):
    copy = tmp_path / "copy"
    back_up(stocked, copy, on_progress=silent)
    with closing(sqlite3.connect(copy / "catalog.sqlite")) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LibraryVersionError, match=f"{copy} was made by a newer"):
        restore(copy, tmp_path / "again", on_progress=silent)
    assert left_of(tmp_path / "again") == []
