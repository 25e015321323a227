"""The entry of every job's process: `python -P -m MODULE --library DIR --job ID`."""

import argparse
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from store.errors import SigntuiError
from store.jobs import JobStoppedError, RunningJob, run_job
from store.library import Library
from store.words import JobKind

EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 130
_NICENESS: Final = 10
"""Where the system has numbers for it; Windows has a class of its own."""
_AUTOGROUP: Final = Path("/proc/self/autogroup")

log = logging.getLogger(__name__)


def child_main(work: Callable[[RunningJob], object], arguments: list[str] | None = None) -> int:
    """Do the job that the arguments name and return the process's exit code.

    Exit codes: 0 done, 1 an error of ours, 130 stopped on request. What went wrong is in the job's
    row; stderr goes to the job's log.
    """
    parser = argparse.ArgumentParser(description=work.__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--job", type=int, required=True)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        with run_job(Library.open(chosen.library), chosen.job) as job:
            if job.kind != JobKind.LIVE:
                _stand_back()
            work(job)
    except (JobStoppedError, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except SigntuiError as error:
        log.error("%s %s", error.message, error.hint)  # noqa: TRY400 - ours need no traceback
        return EXIT_FAILED
    return 0


def _stand_back() -> None:
    """Let the dashboard and live be quick while this job and its workers take every core."""
    below = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", _NICENESS)
    psutil.Process().nice(below)
    # Linux shares its cores among sessions first, and a job has one of its own: sched(7), autogroup.
    if _AUTOGROUP.exists():
        with suppress(OSError):
            _AUTOGROUP.write_text(str(_NICENESS), encoding="ascii")
