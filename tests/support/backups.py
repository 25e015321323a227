"""Small libraries to be backed up, and what is in them."""

from contextlib import closing

import pytest
from sqlalchemy import select

from store.catalog import get_or_add_extractor
from store.exclusions import exclude
from store.extractions import list_work, queue_instances, record_done
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import create_job, run_job
from store.landmarks import write_sequences
from store.library import Library
from store.recordings import keep_recording
from store.runs import finish_run
from store.schema import Clip
from store.takes import TAKE, note_take, recordings_dir
from store.words import Availability, JobKind, Status
from tests.store.test_runs import new_run
from tests.support.library import instance, make_sequence, write_dataset

SAID = {"gloss": "own", "signer": "me"}
SHAPE = {"frames": 9, "fps": 30.0, "width": 64, "height": 48}


def silent(what, done, total):
    pass


def make_library(folder, clips):
    """A library of that many readable clips without landmarks; the files lie beside it."""
    index = [
        {"gloss": "a", "instances": [instance(f"{n:05d}", instance_id=n) for n in range(clips)]}
    ]
    source = write_dataset(folder / "dataset", index)
    library = Library.create(folder / "library")
    store_dataset(library, read_dataset(find_dataset(source, unpack_to=library.clips_dir)))
    with library.session() as session:
        for clip in session.scalars(select(Clip)):
            path = source / "videos" / f"{clip.video_id}.mp4"
            path.write_bytes(f"clip {clip.video_id}".encode() * 50)
            stat = path.stat()
            clip.availability, clip.frames, clip.path = Availability.AVAILABLE, 12, str(path)
            clip.size_bytes, clip.mtime_ns = stat.st_size, stat.st_mtime_ns
            clip.sha256 = f"content of {clip.video_id}"
        extractor_id = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="test", settings={}
        )
        queue_instances(session, extractor_id)
    return library


def extract(library, count):
    with library.reading() as session:
        work = list_work(session, 1)[:count]
    for item in work:
        path = library.landmarks_dir / f"clip-{item.extraction_id}-x.h5"
        sequence = make_sequence(item.frames, seed=item.extraction_id)
        write_sequences(path, [(item.video_id, sequence)])
        with library.session() as session:
            record_done(session, item, sequence, file=path, seconds=1.0)


def add_model(library, name):
    run_id = new_run(library, name)
    bundle = library.run_dir(run_id) / "bundle"
    bundle.mkdir()
    (bundle / "bundle.json").write_text("{}", encoding="utf-8")
    (bundle / "model.tflite").write_bytes(name.encode() * 1000)
    finish_run(library, run_id, status=Status.FINISHED, bundle="bundle")
    return run_id


def add_take(library, name):
    take = recordings_dir(library) / f"{name}{TAKE}"
    take.parent.mkdir(parents=True, exist_ok=True)
    take.write_bytes(name.encode() * 100)
    assert note_take(take, SAID, **SHAPE)
    return take


def add_recording(library, name):
    return keep_recording(library, add_take(library, name), gloss="own", signer="me", **SHAPE)


def leave_out(library, instance_id):
    with library.session() as session:
        exclude(session, [instance_id], "bad")


def rows(library):
    with closing(library.connect_read_only()) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in names
        }


def contents(library):
    found = {}
    for path in library.root.rglob("*"):
        name = path.relative_to(library.root).as_posix()
        if path.is_file() and not name.startswith(("catalog.", "backup.json")):
            found[name] = path.read_bytes()
    return found


@pytest.fixture
def stocked(tmp_path):
    """A library with landmarks, a run, a recording and a take that waits."""
    library = make_library(tmp_path, 4)
    extract(library, 3)
    add_model(library, "first")
    add_recording(library, "one")
    add_take(library, "two")
    job_id = create_job(library, JobKind.SCAN, {})
    (library.job_dir(job_id) / "job.log").write_text("a line\n", encoding="utf-8")
    with run_job(library, job_id):
        pass
    yield library
    library.close()


def left_of(target):
    return [path.name for path in target.parent.iterdir() if path.name.startswith(target.name)]
