"""What the engine makes of a cluster's answers, with the cluster told by the test."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed", reason="the extra signtui[cluster] is not installed")

from distributed.scheduler import KilledWorker

from capture import cluster as module
from capture.cluster import ClusterEngine
from capture.config import ExtractConfig
from capture.dask_client import connect
from capture.errand import Greeting, Refused, Unseen
from capture.errors import ClusterError
from capture.pool import Failure, FailureKind
from capture.worker import ClipResult
from store.errors import JobInterruptedError
from store.extractions import Work
from tests.support.library import make_sequence

SIZE = 1000
BOUND = int(2.5 * SIZE)
GREETED = Greeting("host", "")
SEEING = Greeting("host", "", sees=True)


class Told:
    """A future whose answer the test gives."""

    def __init__(self, key, arguments, wished, only):
        self.key, self.arguments, self.wished, self.only = key, arguments, wished, only
        self.answer: Any = None

    def __await__(self):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer
        yield

    def cancel(self):
        self.answer = asyncio.CancelledError()

    @property
    def errand(self):
        return self.arguments[0]


class Net:
    """Scheduler and client in one."""

    status = "running"

    def __init__(self):
        self.workers = {"a": {"nthreads": 2, "metrics": {}}}
        self.out: list[Told] = []
        self._waiting = {}
        self.loop = SimpleNamespace(add_callback=self._wait)

    def _wait(self, bring, name, future):
        self._waiting[id(future)] = (bring, name, future)

    def submit(self, _client, key, _function, arguments, *, wished, only):
        self.out.append(Told(key, arguments, wished, only))
        return self.out[-1]

    def say(self, future, answer):
        bring, name, _ = self._waiting.pop(id(future))
        future.answer = answer
        self.out.remove(future)
        asyncio.run(bring(name, future))

    def close(self, **_):
        self.status = "closed"

    @property
    def clips(self):
        return [future for future in self.out if not future.only]

    @property
    def greetings(self):
        return [future for future in self.out if future.only]


@pytest.fixture
def net(monkeypatch):
    made = Net()
    monkeypatch.setattr(module, "connect", lambda _cluster: made)
    monkeypatch.setattr(module, "list_workers", lambda _client: made.workers)
    monkeypatch.setattr(module, "submit", made.submit)
    monkeypatch.setattr(module, "_LOOK_S", 0.0)
    monkeypatch.setattr(module, "_LOOK_S_A_WORKER", 0.0)
    return made


@pytest.fixture
def works(tmp_path):
    found = []
    for number in range(8):
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(bytes([number]) * SIZE)
        stat = path.stat()
        work = Work(number, path.stem, path, 0, 5, stat.st_size, stat.st_mtime_ns, "0" * 64, 0)
        found.append(work)
    return found


@pytest.fixture
def engine(net, works):
    job = SimpleNamespace(id=7, info=lambda _text: None, warn=lambda _text: None)
    config = ExtractConfig(bytes_in_flight=BOUND)
    with ClusterEngine(config, "tcp://host:1", job, works[0]) as made:
        yield made


def admit(net, engine, greeting=GREETED):
    for future in net.greetings:
        net.say(future, greeting)
    assert engine.collect(0.0) == []


def send(engine, works):
    taken = [work for work in works if engine.takes(work)]
    for work in taken:
        engine.send(work, timeout_s=9.0)
    return taken


def found(frames=5):
    sequence = make_sequence(frames, seed=1)
    score = np.full((frames, 2), 0.9, np.float32)
    return ClipResult(sequence.landmarks, score, 25.0, 1.5, 0.1, 1, 1000)


def test_nothing_goes_out_before_a_worker_was_asked(net, engine, works):
    assert not engine.takes(works[0])
    assert engine.note == "waits for workers that can be used"
    admit(net, engine)
    assert (engine.note, engine.workers) == ("", 2)
    assert engine.takes(works[0])


def test_the_bytes_on_their_way_are_bounded(net, engine, works):
    admit(net, engine)
    assert len(send(engine, works)) == 2
    assert [future.errand.content for future in net.clips] == [
        w.path.read_bytes() for w in works[:2]
    ]
    net.say(net.clips[0], found())
    ((extraction_id, answer),) = engine.collect(0.0)
    assert (extraction_id, isinstance(answer, ClipResult)) == (0, True)
    assert len(send(engine, works[2:])) == 1
    assert engine.facts["peak_flight_mb"] == 2 * SIZE / 1e6


def test_one_clip_goes_out_however_large_it_is(net, engine, works):
    admit(net, engine)
    engine._config = replace(engine._config, bytes_in_flight=1)
    assert len(send(engine, works)) == 1


def test_where_all_see_the_clips_threads_are_the_bound(net, engine, works):
    admit(net, engine, SEEING)
    assert len(send(engine, works)) == 4, "two for each thread"
    assert {future.errand.content for future in net.clips} == {None}
    # One of them lies elsewhere: its bytes are sent.
    net.say(net.clips[0], Unseen())
    assert engine.collect(0.0) == []
    engine.collect(0.0)
    assert [future.errand.content is None for future in net.clips] == [True, True, True, False]
    assert engine.facts["sent_mb"] == SIZE / 1e6


def test_a_cluster_without_workers_is_shown_a_little_work(net, engine, works):
    net.workers = {}
    engine.collect(0.0)
    assert engine.note == "waits for workers"
    assert len(send(engine, works)) == 2


def test_a_refused_worker_s_clip_goes_to_another(net, engine, works):
    net.workers["b"] = {"nthreads": 1, "metrics": {}}
    engine.collect(0.0)
    admit(net, engine)
    send(engine, works[:1])
    net.say(net.clips[0], Refused("a", "no space left"))
    assert engine.collect(0.0) == []
    engine.collect(0.0)
    (again,) = net.clips
    assert (again.errand.file.path, again.wished) == (str(works[0].path), ["b"])
    assert engine.workers == 1


def test_a_clip_that_comes_back_for_no_reason_is_sent_again_but_not_for_ever(net, engine, works):
    admit(net, engine)
    send(engine, works[:1])
    for _ in range(5):
        net.say(net.clips[0], ModuleNotFoundError("No module named 'capture'"))
        assert engine.collect(0.0) == []
        engine.collect(0.0)
    net.say(net.clips[0], asyncio.CancelledError("gone"))
    ((_, answer),) = engine.collect(0.0)
    assert answer == Failure(FailureKind.ERROR, "CancelledError: gone")
    assert engine.takes(works[1])


def test_workers_that_die_with_a_clip_are_a_crash(net, engine, works):
    admit(net, engine)
    send(engine, works[:1])
    net.say(net.clips[0], KilledWorker("key", None, 3))
    ((_, answer),) = engine.collect(0.0)
    assert answer.kind is FailureKind.CRASH


def test_arrays_of_another_shape_are_not_written(net, engine, works):
    admit(net, engine)
    send(engine, works[:1])
    net.say(net.clips[0], found(frames=4))
    ((_, answer),) = engine.collect(0.0)
    assert answer.kind is FailureKind.ERROR
    assert "(4, 2, 21, 3)" in answer.error


def test_a_file_that_has_changed_since_the_scan_is_not_sent(net, engine, works):
    admit(net, engine)
    works[0].path.write_bytes(b"another")
    works[1].path.unlink()
    send(engine, works[:2])
    assert net.clips == []
    outcomes = dict(engine.collect(0.0))
    assert {answer.kind for answer in outcomes.values()} == {FailureKind.UNREADABLE}
    assert "scan again" in outcomes[0].error
    assert len(send(engine, works[2:])) == 2, "their room is free again"


def test_what_arrived_before_the_scheduler_went_is_kept(net, engine, works):
    admit(net, engine)
    send(engine, works[:2])
    net.say(net.clips[0], found())
    net.status = "connecting"
    assert [extraction_id for extraction_id, _ in engine.collect(0.0)] == [0]
    with pytest.raises(JobInterruptedError, match="tcp://host:1 is gone") as caught:
        engine.collect(0.0)
    assert "signtui resume 7 --cluster local" in caught.value.hint


def test_a_scheduler_that_does_not_answer_is_lost(net, engine, monkeypatch):
    def silent(_client):
        raise TimeoutError

    monkeypatch.setattr(module, "list_workers", silent)
    with pytest.raises(JobInterruptedError):
        engine.collect(0.0)


def test_heartbeats_tell_how_far_clips_are(net, engine, works):
    admit(net, engine)
    send(engine, works[:2])
    key = net.clips[0].key
    net.workers["a"] = {
        "nthreads": 2, "host": "10.0.0.7", "metrics": {"signtui": {key: [4711, 3, 5_000_000]}}
    }  # fmt: skip
    engine.collect(0.0)
    at = engine.standing(0)
    assert (at.pid, at.frames, at.memory_bytes, at.host) == (4711, 3, 5_000_000, "10.0.0.7")
    assert engine.standing(1).pid is None


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"address": "nonsense"}'])
def test_a_scheduler_file_that_is_none_is_one_sentence(tmp_path, text):
    path = tmp_path / "scheduler.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ClusterError) as caught:
        connect(str(path))
    assert caught.value.hint
