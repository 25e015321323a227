"""The job processes that this dashboard started."""

from collections.abc import Collection
from typing import Any, Final

from store.errors import SigntuiError
from store.jobs import JobRow, is_alive, list_jobs, recover_jobs
from store.library import Library
from store.words import ENDED, JobKind, Request, Status
from tui.jobs import JobProcess, start_job

SHOWN_JOBS: Final = 100


class Children:
    """Starts jobs, sees them end, and stops them when the dashboard goes."""

    def __init__(self) -> None:
        self._running: dict[int, JobProcess] = {}

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._running

    def start(
        self, library: Library, kind: JobKind, config: dict[str, Any], *, stdout: bool = False
    ) -> JobProcess:
        """Raises JobError."""
        child = start_job(library, kind, config, stdout=stdout)
        self._running[child.id] = child
        return child

    def read_jobs(self, library: Library) -> tuple[JobRow, ...]:
        """The newest jobs, the newest first, after a look at which processes are gone."""
        for child in list(self._running.values()):
            if child.row().status in ENDED and child.process.poll() is not None:
                self._running.pop(child.id, None)
        jobs = tuple(list_jobs(library, limit=SHOWN_JOBS))
        if any(job.status == Status.RUNNING and not is_alive(job) for job in jobs):
            recover_jobs(library)
            jobs = tuple(list_jobs(library, limit=SHOWN_JOBS))
        return jobs

    def stop(self, job_id: int) -> None:
        """Ask one of ours to stop and wait for its end; nothing where it has ended."""
        child = self._running.pop(job_id, None)
        if child is not None:
            child.stop()

    def stop_all(self, kinds: Collection[JobKind] = tuple(JobKind)) -> None:
        """Stop all of some kinds: all are asked before the first is waited for."""
        children = [child for child in self._running.values() if child.row().kind in kinds]
        for child in children:
            child.ask(Request.STOP)
        for child in children:
            try:
                self.stop(child.id)
            except SigntuiError:
                # The catalog cannot be written: the process must go all the same.
                child.process.kill()
