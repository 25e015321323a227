"""Workers: what TF_CONFIG says, how they find each other, who takes which clips, what they are told."""

import json
import socket
import threading
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.cluster import Cluster, read_cluster
from ml.config import PRESETS
from ml.dataset import Part
from ml.errors import ClusterError
from ml.rendezvous import gather, report
from ml.shares import WHOLE, Share, split_epoch
from ml.task import Task, pack_task, unpack_task
from store.jobs import JobStoppedError
from store.landmarks import Sequence
from tests.ml.clips import clip

TWO = {"worker": ["a:1", "b:2"]}


def config(cluster: object = TWO, kind: object = "worker", index: object = 0) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})}


def test_the_first_worker_is_chief_where_none_is_named():
    assert read_cluster(config(index=1)) == Cluster(("a:1", "b:2"), 1)
    assert read_cluster(config()).is_chief
    named = {"chief": ["c:3"], **TWO}
    assert read_cluster(config(named)) == Cluster(("c:3", "a:1", "b:2"), 1)
    assert read_cluster(config(named, "chief")).is_chief
    assert Cluster(("[::1]:7",), 0).address(0) == ("::1", 7)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "not set"),
        ({"TF_CONFIG": "  "}, "not set"),
        ({"TF_CONFIG": "{"}, "no JSON"),
        ({"TF_CONFIG": "[" * 100_000}, "no JSON"),
        ({"TF_CONFIG": "[]"}, "no cluster"),
        ({"TF_CONFIG": '{"cluster": {}}'}, "no task"),
        (config({}), "names no worker"),
        (config({"worker": "a:1"}), "no list"),
        (config({"worker": [7]}), "no host:port"),
        (config({"worker": ["a"]}), "no host:port"),
        (config({"worker": ["a:0"]}), "no host:port"),
        (config({"worker": ["a:70000"]}), "no host:port"),
        (config({"worker": ["a:" + "9" * 5000]}), "no host:port"),
        (config({"worker": ["a:1", "a:1"]}), "twice"),
        (config({"chief": ["a:1", "b:1"]}), "more than one chief"),
        (config({**TWO, "ps": ["c:1"]}), "type ps"),
        (config(kind="evaluator"), "evaluator"),
        (config(kind=None), "None"),
        (config(kind="chief"), "chief"),
        (config(index=2), "0 to 1"),
        (config(index=-1), "0 to 1"),
        (config(index="0"), "0 to 1"),
        (config(index=True), "0 to 1"),
    ],
)
def test_what_cannot_be_used_is_said(environ, said):
    with pytest.raises(ClusterError, match=said) as caught:
        read_cluster(environ)
    assert '"cluster"' in caught.value.hint


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(1, 64), st.integers(1, 4), st.integers(1, 4))
def test_every_clip_of_an_epoch_goes_to_one_process(clips, size, processes, own):
    batches = split_epoch(clips, size)
    assert [batch.stop for batch in batches[:-1]] == [batch.start for batch in batches[1:]]
    shares = [Share(processes * own, process * own, own) for process in range(processes)]
    got = np.concatenate([share.positions(batches) for share in shares])
    np.testing.assert_array_equal(np.sort(got), np.arange(clips))
    np.testing.assert_array_equal(WHOLE.positions(batches), np.arange(clips))
    lengths = [shares[0].of_device(size, n) for n in range(processes * own)]
    assert all(one.stop == other.start for one, other in pairwise(lengths))


def test_a_worker_makes_only_its_own_clips_and_they_are_the_same():
    from dataclasses import replace

    from ml.config import FeatureConfig, TrainConfig
    from ml.dataset import TrainingData

    part = Part(tuple(clip("wave", n) for n in range(7)), ("original",) * 7, np.arange(7))
    config = replace(TrainConfig(), features=FeatureConfig(length=8))
    whole, targets = TrainingData(part, config).epoch(3)
    positions = Share(2, 1, 1).positions(split_epoch(7, 4))
    some, some_targets = TrainingData(part, config).epoch(3, positions)
    assert 0 < len(some) < 7
    np.testing.assert_array_equal(some, whole[positions])
    np.testing.assert_array_equal(some_targets, targets[positions])


def sequences() -> tuple[Sequence, ...]:
    rng = np.random.default_rng(3)
    plain, scored = clip("wave", 1, 5), clip("book", 2, 9)
    body = rng.random((4, 51, 3), np.float32)
    return (
        plain,
        Sequence(scored.landmarks, 25.0, 0.0, rng.random((9, 2), np.float32)),
        Sequence(clip("drink", 3, 4).landmarks, 30.0, 1.5, None, body),
    )


