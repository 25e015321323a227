"""Backups made while others write are whole; killed ones are not there; restoring gives the same."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from store import backup as backup_module
from store.backup import back_up
from store.check import check
from store.errors import (
    DamagedFileError,
    DiskFullError,
    NoLibraryError,
    StoreError,
)
from store.extractions import list_work
from store.jobs import create_job, get_job, list_jobs, run_job
from store.library import Library
from store.pack import pack_loose, sweep
from store.restore import restore
from store.run_changes import ASIDE
from store.runs import get_run
from store.schema import Clip
from store.words import JobKind, Status
from tests.store.test_runs import new_run
from tests.support.backups import (
    add_model,
    contents,
    extract,
    left_of,
    make_library,
    rows,
    silent,
)

ROOT = Path(__file__).resolve().parents[2]


def test_a_backup_is_a_library_that_needs_nothing_of_the_original(stocked, tmp_path):
    report = back_up(stocked, tmp_path / "copy", on_progress=silent)
    assert (report.sequences, report.runs, report.clips, report.interrupted) == (3, 1, 2, [])
    assert report.bytes == sum(p.stat().st_size for p in (tmp_path / "copy").rglob("*.*"))
    before = contents(stocked)
    stocked.close()
    shutil.rmtree(stocked.root)
    copy = Library.open(tmp_path / "copy")
    assert check(copy).findings == []
    assert contents(copy) == before
    with copy.reading() as session:
        own = session.scalars(select(Clip).where(Clip.video_id.startswith("recorded"))).one()
        assert Path(own.path).stat().st_mtime_ns == own.mtime_ns
        assert Path(own.path).is_relative_to(copy.root)
    copy.close()


def test_dataset_clips_come_along_when_asked_for(stocked, tmp_path):
    (tmp_path / "dataset" / "videos" / "00003.mp4").unlink()
    report = back_up(stocked, tmp_path / "copy", dataset_clips=True, on_progress=silent)
    assert (report.clips, report.clips_missing) == (5, 1)
    shutil.rmtree(tmp_path / "dataset")
    restored = restore(tmp_path / "copy", tmp_path / "again", on_progress=silent)
    assert restored.clips_missing == 1
    again = Library.open(tmp_path / "again")
    with again.reading() as session:
        paths = {clip.video_id: Path(clip.path) for clip in session.scalars(select(Clip))}
    assert paths["00001"] == again.root / "clips" / "copied" / "00001.mp4"
    assert paths["00001"].read_bytes() == b"clip 00001" * 50
    assert not any(".partial" in str(root) for root in rows(again)["video_root"])
    again.close()


def test_backups_while_a_job_commits_are_states_that_were(tmp_path):
    library = make_library(tmp_path, 300)
    with library.reading() as session:
        order = [work.extraction_id for work in list_work(session, 1)]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.store.committing", str(library.root)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    seen, at_work = [], 0
    try:
        while not finished(library):
            assert process.poll() is None
            time.sleep(0.01)
        while process.poll() is None:
            at_least = len(finished(library))
            report = back_up(library, tmp_path / f"copy{len(seen)}", on_progress=silent)
            copy = Library.open(Path(report.path))
            done = finished(copy)
            assert done == set(order[: len(done)]), "what was committed first is there"
            assert at_least <= len(done) <= len(finished(library))
            assert check(copy).findings == []
            assert [job.status for job in list_jobs(copy)] != [Status.RUNNING]
            at_work += report.interrupted == [1]
            copy.close()
            seen.append(len(done))
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert at_work >= 2, seen
    assert get_job(library, 1).status == Status.FINISHED
    assert check(library).findings == []
    library.close()


def finished(library):
    with closing(library.connect_read_only()) as connection:
        found = connection.execute("SELECT id FROM extraction WHERE status = 'done'")
        return {row[0] for row in found}


def test_what_changes_between_two_passes_is_brought_in_line(stocked, tmp_path, monkeypatch):
    kept = add_model(stocked, "kept")
    finish = backup_module._Copy.finish

    def changed(copy):
        extract(stocked, 1)
        pack_loose(stocked, 1)
        sweep(stocked)
        (stocked.run_dir(1) / "bundle" / "model.tflite").write_bytes(b"better")
        # What a deletion does before it commits; a kill takes it back.
        stocked.run_dir(kept).rename(stocked.run_dir(kept).with_name(f"{kept}{ASIDE}"))
        finish(copy)

    monkeypatch.setattr(backup_module._Copy, "finish", changed)
    back_up(stocked, tmp_path / "copy", on_progress=silent)
    copy = Library.open(tmp_path / "copy")
    assert check(copy).findings == []
    assert [path.name[:5] for path in copy.landmarks_dir.iterdir()] == ["pack-"]
    assert len(finished(copy)) == 4
    assert (copy.run_dir(1) / "bundle" / "model.tflite").read_bytes() == b"better"
    assert (copy.run_dir(kept) / "bundle" / "bundle.json").is_file()
    copy.close()


def test_a_backup_made_while_a_job_runs_can_be_worked_with(stocked, tmp_path):
    with run_job(stocked, create_job(stocked, JobKind.EXTRACT, {})) as job:
        run_id = new_run(stocked, "in training")
        with stocked.session() as session:
            session.connection().exec_driver_sql(
                "UPDATE run SET status = 'running', job_id = ? WHERE id = ?", (job.id, run_id)
            )
            session.connection().exec_driver_sql(
                "UPDATE extraction SET status = 'running' WHERE status = 'pending'"
            )
        report = back_up(stocked, tmp_path / "copy", on_progress=silent)
        copy = Library.open(tmp_path / "copy")
        assert report.interrupted == [job.id]
        assert get_job(copy, job.id).status == Status.INTERRUPTED
        assert get_run(copy, run_id).status == Status.INTERRUPTED
        assert get_job(stocked, job.id).status == Status.RUNNING
        assert check(copy, repair=True).findings == []
        copy.close()


KILLED = """
import sys
from pathlib import Path
from store.backup import back_up
from store.library import Library
def said(what, done, total):
    print(what, flush=True)
