"""Damage of every kind is found, named and mended."""

import pytest
from sqlalchemy import text

from store.catalog import list_extractors, list_sequences
from store.check import check
from store.errors import LibraryBusyError
from store.importers.landmarks import import_landmarks
from store.jobs import create_job, run_job
from store.runs import finish_run
from store.words import JobKind, Status
from tests.store.test_landmark_import import clips, write_h5
from tests.store.test_runs import new_run


@pytest.fixture
def landmarks(filled, tmp_path):
    path = write_h5(tmp_path / "l.h5", clips("00001", "00002", "00003"))
    import_landmarks(filled, path)
    return path


def only_file(library):
    (path,) = library.landmarks_dir.glob("*.h5")
    return path


def finished(library) -> int:
    with library.reading() as session:
        return sum(
            len(list_sequences(session, extractor_id=x.id)) for x in list_extractors(session)
        )


def test_a_sound_library_is_clean(filled, landmarks):
    report = check(filled)
    assert (report.files, report.sequences, report.findings, report.clean) == (1, 3, [], True)


@pytest.mark.parametrize("place", range(1, 10))
def test_a_flipped_bit_anywhere_is_harmless_or_found(filled, landmarks, place):
    path = only_file(filled)
    raw = bytearray(path.read_bytes())
    raw[len(raw) * place // 10] ^= 0x10
    path.write_bytes(raw)
    report = check(filled, repair=True)
    assert report.clean
    assert check(filled).findings == []
    assert finished(filled) in {0, 3} or report.findings


def test_a_truncated_file_is_forgotten_and_made_anew(filled, landmarks):
    path = only_file(filled)
    path.write_bytes(path.read_bytes()[:3000])
    assert [f.kind for f in check(filled).findings] == ["damaged"]
    assert finished(filled) == 3
    assert check(filled, repair=True).clean
    assert finished(filled) == 0
    assert check(filled).findings == []
    assert import_landmarks(filled, landmarks).updated == 3
    assert finished(filled) == 3


def test_a_missing_file_is_forgotten(filled, landmarks):
    only_file(filled).unlink()
    (finding,) = check(filled, repair=True).findings
    assert (finding.kind, finding.repaired) == ("missing", True)
    assert check(filled).findings == []


def test_exchanged_files_are_noticed(filled, landmarks, tmp_path):
    import_landmarks(filled, write_h5(tmp_path / "o.h5", clips("00002", "00003", "00001")))
    first, second = sorted(filled.landmarks_dir.glob("*.h5"))
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    assert [f.kind for f in check(filled).findings] == ["damaged", "damaged"]


def test_what_a_kill_leaves_is_swept(filled, landmarks):
    left = filled.landmarks_dir / "clip-x.h5.12345678.partial"
    left.write_bytes(b"half")
    assert [f.kind for f in check(filled).findings] == ["orphan"]
    assert left.exists()
    assert check(filled, repair=True).clean
    assert not left.exists()


def test_a_foreign_file_is_named_but_never_deleted(filled, landmarks):
    foreign = filled.landmarks_dir / "my notes.txt"
    foreign.write_text("keep", encoding="utf-8")
    report = check(filled, repair=True)
    assert [(f.name, f.repaired) for f in report.findings] == [("my notes.txt", False)]
    assert foreign.exists()


def test_extractions_that_run_without_a_job_become_pending(filled, landmarks):
    with filled.session() as session:
        session.execute(text("UPDATE extraction SET status = 'running' WHERE id = 1"))
    assert [f.kind for f in check(filled, repair=True).findings] == ["stale"]
    with filled.reading() as session:
        states = session.execute(text("SELECT status FROM extraction ORDER BY id")).scalars().all()
    assert states == ["pending", "done", "done"]


def test_a_missing_bundle_is_named(filled):
    run_id = new_run(filled, "lost")
    finish_run(filled, run_id, status=Status.FINISHED, bundle="bundle")
    (finding,) = check(filled, repair=True).findings
    assert (finding.kind, finding.name, finding.repaired) == ("bundle", "lost", False)


def test_no_repair_while_a_job_is_at_work(filled):
    with (
        run_job(filled, create_job(filled, JobKind.EXTRACT, {})),
        pytest.raises(LibraryBusyError, match="at work"),
    ):
        check(filled, repair=True)
