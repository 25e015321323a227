"""The engine of many machines: a Dask cluster that somebody else has started.

Dask decides which worker takes a clip, and gives it to another one where a worker is lost. Added
here: workers are asked first whether they would find the same landmarks; clips go out as bytes
unless all workers read them where they lie; and no more are on their way than a bound allows.
"""

import queue
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from capture.config import ExtractConfig
from capture.dask_client import Client, Future, KilledWorker, connect, list_workers, submit
from capture.engine import Outcome, Standing
from capture.errand import (
    METRIC,
    Errand,
    File,
    Greeting,
    Identity,
    Refused,
    Unseen,
    greet,
    run_errand,
)
from capture.errors import UnreadableClipError
from capture.extractor import extractor_settings
from capture.members import Members
from capture.pool import Failure, FailureKind
from capture.worker import ClipResult, check_unchanged
from store import __version__
from store.errors import JobInterruptedError
from store.extractions import Work
from store.jobs import RunningJob
from store.skeleton import SEQUENCE_SHAPE

_AHEAD: Final = 2
"""Clips for each thread of the cluster: the next one is there when one is done."""
_HOPED: Final = 2
"""Clips that wait for a cluster without workers: one that grows with its work must see some."""
_LOOK_S: Final = 1.0
_LOOK_S_A_WORKER: Final = 0.01
_STRAYS: Final = 5
"""Times that a clip may come back for no reason of its own."""
_MB: Final = 1_000_000


@dataclass
class _Flight:
    """A clip that was taken and is not back."""

    work: Work
    timeout_s: float = 0.0
    carries: bool = False
    """Whether its bytes go with it, and count."""
    future: Future | None = None
    """None while it waits to be sent (again)."""
    strays: int = 0


