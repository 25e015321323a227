"""The extraction job, as its own process, on real clips."""

import os
import shutil

import h5py
import numpy as np
import psutil
import pytest

from store.catalog import list_extractors, list_sequences, load_sequences
from store.check import check
from store.job_lines import list_lines
from store.jobs import ask, get_job
from store.words import JobKind, Request
from tests.jobs.extracting import (
    LONG,
    SHORT,
    extractions,
    finish,
    library_over,
    real_videos,
    run,
    scanned,
    start,
    until,
)

pytestmark = pytest.mark.slow


def imported_landmarks(real_data, video_id):
    """The landmarks of somebody else's extraction, hands in order of detection."""
    with h5py.File(real_data / "wlasl_hands_trainval.h5") as file:
        clip = list(file["video_id"][:]).index(video_id.encode())
        first, last = file["offsets"][clip : clip + 2]
        raw = file["landmarks"][first:last]
    return np.where(raw == -32768, np.nan, raw / np.float32(16384))


def distance_to_nearest(hand, others):
    """Mean distance in x and y to the nearest of some hands, shape=(n, 21, 3)."""
    return np.nanmin(np.abs(others[..., :2] - hand[..., :2]).mean(axis=(1, 2)))


def test_clips_become_landmarks_and_stay_done(real_data, tmp_path):
    videos = real_videos(real_data, SHORT[:3])
    library = scanned(tmp_path, {**videos, "00010": b"", "00011": None})
    code, job = run(library, JobKind.EXTRACT)
    assert (code, job.status, job.error) == (0, "finished", None)
    assert {"clips": 3, "done": 3, "failed": 0, "left": 0}.items() <= job.result.items()
    assert job.done == job.total == job.result["frames"]
    assert job.result["peak_worker_mb"] <= 400

    with library.reading() as session:
        rows = list_sequences(session, extractor_id=job.result["extractor_id"])
    assert sorted(row.video_id for row in rows) == sorted(videos)
    assert len({row.file for row in rows}) == 1, "loose files are packed at the end"
    assert [path.name for path in library.landmarks_dir.iterdir()] == [rows[0].file]
    for row, sequence in zip(rows, load_sequences(library, rows), strict=True):
        assert sequence.landmarks.shape == (row.frames, 2, 21, 3)
        assert sequence.fps > 20
        assert sequence.aspect > 1
        assert sequence.sha256() == row.landmarks_sha256
        present = sequence.present
        assert present.any()
        assert sequence.score is not None
        assert (np.isfinite(sequence.score) == present).all()
        reference = imported_landmarks(real_data, row.video_id)
        assert len(reference) == len(sequence)
        gaps = [
            distance_to_nearest(sequence.landmarks[frame, slot], reference[frame])
            for frame, slot in np.argwhere(present)
            if np.isfinite(reference[frame]).any()
        ]
        assert np.median(gaps) < 0.001
    done, _ = extractions(library)[SHORT[0]]
    assert (done.first_frame, done.attempts, done.error) == (0, 1, None)

    code, again = run(library, JobKind.EXTRACT)
    assert (code, again.result["clips"], again.result["frames"]) == (0, 0, 0)

    # Other settings are another extraction; the first one's arrays stay.
    code, other = run(library, JobKind.EXTRACT, hands={"complexity": 0}, limit=1)
    assert (code, other.result["done"]) == (0, 1)
    assert other.result["extractor_id"] != job.result["extractor_id"]
    with library.reading() as session:
        assert len(list_sequences(session, extractor_id=job.result["extractor_id"])) == 3

    # A clip with another content is done again, and it alone.
    folder = tmp_path / "dataset" / "videos"
    shutil.copy(folder / f"{SHORT[1]}.mp4", folder / f"{SHORT[0]}.mp4")
    run(library, JobKind.SCAN)
    changed = run(library, JobKind.EXTRACT)[1].result
    assert (changed["clips"], changed["done"]) == (1, 1)


def test_what_cannot_be_read_fails_with_a_reason_and_can_be_tried_again(real_data, tmp_path):
    library = scanned(tmp_path, real_videos(real_data, SHORT[:2]))
    clip = tmp_path / "dataset" / "videos" / f"{SHORT[0]}.mp4"
    whole = clip.read_bytes()
    times = (clip.stat().st_atime_ns, clip.stat().st_mtime_ns)
    clip.write_bytes(b"<html>" + bytes(20))
    code, job = run(library, JobKind.EXTRACT)
    assert (code, job.result["done"], job.result["failed"]) == (0, 1, 1)
    row, name = extractions(library)[SHORT[0]]
    assert (row.status, row.error_kind, name) == ("failed", "unreadable", None)
    assert row.error == "changed since it was scanned; scan again"
    assert any(SHORT[0] in line.text for line in list_lines(library, job.id))

    clip.write_bytes(whole)
    os.utime(clip, ns=times)
    assert run(library, JobKind.EXTRACT)[1].result["clips"] == 0
    again = run(library, JobKind.EXTRACT, retry_failed=True)[1].result
    assert (again["clips"], again["done"]) == (1, 1)
    row, _ = extractions(library)[SHORT[0]]
    assert (row.status, row.error, row.attempts) == ("done", None, 1)