@pytest.mark.parametrize("classes", [None, np.array([0, 0, 1])])
def test_a_task_arrives_as_it_was(classes):
    part = Part(sequences(), ("original", "slow", "noise"), np.array([2, 0, 1]))
    head, arrays = pack_task(Task(PRESETS["notebook"], 3, part, classes))
    task = unpack_task(json.loads(json.dumps(head)), arrays)
    assert (task.config, task.glosses) == (PRESETS["notebook"], 3)
    assert task.train.copies == part.copies
    np.testing.assert_array_equal(task.train.targets, part.targets)
    assert (task.classes is None) == (classes is None)
    for got, was in zip(task.train.sequences, part.sequences, strict=True):
        assert (got.fps, got.aspect) == (was.fps, was.aspect)
        for name in ("landmarks", "score", "body"):
            one, other = getattr(got, name), getattr(was, name)
            assert (one is None) == (other is None)
            if other is not None:
                np.testing.assert_array_equal(one, other)


def loopback(n: int) -> tuple[str, ...]:
    """Addresses whose ports were free a moment ago."""
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    addresses = tuple(f"127.0.0.1:{door.getsockname()[1]}" for door in doors)
    for door in doors:
        door.close()
    return addresses


class Reporting(threading.Thread):
    """A worker that calls at the chief's; `error` is what it raised."""

    def __init__(self, cluster: Cluster, **how) -> None:
        super().__init__(daemon=True)
        self.cluster, self.how = cluster, how
        self.error: ClusterError | None = None
        self.start()

    def run(self) -> None:
        try:
            report(self.cluster, **self.how)
        except ClusterError as error:
            self.error = error


def test_all_go_when_all_are_there_and_strangers_do_not_matter():
    addresses = loopback(3)
    workers = [Reporting(Cluster(addresses, index)) for index in (1, 2)]
    strangers: list[socket.socket] = []

    def on_wait(missing: list[str]) -> None:
        if not strangers:
            assert missing == list(addresses[1:])
            host, port = Cluster(addresses, 0).address(0)
            strangers.append(socket.create_connection((host, port)))
            strangers[0].sendall(b"GET / HTTP/1.1\r\n\r\n")

    gather(Cluster(addresses, 0), on_wait=on_wait)
    for worker in workers:
        worker.join(10)
        assert not worker.is_alive()
        assert worker.error is None
    strangers[0].close()


def test_one_that_is_unlike_the_chief_is_named_to_both(monkeypatch):
    addresses = loopback(2)
    other = (*addresses, "elsewhere:1")
    worker = Reporting(Cluster(other, 1))
    with pytest.raises(ClusterError, match=f"{addresses[1]} has workers"):
        gather(Cluster(addresses, 0))
    worker.join(10)
    assert worker.error is not None
    assert "has workers" in worker.error.message


def test_who_does_not_come_is_named_and_waiting_ends_when_asked():
    addresses = loopback(3)
    worker = Reporting(Cluster(addresses, 1))
    with pytest.raises(ClusterError, match=f"did not come: {addresses[2]}"):
        gather(Cluster(addresses, 0), within_s=1.0)
    worker.join(10)
    assert worker.error is not None
    assert addresses[2] in worker.error.message

    def stop(_missing: list[str]) -> None:
        raise JobStoppedError("Stopped on request.")

    with pytest.raises(JobStoppedError):
        gather(Cluster(addresses, 0), on_wait=stop)
    with pytest.raises(ClusterError, match="cannot be reached"):
        report(Cluster(addresses, 1), within_s=0.0)


def test_a_taken_port_is_said():
    with socket.create_server(("", 0)) as door:
        address = f"127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(ClusterError, match="cannot listen"):
            gather(Cluster((address, "127.0.0.1:1"), 0))


@pytest.mark.slow
@settings(deadline=None, max_examples=50)  # the first example starts TensorFlow
@given(st.data())
def test_a_message_arrives_to_the_last_bit_whatever_its_size(data):
    """Through the chief's and a worker's ends, with TensorFlow's sum left out."""
    from ml import broadcast

    sent: list[np.ndarray] = []

    class Chief(broadcast.Broadcast):
        def _exchange(self, words):
            sent.append(words.copy())
            return words

    class Worker(broadcast.Broadcast):
        def _exchange(self, words):
            assert not words.any()
            assert len(words) == len(sent[0])
            return sent.pop(0)

    kinds = st.sampled_from([np.float32, np.int64, np.uint8, np.float64])
    shapes = st.lists(st.integers(0, 5), max_size=3)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    arrays = [
        np.asarray(rng.integers(0, 255, shape)).astype(kind)
        for kind, shape in data.draw(st.lists(st.tuples(kinds, shapes), max_size=5))
    ]
    with patch.object(broadcast, "_CHUNK", data.draw(st.sampled_from([2, 6, 2**10]))):
        Chief(None, 0).tell({"epoch": 4}, arrays)
        head, got = Worker(None, 1).hear()
    assert (head, sent) == ({"epoch": 4}, [])
    assert len(got) == len(arrays)
    for one, other in zip(got, arrays, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        np.testing.assert_array_equal(one, other)
