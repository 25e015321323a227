"""Small libraries over real clips, and the jobs' real processes."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
from sqlalchemy import select

from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import create_job, get_job
from store.library import Library
from store.schema import Clip, Extraction, Instance, LandmarkFile
from store.words import JobKind
from tests.support.library import instance, write_dataset

ROOT = Path(__file__).resolve().parents[2]
SHORT = ("01377", "53199", "17356", "52349", "29619", "40242")
"""Real clips of 22 to 34 frames, 288 x 192, all different."""
LONG = "40313"
"""137 frames."""


def library_over(folder, videos):
    """A library whose index names each key of `videos`: a file to copy, bytes, or None = missing."""
    index = [
        {"gloss": f"sign {name}", "instances": [instance(name, instance_id=0)]} for name in videos
    ]
    source = write_dataset(folder / "dataset", index)
    for name, content in videos.items():
        target = source / "videos" / f"{name}.mp4"
        if isinstance(content, bytes):
            target.write_bytes(content)
        elif content is not None:
            shutil.copy(content, target)
    library = Library.create(folder / "library")
    store_dataset(library, read_dataset(find_dataset(source, unpack_to=library.clips_dir)))
    return library


def real_videos(real_data, names):
    return {name: real_data / "videos" / f"{name}.mp4" for name in names}


def start(library, kind, **config):
    """Start a job's process; returns it and the job's id."""
    job_id = create_job(library, kind, config)
    command = [
        sys.executable, "-P", "-m", f"capture.{kind}",
        "--library", str(library.root), "--job", str(job_id),
    ]  # fmt: skip
    with (library.job_dir(job_id) / "job.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    return process, job_id


def finish(library, process, job_id):
    """Wait for a job; returns its exit code and its row."""
    code = process.wait(timeout=240)
    return code, get_job(library, job_id)


def run(library, kind, **config):
    return finish(library, *start(library, kind, **{"workers": 2, **config}))


def scanned(folder, videos):
    library = library_over(folder, videos)
    code, job = run(library, JobKind.SCAN)
    assert code == 0, job.error
    return library


def until(condition, *, seconds=180.0):
    """Wait for a condition and return its first true value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def extractions(library):
    """Map video id to (extraction, file name or None)."""
    query = (
        select(Clip.video_id, Extraction, LandmarkFile.name)
        .join(Instance, Instance.id == Extraction.instance_id)
        .join(Clip, Clip.id == Instance.clip_id)
        .outerjoin(LandmarkFile, LandmarkFile.id == Extraction.file_id)
    )
    with library.reading() as session:
        return {video_id: (row, name) for video_id, row, name in session.execute(query)}


def kill_tree(process):
    """SIGKILL a job and all its workers at once."""
    parent = psutil.Process(process.pid)
    family = [*parent.children(recursive=True), parent]
    for member in family:
        member.kill()
    psutil.wait_procs(family, timeout=20)
    process.wait(timeout=20)
