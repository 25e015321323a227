"""Packing moves landmarks between files; a kill between any two steps loses none."""

import numpy as np
import pytest
from sqlalchemy import select, update

from store import pack
from store.catalog import get_or_add_extractor, list_sequences, load_sequences
from store.check import check
from store.errors import DamagedFileError, StoreError
from store.extractions import list_work, queue_instances, record_done, record_failure
from store.landmarks import Sequence, read_video_ids, write_sequences
from store.library import Library
from store.pack import OlderCatalogError, pack_loose, sweep
from store.rebuild import rebuild
from store.schema import Clip, Extraction
from store.words import Availability, ExtractionStatus
from tests.support.backups import extract, make_library
from tests.support.library import make_sequence


@pytest.fixture
def ready(filled):
    """The small library with all four clips readable, and an extractor's id."""
    with filled.session() as session:
        for clip in session.scalars(select(Clip)):
            clip.availability = Availability.AVAILABLE
            clip.frames, clip.sha256, clip.path = 50, f"content of {clip.video_id}", "/clips/x.mp4"
        extractor_id = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="test", settings={}
        )
        queue_instances(session, extractor_id)
    return filled, extractor_id


def pending(library, extractor_id, **options):
    with library.reading() as session:
        return list_work(session, extractor_id, **options)


def finish_all(library, extractor_id):
    stored = {}
    for number, work in enumerate(pending(library, extractor_id)):
        sequence = make_sequence(work.frames, seed=number)
        path = library.landmarks_dir / f"clip-{work.extraction_id}-abc.h5"
        write_sequences(path, [(work.video_id, sequence)])
        with library.session() as session:
            record_done(session, work, sequence, file=path, seconds=1.0)
        stored[work.video_id] = sequence.landmarks
    return stored


def loaded(library, extractor_id):
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=extractor_id)
    sequences = load_sequences(library, rows)
    return {row.video_id: seq.landmarks for row, seq in zip(rows, sequences, strict=True)}


def assert_same(found, stored):
    assert found.keys() == stored.keys()
    for video_id, landmarks in stored.items():
        np.testing.assert_array_equal(found[video_id], landmarks)


def test_work_is_longest_first_within_its_range(ready):
    library, extractor_id = ready
    work = pending(library, extractor_id)
    assert [item.frames for item in work] == [50, 50, 50, 30]
    assert (work[-1].video_id, work[-1].first, work[-1].last) == ("00003", 10, 40)
    assert len(pending(library, extractor_id, limit=2)) == 2
    only = pending(library, extractor_id, glosses=["drink"])
    assert sorted(item.video_id for item in only) == ["00003", "00004"]


def test_a_file_that_is_gone_before_its_row_is_an_error_and_leaves_none(ready):
    library, extractor_id = ready
    work = pending(library, extractor_id)
    gone = library.landmarks_dir / "clip-1-gone.h5"
    with (
        pytest.raises(StoreError, match=r"gone\.h5 could not be written"),
        library.session() as session,
    ):
        record_done(session, work[0], make_sequence(5), file=gone, seconds=1.0)
    assert pending(library, extractor_id) == work


def test_loose_files_become_one(ready):
    library, extractor_id = ready
    stored = finish_all(library, extractor_id)
    assert pending(library, extractor_id) == []
    assert pack_loose(library, extractor_id) == 4
    assert len(list(library.landmarks_dir.iterdir())) == 1
    assert_same(loaded(library, extractor_id), stored)
    assert pack_loose(library, extractor_id) == 0
    assert sweep(library) == 0


def test_a_single_loose_file_stays(ready):
    library, extractor_id = ready
    work = pending(library, extractor_id)[0]
    sequence = make_sequence(work.frames)
    path = library.landmarks_dir / "clip-1-abc.h5"
    write_sequences(path, [(work.video_id, sequence)])
    with library.session() as session:
        record_done(session, work, sequence, file=path, seconds=1.0)
    assert pack_loose(library, extractor_id) == 0
    assert path.exists()


