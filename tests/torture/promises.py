"""What must hold after whatever happened to a library."""

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from store.check import check
from store.jobs import create_job, get_job
from store.landmarks import read_sequence, read_video_ids
from store.library import Library
from store.schema import Clip, Extraction, Instance, LandmarkFile
from store.words import JobKind
from tests.torture.lacking import LACKING
from tests.torture.standin import ATTEMPTS, landmarks_of
from tests.torture.steps import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = {"orphan"}
"""What a kill may leave, and `check --repair` takes away: files that no row points to."""


def start(library, *, die="", lacks="", **config):
    """Start an extraction with made-up landmarks; returns its process and the job's id."""
    job_id = create_job(library, JobKind.EXTRACT, {"workers": 2, **config})
    command = [
        *(sys.executable, "-P", "-m", "tests.torture.extraction"),
        *("--library", str(library.root), "--job", str(job_id)),
    ]
    with (library.job_dir(job_id) / "job.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: die, LACKING: lacks},
        )
    return process, job_id


def finish(library, process, job_id):
    """Wait for the end; returns what was said on stdout."""
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, get_job(library, job_id).error
    return (said or b"").decode()


def done(library):
    """Map video id to (times the landmarks were written, hash, when) of what is finished."""
    query = (
        select(
            Clip.video_id, Extraction.attempts, Extraction.landmarks_sha256, Extraction.finished_at
        )
        .join(Instance, Instance.id == Extraction.instance_id)
        .join(Clip, Clip.id == Instance.clip_id)
        .where(Extraction.status == "done")
    )
    with library.reading() as session:
        return {row[0]: tuple(row[1:]) for row in session.execute(query)}


def attempts(library):
    """How often a worker began with a clip."""
    path = library.root.parent / ATTEMPTS
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def assert_sound(library):
    """The catalog opens, what is left behind is swept by a repair, and nothing else is found."""
    library.close()
    again = Library.open(library.root)
    found = check(again)
    assert {finding.kind for finding in found.findings} <= LEFT_BEHIND, found.findings
    assert check(again, repair=True).clean
    assert check(again).findings == []


def assert_true_landmarks(library):
    """Every finished row points to what the stand-in made for its clip."""
    query = (
        select(Clip.video_id, Extraction, LandmarkFile.name)
        .join(Instance, Instance.id == Extraction.instance_id)
        .join(Clip, Clip.id == Instance.clip_id)
        .join(LandmarkFile, LandmarkFile.id == Extraction.file_id)
        .where(Extraction.status == "done")
    )
    with library.reading() as session:
        rows = list(session.execute(query))
    for video_id, row, name in rows:
        path = library.landmarks_dir / name
        assert read_video_ids(path)[row.position] == video_id
        expected = landmarks_of(video_id, row.frames).sha256()
        assert read_sequence(path, row.position).sha256() == row.landmarks_sha256 == expected