def test_a_clip_that_takes_too_long_costs_only_itself(real_data, tmp_path):
    library = scanned(tmp_path, real_videos(real_data, [LONG]))
    limits = {"time_limit_s": 0.2, "time_per_frame_s": 0, "attempts": 2, "workers": 1}
    code, job = run(library, JobKind.EXTRACT, **limits)
    assert (code, job.status, job.result["failed"]) == (0, "finished", 1)
    row, _ = extractions(library)[LONG]
    assert (row.status, row.error_kind, row.attempts) == ("failed", "timeout", 2)


def test_a_crashed_worker_costs_its_clip_one_attempt(real_data, tmp_path):
    library = scanned(tmp_path, real_videos(real_data, [LONG, SHORT[0]]))
    process, job_id = start(library, JobKind.EXTRACT, workers=2)

    def worker_at_long():
        detail = get_job(library, job_id).detail or {}
        pids = [w["pid"] for w in detail.get("workers", []) if w["clip"] == LONG]
        return pids[0] if pids else None

    psutil.Process(until(worker_at_long)).kill()
    code, job = finish(library, process, job_id)
    assert (code, job.result["done"], job.result["failed"]) == (0, 2, 0)
    row, _ = extractions(library)[LONG]
    assert (row.status, row.attempts) == ("done", 2)
    assert any("crash" in line.text for line in list_lines(library, job_id))


def test_pause_and_stop_keep_what_is_done(real_data, tmp_path):
    library = scanned(tmp_path, real_videos(real_data, [LONG, *SHORT]))
    process, job_id = start(library, JobKind.EXTRACT, workers=1)
    until(lambda: get_job(library, job_id).detail)
    ask(library, job_id, Request.PAUSE)
    until(lambda: get_job(library, job_id).paused)
    resting = [row.status for row, _ in extractions(library).values()]
    assert "running" not in resting
    ask(library, job_id, None)
    until(lambda: not get_job(library, job_id).paused)
    ask(library, job_id, Request.STOP)
    code, job = finish(library, process, job_id)
    assert (code, job.status) == (130, "cancelled")
    rest = run(library, JobKind.EXTRACT)[1].result
    assert job.result["done"] >= 1
    assert job.result["done"] + rest["done"] == len(SHORT) + 1


def test_without_a_readable_clip_there_is_one_sentence(tmp_path):
    library = library_over(tmp_path, {"00010": None})
    code, job = run(library, JobKind.EXTRACT)
    assert (code, job.status) == (1, "failed")
    assert job.error == "There is no readable clip in this library."
    assert job.hint


def test_two_landmark_sets_lie_side_by_side(real_data, tmp_path):
    library = scanned(tmp_path, real_videos(real_data, SHORT[:2]))
    _, hands = run(library, JobKind.EXTRACT)
    code, job = run(library, JobKind.EXTRACT, landmarks="holistic", limit=1)
    assert (code, job.error) == (0, None)
    assert {"clips": 1, "done": 1}.items() <= job.result.items()
    _, rest = run(library, JobKind.EXTRACT, landmarks="holistic")
    assert {"clips": 1, "done": 1}.items() <= rest.result.items(), "one was done already"
    assert rest.result["peak_worker_mb"] <= 500
    _, again = run(library, JobKind.EXTRACT)
    assert again.result["clips"] == 0, "the hands are still done"

    with library.reading() as session:
        first = list_sequences(session, extractor_id=hands.result["extractor_id"])
        second = list_sequences(session, extractor_id=rest.result["extractor_id"])
        sets = {row.id: row.landmark_set for row in list_extractors(session)}
    assert sets == {extractor_of(hands): "hands", extractor_of(rest): "holistic"}
    assert [row.video_id for row in first] == [row.video_id for row in second]
    assert {row.file for row in first}.isdisjoint(row.file for row in second)
    for row, plain, whole in zip(
        second, load_sequences(library, first), load_sequences(library, second), strict=True
    ):
        assert plain.body is None
        assert whole.body is not None
        assert whole.body.shape == (len(plain), 51, 3)
        assert whole.sha256() == row.landmarks_sha256
        both = plain.present & whole.present
        gap = np.abs(plain.landmarks - whole.landmarks)[both][..., :2]
        assert both.sum() >= 10
        assert np.median(gap) < 0.005, "the same hands, in the slots of the same names"
    assert check(library).clean


def extractor_of(job):
    return job.result["extractor_id"]