@pytest.mark.parametrize("step", ["add_landmark_file", "_delete"])
def test_a_kill_while_packing_loses_nothing(ready, monkeypatch, step):
    library, extractor_id = ready
    stored = finish_all(library, extractor_id)

    def killed(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pack, step, killed)
        with pytest.raises(KeyboardInterrupt):
            pack_loose(library, extractor_id)
    assert len(list(library.landmarks_dir.iterdir())) == 5
    assert_same(loaded(library, extractor_id), stored)
    assert sweep(library) == (1 if step == "add_landmark_file" else 4)
    assert_same(loaded(library, extractor_id), stored)


def test_a_sweep_takes_only_what_nobody_points_to(ready):
    library, extractor_id = ready
    stored = finish_all(library, extractor_id)
    strangers = ["clip-9-lost.h5", "pack-lost.h5", "import-old.h5", "pack-1.h5.1234.partial"]
    for name in [*strangers, "mine.txt", "mine.h5"]:
        (library.landmarks_dir / name).write_bytes(b"x")
    assert sweep(library) == len(strangers)
    left = {path.name for path in library.landmarks_dir.iterdir()}
    assert {"mine.txt", "mine.h5"} < left
    assert_same(loaded(library, extractor_id), stored)


def test_only_new_changed_or_failed_instances_are_queued_again(ready):
    library, extractor_id = ready
    first, second, third, fourth = pending(library, extractor_id)
    empty = Sequence(np.full((first.frames, 2, 21, 3), np.nan, np.float32))
    with library.session() as session:
        record_done(session, first, empty, file=None, seconds=1.0)
        record_done(session, second, empty, file=None, seconds=1.0)
        record_failure(session, third, kind="timeout", error="slow", final=True)
        record_failure(session, fourth, kind="crash", error="died", final=False)
    assert [work.attempts for work in pending(library, extractor_id)] == [1]
    with library.session() as session:
        changed = session.scalar(select(Clip).where(Clip.video_id == second.video_id))
        assert changed is not None
        changed.sha256 = "another content"
        queue_instances(session, extractor_id)
    again = {work.video_id for work in pending(library, extractor_id)}
    assert again == {second.video_id, fourth.video_id}
    with library.session() as session:
        queue_instances(session, extractor_id, retry_failed=True)
    again = {work.video_id for work in pending(library, extractor_id)}
    assert again == {second.video_id, third.video_id, fourth.video_id}
    with library.reading() as session:
        row = session.scalar(select(Extraction).where(Extraction.id == first.extraction_id))
        assert row is not None
        assert (row.status, row.frames_left) == (ExtractionStatus.NO_HANDS, 0)


def test_what_a_killed_job_was_at_is_pending_again(ready):
    library, extractor_id = ready
    with library.session() as session:
        for row in session.scalars(select(Extraction)):
            row.status = ExtractionStatus.RUNNING
    assert pending(library, extractor_id) == []
    with library.session() as session:
        queue_instances(session, extractor_id)
    work = pending(library, extractor_id)
    assert len(work) == 4
    assert all(item.attempts == 0 for item in work)


def test_rows_listed_before_a_pack_are_still_readable_after_it(ready):
    library, extractor_id = ready
    stored = finish_all(library, extractor_id)
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=extractor_id)
    pack_loose(library, extractor_id)
    found = load_sequences(library, rows)
    by_id = {row.video_id: s.landmarks for row, s in zip(rows, found, strict=True)}
    assert_same(by_id, stored)


def test_a_file_that_is_simply_gone_is_an_error(ready):
    library, extractor_id = ready
    finish_all(library, extractor_id)
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=extractor_id)
    (library.landmarks_dir / rows[0].file).unlink()
    with pytest.raises(DamagedFileError, match="not there"):
        load_sequences(library, rows)


