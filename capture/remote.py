"""What runs on a worker of a cluster: each clip in a child process of its own, as on one machine.

A clip that crashes, hangs or takes too much memory would take Dask's worker with it, and after a
few of these the scheduler blames the clip and nobody knows why. So each of the worker's threads has
one spawned process, run by the same pool with the same time and memory limits as the local
engine's; what went wrong comes back as a value.
"""

import hashlib
import multiprocessing
import platform
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from distributed import get_worker

from capture.board import Board, memory_bytes
from capture.config import TrackerConfig
from capture.errand import METRIC, Errand, File, Greeting, Identity, Refused, Unseen
from capture.errors import CaptureError
from capture.extractor import extractor_settings
from capture.pool import Failure, FailureKind, TaskPool
from capture.worker import CHANGED, ClipResult, ClipTask, extract_clip, say_pid, start_worker
from store import __version__

_LOOK_S: Final = 0.25
_START_S: Final = 60.0
_IDLE_S: Final = 60.0
"""A child without work ends after this: the cluster is not ours alone."""


class Slot:
    """The child process of one of the worker's threads."""

    def __init__(self, tracker: TrackerConfig, clips: int) -> None:
        self.board = Board(1)
        self._made_for = (tracker, clips)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._pool: TaskPool[None] = TaskPool(
            1, initializer=start_worker, arguments=(tracker, self.board, None),
            tasks_per_worker=clips,
        )  # fmt: skip
        self.closed = False

    def fits(self, tracker: TrackerConfig, clips: int) -> bool:
        return not self.closed and self._made_for == (tracker, clips)

    def run(self, function: Any, argument: Any, *, timeout_s: float) -> Any:
        """What the child gives, or a Failure. Raises CaptureError where it cannot start."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self.board.clear(0)
            self._pool.submit(None, function, argument, timeout_s=timeout_s)
            outcomes: list[tuple[None, Any]] = []
            try:
                while not outcomes:
                    outcomes = self._pool.collect(_LOOK_S)
            except CaptureError:
                self._close()
                raise
            self._timer = threading.Timer(_IDLE_S, self._close_if_idle)
            self._timer.daemon = True
            self._timer.start()
            return outcomes[0][1]

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close_if_idle(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._lock.release()

    def _close(self) -> None:
        self.closed = True
        self._pool.stop()


_mine = threading.local()
_at_work: dict[str, Slot] = {}
"""By the key of the task; written by the worker's threads, read by its heartbeat."""


def greet(identity: Identity, sample: File, clips_per_worker: int) -> Greeting:
    """Whether this worker can do the work; its child process is started, and stays."""
    host = platform.node()
    refusal = _refusal(identity)
    if not refusal:
        get_worker().metrics[METRIC] = _tell
        try:
            _slot(identity.tracker, clips_per_worker).run(say_pid, None, timeout_s=_START_S)
        except (CaptureError, OSError) as error:
            refusal = _sentence(error)
    return Greeting(host, refusal, _sees(sample))


def run_errand(errand: Errand) -> ClipResult | Failure | Unseen | Refused:
    """Find the landmarks of one clip."""
    worker = get_worker()
    if reason := _refusal(errand.identity):
        return Refused(worker.address, reason)
    if errand.content is None and not _sees(errand.file):
        return Unseen()
    if errand.content is not None and _differs(errand):
        return Failure(FailureKind.UNREADABLE, CHANGED)
    worker.metrics[METRIC] = _tell
    key = str(worker.get_current_task())
    try:
        slot = _slot(errand.identity.tracker, errand.clips_per_worker)
        with _on_disk(errand, Path(worker.local_directory)) as path:
            stat = path.stat()
            task = ClipTask(path, errand.first, errand.last, stat.st_size, stat.st_mtime_ns, 0)
            _at_work[key] = slot
            found: ClipResult | Failure = slot.run(extract_clip, task, timeout_s=errand.timeout_s)
            return found
    except (CaptureError, OSError) as error:
        # Not the clip's fault: a full disk, or a child that cannot start.
        return Refused(worker.address, _sentence(error))
    finally:
        _at_work.pop(key, None)


def _refusal(identity: Identity) -> str:
    if identity.version != __version__:
        return f"it has signtui {__version__}, the job is of {identity.version}"
    try:
        mine = _settings(identity.tracker)
    except CaptureError as error:
        return _sentence(error)
    wanted = identity.settings
    differing = [
        f"{name} is {mine.get(name)}, the job's is {value}"
        for name, value in wanted.items()
        if name != "models" and mine.get(name) != value
    ]
    models = [
        f"the model file {name} is another"
        for name, value in wanted["models"].items()
        if mine["models"].get(name) != value
    ]
    return "; ".join(differing + models)


@cache
def _settings(tracker: TrackerConfig) -> dict[str, Any]:
    return extractor_settings(tracker)


def _slot(tracker: TrackerConfig, clips: int) -> Slot:
    """The slot of this thread."""
    slot: Slot | None = getattr(_mine, "slot", None)
    if slot is None or not slot.fits(tracker, clips):
        if slot is not None:
            slot.close()
        _allow_children()
        slot = _mine.slot = Slot(tracker, clips)
    return slot


def _allow_children() -> None:
    """Dask's nanny makes its worker a daemon, which may have no children lest they outlive it.

    Ours end with their parent of themselves: `capture.child`.
    """
    process = multiprocessing.current_process()
    if process.daemon:
        process.daemon = False


def _sees(file: File) -> bool:
    """Whether the same bytes lie here under the same path."""
    if file.sha256 is None:
        return False
    path = Path(file.path)
    try:
        if path.stat().st_size != file.size_bytes:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except (OSError, ValueError):
        return False


def _differs(errand: Errand) -> bool:
    sha256 = errand.file.sha256
    return sha256 is not None and hashlib.sha256(errand.content or b"").hexdigest() != sha256


@contextmanager
def _on_disk(errand: Errand, folder: Path) -> Iterator[Path]:
    """The clip as a file; one that was sent lies in Dask's folder, which Dask empties."""
    if errand.content is None:
        yield Path(errand.file.path)
        return
    suffix = Path(errand.file.path).suffix
    with tempfile.NamedTemporaryFile(dir=folder, suffix=suffix, delete=False) as file:
        path = Path(file.name)
        try:
            file.write(errand.content)
        except OSError:
            file.close()
            path.unlink(missing_ok=True)
            raise
    try:
        yield path
    finally:
        # On Windows a killed decoder may hold it for a moment longer.
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _tell(_worker: object) -> dict[str, list[int]]:
    """Process, frames and bytes of memory of each clip at work: goes out with a heartbeat."""
    told = {}
    for key, slot in list(_at_work.items()):
        pid = slot.board.pid(0)
        told[key] = [pid or 0, slot.board.frames(0), memory_bytes(pid)]
    return told


def _sentence(error: Exception) -> str:
    return error.message if isinstance(error, CaptureError) else f"{type(error).__name__}: {error}"