print("started", flush=True)
back_up(Library.open(Path(sys.argv[1])), Path(sys.argv[2]), on_progress=said)
"""


def test_a_killed_backup_is_no_backup_and_harms_nothing(tmp_path):
    library = make_library(tmp_path, 30)
    extract(library, 30)
    add_model(library, "first")
    before = rows(library), contents(library)
    target, whole = tmp_path / "copy", 0
    lucky = random.Random(7)  # noqa: S311
    for lines in (1, 2, 20, 33, 40, 60, 66, 66):
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", KILLED, str(library.root), str(target)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        for _ in range(lines):
            process.stdout.readline()
        time.sleep(lucky.uniform(0, 0.1))
        process.kill()
        process.communicate()
        if target.exists():
            restore(target, tmp_path / "again", on_progress=silent)
            whole += 1
            shutil.rmtree(target)
            shutil.rmtree(tmp_path / "again")
        for name in left_of(target):
            with pytest.raises(NoLibraryError, match="no backup"):
                restore(tmp_path / name, tmp_path / "again", on_progress=silent)
        assert (rows(library), contents(library)) == before
        assert check(library).findings == []
    assert whole < 8
    back_up(library, target, on_progress=silent)
    assert left_of(target) == [target.name], "what kills left is gone"
    library.close()


def test_a_disk_that_is_too_small_is_refused_at_once(stocked, tmp_path, full_disk):
    target = full_disk(4) / "copy"
    with pytest.raises(DiskFullError, match="no room"):
        back_up(stocked, target, on_progress=silent)
    assert left_of(target) == []


@pytest.mark.parametrize("stage", ["copying", "verifying"])
def test_a_disk_that_fills_on_the_way_leaves_nothing(stocked, tmp_path, full_disk, stage):
    target = full_disk(16) / "copy"
    ballast = target.parent / "ballast"

    def fill(what, _done, _total):
        if what == stage and not ballast.exists():
            free = shutil.disk_usage(target.parent).free
            ballast.write_bytes(bytes(free))

    with pytest.raises(DiskFullError, match="no room") as caught:
        back_up(stocked, target, on_progress=fill)
    assert "nothing is left" in caught.value.hint
    assert left_of(target) == []
    ballast.unlink()
    back_up(stocked, target, on_progress=silent)
    ballast.write_bytes(bytes(shutil.disk_usage(target.parent).free - 2**20))
    with pytest.raises(DiskFullError, match="no room"):
        restore(target, target.parent / "again", on_progress=silent)
    assert not (target.parent / "again").exists()


def test_nothing_is_written_to_a_read_only_disk_and_it_can_be_restored_from(
    stocked, tmp_path, full_disk
):
    target = full_disk(32) / "copy"
    back_up(stocked, target, on_progress=silent)
    command = ["mount", "-o", "remount,ro", str(target.parent)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system again here")
    with pytest.raises(StoreError, match="could not be written") as caught:
        back_up(stocked, target.parent / "other", on_progress=silent)
    assert caught.value.hint
    restore(target, tmp_path / "again", on_progress=silent)
    again = Library.open(tmp_path / "again")
    assert contents(again) == contents(stocked)
    again.close()


@pytest.mark.parametrize("place", ["", "copy", "runs/1/copy"])
def test_a_backup_within_the_library_is_refused(stocked, place):
    with pytest.raises(StoreError, match="in the library itself"):
        back_up(stocked, stocked.root / place, on_progress=silent)


def test_only_new_and_empty_folders_are_taken(stocked, tmp_path):
    target = tmp_path / "taken"
    target.mkdir()
    (target / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(StoreError, match="there already"):
        back_up(stocked, target, on_progress=silent)
    with pytest.raises(StoreError, match="is not there"):
        back_up(stocked, tmp_path / "no" / "such", on_progress=silent)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]
    (target / "mine.txt").unlink()
    back_up(stocked, target, on_progress=silent)
    assert (target / "catalog.sqlite").is_file()


def test_a_damaged_library_is_not_backed_up(stocked, tmp_path):
    next(stocked.landmarks_dir.iterdir()).unlink()
    with pytest.raises(DamagedFileError, match="not whole") as caught:
        back_up(stocked, tmp_path / "copy", on_progress=silent)
    assert "check --repair" in caught.value.hint
    assert left_of(tmp_path / "copy") == []


def test_a_model_that_is_lost_does_not_forbid_a_backup(stocked, tmp_path):
    shutil.rmtree(stocked.run_dir(1))
    assert back_up(stocked, tmp_path / "copy", on_progress=silent).lacking == ["first"]
    assert restore(tmp_path / "copy", tmp_path / "again", on_progress=silent).lacking == ["first"]


def test_a_catalog_that_names_a_file_elsewhere_is_refused(stocked, tmp_path):
    with closing(sqlite3.connect(stocked.catalog_path)) as connection, connection:
        connection.execute("UPDATE landmark_file SET name = '../../stolen.h5' WHERE id = 1")
    with pytest.raises(DamagedFileError, match="names a landmark file"):
        back_up(stocked, tmp_path / "copy", on_progress=silent)
