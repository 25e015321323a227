"""Spawned workers with a time limit for each task; a crash costs the task that crashed.

A thin layer over `pebble`, which ends a hung worker and replaces a dead one. Added here: what went
wrong is a word and a sentence instead of five kinds of exception, and a pool that pebble gives up
(it does so when a worker dies between two tasks) is started again.
"""

import logging
import multiprocessing
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from capture.errors import CaptureError, ExtractorError, UnreadableClipError
from store.errors import SigntuiError

log = logging.getLogger(__name__)

_RESTARTS: Final = 3
"""Times in a row that a pool may break without finishing anything."""

Key = TypeVar("Key")


class FailureKind(StrEnum):
    TIMEOUT = "timeout"
    CRASH = "crash"
    UNREADABLE = "unreadable"
    EXTRACTOR = "extractor"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task gave no result."""

    kind: FailureKind
    error: str


@dataclass(frozen=True, slots=True)
class _Task(Generic[Key]):
    key: Key
    function: Callable[[Any], Any]
    argument: Any
    timeout_s: float


class TaskPool(Generic[Key]):
    """Give it tasks with a key, collect what became of them; use it in a `with`."""

    def __init__(
        self,
        workers: int,
        *,
        initializer: Callable[..., None] | None = None,
        arguments: tuple[Any, ...] = (),
        tasks_per_worker: int = 0,
    ) -> None:
        self.workers = workers
        self._options = {
            "max_workers": workers,
            "max_tasks": tasks_per_worker,
            "initializer": initializer,
            "initargs": arguments,
            "context": multiprocessing.get_context("spawn"),
        }
        self._pool = ProcessPool(**self._options)
        self._flights: dict[Future[Any], _Task[Key]] = {}
        self._breaks = 0

    def __len__(self) -> int:
        """Tasks given and not collected."""
        return len(self._flights)

    def submit(
        self, key: Key, function: Callable[[Any], Any], argument: Any, *, timeout_s: float
    ) -> None:
        """Queue a task; its time starts when a worker takes it."""
        self._send(_Task(key, function, argument, timeout_s))

    def collect(self, wait_s: float) -> list[tuple[Key, Any | Failure]]:
        """Wait for something to finish, at most `wait_s`; return key and result or failure.

        Raises:
            CaptureError: workers end before they can take a task.
        """
        finished, _ = wait(self._flights, timeout=wait_s, return_when=FIRST_COMPLETED)
        outcomes: list[tuple[Key, Any | Failure]] = []
        orphans: list[_Task[Key]] = []
        for future in finished:
            task = self._flights.pop(future)
            try:
                outcomes.append((task.key, _outcome(future, task)))
                self._breaks = 0
            except (BrokenProcessPool, CancelledError):
                orphans.append(task)
        if orphans:
            self._start_again(orphans)
        return outcomes

    def stop(self) -> None:
        """End all workers at once, whatever they are at."""
        self._pool.stop()
        self._pool.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _send(self, task: _Task[Key]) -> None:
        try:
            future = self._pool.schedule(
                task.function, args=(task.argument,), timeout=task.timeout_s
            )
        except RuntimeError:
            # The pool broke since the last look: `collect` starts it again with this task.
            future = Future()
            future.set_exception(BrokenProcessPool("the pool broke before"))
        self._flights[future] = task

    def _start_again(self, orphans: list[_Task[Key]]) -> None:
        self._breaks += 1
        if self._breaks > _RESTARTS:
            raise CaptureError(
                "The worker processes end as soon as they start.",
                hint="The job's log says why; signtui doctor checks the installation.",
            )
        log.warning("a worker died between two tasks; starting the pool again")
        orphans = orphans + list(self._flights.values())
        self._flights.clear()
        self.stop()
        self._pool = ProcessPool(**self._options)
        for task in orphans:
            self._send(task)


def _outcome(future: Future[Any], task: _Task[Any]) -> Any | Failure:
    try:
        return future.result()
    except (BrokenProcessPool, CancelledError):
        raise
    except TimeoutError:
        return Failure(FailureKind.TIMEOUT, f"gave up after {task.timeout_s:.0f} s")
    except ProcessExpired as error:
        return Failure(FailureKind.CRASH, f"the worker process died ({_cause(error.exitcode)})")
    except SigntuiError as error:
        return Failure(_KINDS.get(type(error), FailureKind.ERROR), error.message)
    except Exception as error:
        log.exception("a task failed")
        return Failure(FailureKind.ERROR, f"{type(error).__name__}: {error}")


_KINDS: Final[dict[type[SigntuiError], FailureKind]] = {
    UnreadableClipError: FailureKind.UNREADABLE,
    ExtractorError: FailureKind.EXTRACTOR,
}


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"signal {-exitcode}"
    return f"exit code {exitcode}"