def test_only_the_failures_of_one_reason_are_tried_again(ready):
    library, extractor_id = ready
    first, second, third, fourth = pending(library, extractor_id)
    with library.session() as session:
        record_failure(session, first, kind="timeout", error="slow", final=True)
        record_failure(session, second, kind="crash", error="died", final=True)
        session.execute(
            update(Extraction)
            .where(Extraction.id == third.extraction_id)
            .values(status=ExtractionStatus.FAILED)
        )
        queue_instances(session, extractor_id, retry_kind="timeout")
    only = pending(library, extractor_id, retry_kind="timeout")
    assert [(work.video_id, work.attempts) for work in only] == [(first.video_id, 0)]
    assert {work.video_id for work in pending(library, extractor_id)} == {
        first.video_id, fourth.video_id,
    }  # fmt: skip
    # Killed and started again, the retry finds what it has not done yet.
    with library.session() as session:
        queue_instances(session, extractor_id, retry_kind="timeout")
        queue_instances(session, extractor_id, retry_kind="unknown")
    assert pending(library, extractor_id, retry_kind="timeout") == only
    without_reason = pending(library, extractor_id, retry_kind="unknown")
    assert [work.video_id for work in without_reason] == [third.video_id]


@pytest.mark.parametrize("packed", [True, False])
def test_an_older_catalog_costs_no_landmarks(tmp_path, packed):
    """As when a catalog is copied without its log, or put back from last week by hand."""
    made = make_library(tmp_path, 6)
    made.close()
    before = made.catalog_path.read_bytes()
    extract(made, 4)
    if packed:
        pack_loose(made, 1)
    made.close()
    made.catalog_path.write_bytes(before)
    made = Library.open(made.root)
    files = sorted(made.landmarks_dir.iterdir())
    with pytest.raises(OlderCatalogError, match="4 clips that the catalog does not know"):
        sweep(made)
    for repair in (False, True):
        findings = check(made, repair=repair).findings
        assert {(finding.kind, finding.repaired) for finding in findings} == {("lost", False)}
    assert sorted(made.landmarks_dir.iterdir()) == files
    assert rebuild(made.root).attached == 4
    again = Library.open(made.root)
    assert check(again).findings == []
    assert sweep(again) == 0
    assert sorted(again.landmarks_dir.iterdir()) == files
    again.close()


@pytest.mark.parametrize("name", ["../../outside.h5", "{}/outside.h5", "clip-/../../../outside.h5"])
def test_a_catalog_from_someone_else_reaches_no_file_outside(tmp_path, name):
    """Neither a repair nor a packing deletes what only a hostile row calls a landmark file."""
    made = make_library(tmp_path, 3)
    extract(made, 2)
    (made.landmarks_dir / "clip-").mkdir()
    outside = tmp_path / "outside.h5"
    write_sequences(outside, [("00000", make_sequence(12, seed=1))])
    with made.session() as session:
        session.connection().exec_driver_sql(
            "UPDATE landmark_file SET name = ? WHERE id = 1", (name.format(tmp_path),)
        )
    with pytest.raises(DamagedFileError, match="outside its folder"):
        loaded(made, 1)
    if name.startswith("clip-"):
        with pytest.raises(DamagedFileError, match="outside its folder"):
            pack_loose(made, 1)
    assert {finding.kind for finding in check(made).findings} == {"damaged", "orphan"}
    check(made, repair=True)
    assert {finding.kind for finding in check(made).findings} <= {"orphan"}
    assert outside.is_file()
    made.close()


def test_what_a_kill_leaves_is_no_lost_catalog(tmp_path):
    """One clip whose row was not committed, and a pack beside the files that it was made of."""
    made = make_library(tmp_path, 6)
    extract(made, 3)
    loose = sorted(made.landmarks_dir.iterdir())
    write_sequences(made.landmarks_dir / "clip-99-a.h5", [("00005", make_sequence(5))])
    copies = [(f"0000{n}", make_sequence(5)) for n in range(3)]
    write_sequences(made.landmarks_dir / "pack-a.h5", copies)
    assert sweep(made) == 2
    assert sorted(made.landmarks_dir.iterdir()) == loose
    made.close()


def test_a_whole_file_of_other_landmarks_is_not_believed(tmp_path):
    """Exchanged with one of another library: same clips, same name, sound, and wrong."""
    made = make_library(tmp_path, 2)
    extract(made, 2)
    loaded(made, 1)
    path = min(made.landmarks_dir.iterdir())
    write_sequences(path, [(read_video_ids(path)[0], make_sequence(12, seed=77))])
    with pytest.raises(DamagedFileError, match="holds other landmarks"):
        loaded(made, 1)
    assert {finding.kind for finding in check(made).findings} == {"damaged"}
    made.close()
