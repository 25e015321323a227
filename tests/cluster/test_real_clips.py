"""Real clips through MediaPipe on a cluster: the same bits as on one machine."""

import os
import shutil

import numpy as np
import pytest

pytest.importorskip("distributed", reason="the extra signtui[cluster] is not installed")

from store.catalog import list_sequences, load_sequences
from store.check import check
from store.library import Library
from store.words import JobKind
from tests.capture.pool_tasks import imported_modules
from tests.cluster.running import ROOT, Cluster
from tests.jobs.extracting import SHORT, real_videos, run, scanned, until

pytestmark = pytest.mark.slow

NEVER = {"tensorflow", "keras", "sqlalchemy", "h5py", "textual"}
NO_TENSORFLOW = 'raise ImportError("there is no TensorFlow on this worker")\n'


@pytest.fixture
def cluster(tmp_path):
    """A scheduler; workers find a TensorFlow that cannot be imported."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with Cluster(folder) as made:
        yield made


def without_tensorflow(folder):
    (folder / "tensorflow.py").write_text(NO_TENSORFLOW, encoding="utf-8")
    return {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def landmarks(library, job):
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=job.result["extractor_id"])
    return dict(zip([row.video_id for row in rows], load_sequences(library, rows), strict=True))


def assert_same(here, there):
    assert here.keys() == there.keys()
    for video_id, one in here.items():
        other = there[video_id]
        assert (one.fps, one.aspect) == (other.fps, other.aspect)
        for a, b in ((one.landmarks, other.landmarks), (one.score, other.score)):
            assert np.array_equal(a, b, equal_nan=True), video_id
        assert (one.body is None) == (other.body is None)
        assert one.body is None or np.array_equal(one.body, other.body, equal_nan=True)


def child_modules():
    """What the child process of this worker's thread has imported."""
    from capture import remote

    return remote._mine.slot.run(imported_modules, None, timeout_s=60)


def test_the_bits_are_those_of_one_machine(real_data, tmp_path, cluster):
    cluster.add_worker("seeing", standin_=False, **without_tensorflow(tmp_path))
    here = scanned(tmp_path / "here", real_videos(real_data, SHORT[:2]))
    here.close()
    there = Library.open(shutil.copytree(here.root, tmp_path / "there"))
    _, local = run(here, JobKind.EXTRACT, workers=1)
    code, job = run(there, JobKind.EXTRACT, cluster=cluster.address)
    assert (code, job.error, job.result["done"]) == (0, None, 2)
    assert (job.result["sent_mb"], job.result["workers"]) == (0, 1), "it reads them where they lie"
    assert_same(landmarks(here, local), landmarks(there, job))
    with cluster.client() as client:
        (loaded,) = client.run(imported_modules, None).values()
        assert NEVER.isdisjoint(loaded)
        assert NEVER.isdisjoint(client.submit(child_modules, pure=False).result())

    # Holistic, whose landmarks have a body, by a worker that is sent the bytes.
    cluster.kill("seeing")
    cluster.add_worker("blind", "--no-nanny", "--preload", "tests.cluster.blind", standin_=False)
    until(lambda: cluster.workers() == {"blind"})
    whole = {"landmarks": "holistic", "limit": 1, "workers": 1}
    _, local = run(here, JobKind.EXTRACT, **whole)
    code, job = run(there, JobKind.EXTRACT, cluster=cluster.address, **whole)
    assert (code, job.error, job.result["done"]) == (0, None, 1)
    (clip,) = landmarks(there, job)
    size = real_videos(real_data, [clip])[clip].stat().st_size
    assert job.result["sent_mb"] == round(size / 1e6, 3)
    assert_same(landmarks(here, local), landmarks(there, job))
    assert check(there).clean