class ClusterEngine:
    """Hands clips to whatever workers a scheduler has."""

    def __init__(self, config: ExtractConfig, cluster: str, job: RunningJob, sample: Work) -> None:
        """Nothing is asked of the cluster yet; `sample` is a clip that workers look for."""
        self._config = config
        self._cluster = cluster
        self._job = job
        self._sample = _file(sample)
        settings = extractor_settings(config.tracker)
        self._identity = Identity(__version__, config.tracker, settings)
        self._members = Members(info=job.info, warn=job.warn)
        self._client: Client | None = None
        self._flights: dict[int, _Flight] = {}
        self._greetings: dict[str, Future] = {}
        self._back: queue.SimpleQueue[tuple[int | str, Future, Any]] = queue.SimpleQueue()
        self._ready: list[Outcome] = []
        self._told: dict[str, Standing] = {}
        self._run = uuid.uuid4().hex[:8]
        self._serial = 0
        self._bytes = self._peak_bytes = self._sent_bytes = 0
        self._looked_at = 0.0

    @property
    def workers(self) -> int:
        return max(1, self._members.threads)

    @property
    def note(self) -> str:
        if self._members.threads:
            return ""
        return "waits for workers that can be used" if len(self._members) else "waits for workers"

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "cluster": self._cluster,
            "sent_mb": round(self._sent_bytes / _MB, 3),
            "peak_flight_mb": round(self._peak_bytes / _MB, 3),
        }

    def takes(self, work: Work) -> bool:
        threads = self._members.threads
        most = _AHEAD * threads if threads else (0 if len(self._members) else _HOPED)
        carries = not self._members.all_see
        if len(self._flights) >= most or (carries and not self._has_room(work)):
            return False
        self._flights[work.extraction_id] = _Flight(work, carries=carries)
        self._count(work.size_bytes if carries else 0)
        return True

    def send(self, work: Work, *, timeout_s: float) -> None:
        flight = self._flights[work.extraction_id]
        flight.timeout_s = timeout_s
        self._send(flight)

    def collect(self, wait_s: float) -> list[Outcome]:
        """As `Engine.collect`.

        Raises:
            ClusterError: all workers are refused.
            JobInterruptedError: the scheduler is gone.
        """
        self._look()
        self._send_again()
        for key, future, answer in self._wait_for_answers(0.0 if self._ready else wait_s):
            if isinstance(key, str):
                self._take_greeting(key, future, answer)
            else:
                self._take_answer(key, future, answer)
        outcomes, self._ready = self._ready, []
        if not outcomes:
            self._require_scheduler()
            self._members.require_hope()
        return outcomes

    def standing(self, extraction_id: int) -> Standing:
        flight = self._flights.get(extraction_id)
        key = flight.future.key if flight is not None and flight.future is not None else ""
        return self._told.get(key, Standing())

    def __enter__(self) -> Self:
        self._client = connect(self._cluster)
        self._look()
        return self

    def __exit__(self, *_: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=5)

    # What goes out

    def _has_room(self, work: Work) -> bool:
        return not self._bytes or self._bytes + work.size_bytes <= self._config.bytes_in_flight

    def _count(self, size: int) -> None:
        self._bytes += size
        self._peak_bytes = max(self._peak_bytes, self._bytes)

    def _land(self, flight: _Flight, outcome: ClipResult | Failure) -> None:
        """It is back: there is room for another one."""
        del self._flights[flight.work.extraction_id]
        if flight.carries:
            self._bytes -= flight.work.size_bytes
        self._ready.append((flight.work.extraction_id, outcome))

    def _send(self, flight: _Flight) -> None:
        work = flight.work
        content = None
        if flight.carries:
            try:
                check_unchanged(work.path, work.size_bytes, work.mtime_ns)
                content = work.path.read_bytes()
            except (UnreadableClipError, OSError) as error:
                reason = error.message if isinstance(error, UnreadableClipError) else str(error)
                self._land(flight, Failure(FailureKind.UNREADABLE, reason))
                return
            self._sent_bytes += len(content)
        errand = Errand(
            self._identity, _file(work), content, work.first, work.last, flight.timeout_s,
            self._config.clips_per_worker,
        )  # fmt: skip
        # Only a wish: were all of these lost, the clip would wait for ever for one of them.
        wished = self._members.admitted if self._members.some_refused else None
        flight.future = self._submit(work.extraction_id, run_errand, errand, wished=wished)

    def _send_again(self) -> None:
        """What came back undone goes out once it is known who can do it."""
        if self._members.some_unknown or not self._members.threads:
            return
        for flight in list(self._flights.values()):
            if flight.future is None and (flight.carries or self._has_room(flight.work)):
                if not flight.carries:
                    flight.carries = True
                    self._count(flight.work.size_bytes)
                self._send(flight)

    def _submit(
        self, name: int | str, function: Any, *arguments: Any, wished: list[str] | None = None,
        only: str | None = None,
    ) -> Future:  # fmt: skip
        self._serial += 1
        key = f"signtui_{function.__name__}-{self._run}-{self._serial}"
        future = submit(self._require_client(), key, function, arguments, wished=wished, only=only)
        self._require_client().loop.add_callback(self._bring, name, future)
        return future

    async def _bring(self, name: int | str, future: Future) -> None:
        """Runs in the client's own thread."""
        try:
            answer = await future
        except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
            answer = error
        self._back.put((name, future, answer))

    # What comes back

    def _wait_for_answers(self, wait_s: float) -> Iterable[tuple[int | str, Future, Any]]:
        with suppress(queue.Empty):
            yield self._back.get(timeout=wait_s) if wait_s else self._back.get_nowait()
            while True:
                yield self._back.get_nowait()

    def _take_answer(self, extraction_id: int, future: Future, answer: Any) -> None:
        flight = self._flights.get(extraction_id)
        if flight is None or flight.future is not future:
            return
        flight.future = None
        if isinstance(answer, ClipResult | Failure):
            self._land(flight, _sound(answer, flight.work))
        elif isinstance(answer, KilledWorker):
            reason = "the workers of the cluster that had it died, one after the other"
            self._land(flight, Failure(FailureKind.CRASH, reason))
        elif isinstance(answer, Refused):
            self._members.refuse(answer.worker, answer.reason)
        elif not isinstance(answer, Unseen):
            self._take_stray(flight, answer)

    def _take_stray(self, flight: _Flight, answer: Any) -> None:
        """The cluster failed, not the clip; were it always the same clip, it is that all the same."""
        flight.strays += 1
        if flight.strays > _STRAYS:
            reason = f"{type(answer).__name__}: {answer}"[:500]
            self._land(flight, Failure(FailureKind.ERROR, reason))

    def _take_greeting(self, address: str, future: Future, answer: Any) -> None:
        if self._greetings.get(address) is not future:
            return
        del self._greetings[address]
        if not isinstance(answer, Greeting):
            lines = " ".join(str(answer).split())
            answer = Greeting("", f"signtui does not run there: {type(answer).__name__}: {lines}")
        self._members.answer(address, answer)

    # Who is there

    def _look(self) -> None:
        """Ask the scheduler for its workers, the more seldom the more there are."""
        client = self._require_client()
        pause_s = _LOOK_S + _LOOK_S_A_WORKER * len(self._members)
        if client.status != "running" or time.monotonic() - self._looked_at < pause_s:
            return
        try:
            workers = list_workers(client)
        except OSError as error:
            if client.status != "running":
                return  # what has arrived is taken in first
            raise self._lost() from error
        for address in self._members.update(workers):
            self._greet(address)
        for address in [known for known in self._greetings if known not in workers]:
            self._greetings.pop(address).cancel()
        self._told = dict(_standings(workers))
        self._looked_at = time.monotonic()

    def _greet(self, address: str) -> None:
        arguments = (self._identity, self._sample, self._config.clips_per_worker)
        self._greetings[address] = self._submit(address, greet, *arguments, only=address)

    def _require_client(self) -> Client:
        if self._client is None:
            raise RuntimeError("the engine was not entered")
        return self._client

    def _require_scheduler(self) -> None:
        if self._require_client().status != "running":
            raise self._lost()

    def _lost(self) -> JobInterruptedError:
        return JobInterruptedError(
            f"The scheduler of the cluster {self._cluster} is gone.",
            hint=f"Nothing finished is lost. Go on with it: signtui resume {self._job.id}; on this "
            f"machine: signtui resume {self._job.id} --cluster local",
        )


def _file(work: Work) -> File:
    return File(str(work.path), work.size_bytes, work.sha256)


def _sound(answer: ClipResult | Failure, work: Work) -> ClipResult | Failure:
    """Landmarks of the right shape: what another machine says is looked at before it is written."""
    if isinstance(answer, Failure):
        return answer
    landmarks, score = answer.landmarks, answer.score
    shapes = (landmarks.shape, score.shape)
    wanted = ((work.frames, *SEQUENCE_SHAPE), (work.frames, SEQUENCE_SHAPE[0]))
    if shapes != wanted or landmarks.dtype != np.float32:
        return Failure(FailureKind.ERROR, f"the worker sent arrays of the shapes {shapes}")
    return answer


def _standings(workers: dict[str, Any]) -> Iterable[tuple[str, Standing]]:
    """How far each clip is, by the key of its task, from the workers' heartbeats."""
    for told in workers.values():
        for key, (pid, frames, memory) in told["metrics"].get(METRIC, {}).items():
            yield key, Standing(frames, pid or None, memory, str(told.get("host", "")))
