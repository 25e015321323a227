"""Workers on hosts of their own, which share nothing but the network: the same bits."""

import shutil
import subprocess
from contextlib import ExitStack

import pytest

pytest.importorskip("distributed", reason="the extra signtui[cluster] is not installed")

from store.library import Library
from store.words import JobKind
from tests.cluster import hosts
from tests.cluster.running import Cluster
from tests.cluster.test_real_clips import assert_same, landmarks
from tests.jobs.extracting import SHORT, real_videos, run, scanned

pytestmark = pytest.mark.slow


@pytest.fixture
def names():
    """Of two hosts."""
    with ExitStack() as stack:
        try:
            made = stack.enter_context(hosts.two_hosts())
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"network namespaces need Linux, root and iproute2: {error}")
        yield made


def test_the_bits_are_those_of_one_machine(real_data, tmp_path, names):
    folder = tmp_path / "cluster"
    folder.mkdir()
    here = scanned(tmp_path / "here", real_videos(real_data, SHORT[:2]))
    here.close()
    there = Library.open(shutil.copytree(here.root, tmp_path / "there"))
    _, local = run(here, JobKind.EXTRACT, workers=1)
    with Cluster(folder, at=hosts.HERE) as cluster:
        for name in names:
            # The disk is the same all the same: they are told that they do not see it.
            cluster.add_worker(name, "--preload", "tests.cluster.blind", standin_=False, host=name)
        cluster.wait_for_workers(2)
        with cluster.client() as client:
            told = client.scheduler_info()["workers"].values()
            assert {worker["host"] for worker in told} == set(hosts.ADDRESSES)
        code, job = run(there, JobKind.EXTRACT, cluster=cluster.address)
    assert (code, job.error, job.result["done"]) == (0, None, 2)
    assert job.result["workers"] == 2
    assert job.result["sent_mb"] > 0
    assert_same(landmarks(here, local), landmarks(there, job))
