"""Nobody may be at work on a library that is mended, made anew or replaced."""

from store.errors import LibraryBusyError, SigntuiError
from store.jobs import JobRow, is_alive, list_jobs
from store.library import Library
from store.words import Status


def require_rest(library: Library, place: str = "this library") -> None:
    """Raises LibraryBusyError, which calls the library by `place`, where a job is at work."""
    _require_idle(list_jobs(library), place)


def require_rest_if_readable(library: Library, place: str = "this library") -> None:
    """The same for a library that may be damaged, or none yet; it is closed then.

    Raises:
        LibraryBusyError: a job is at work.
    """
    try:
        jobs = list_jobs(library) if library.catalog_path.is_file() else []
    except (SigntuiError, ValueError, TypeError, LookupError):
        # Damage that keeps jobs from being read is why it is made anew or replaced.
        jobs = []
    finally:
        library.close()
    _require_idle(jobs, place)


def _require_idle(jobs: list[JobRow], place: str) -> None:
    busy = [job for job in jobs if job.status == Status.RUNNING and is_alive(job)]
    if busy:
        raise LibraryBusyError(
            f"Job {busy[0].id} ({busy[0].kind}) is at work on {place}.",
            hint=f"Wait for it, or: signtui stop {busy[0].id}",
        )
