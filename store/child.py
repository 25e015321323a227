"""The entry of every job's process: `python -P -m MODULE --library DIR --job ID`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from store.errors import SigntuiError
from store.jobs import JobStoppedError, RunningJob, run_job
from store.library import Library


def child_main(work: Callable[[RunningJob], None], arguments: list[str] | None = None) -> int:
    """Do the job that the arguments name and return the process's exit code.

    Exit codes: 0 done or stopped on request, 1 an error of ours (it is in the job's row).
    """
    parser = argparse.ArgumentParser(description=work.__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--job", type=int, required=True)
    chosen = parser.parse_args(arguments)
    try:
        with run_job(Library.open(chosen.library), chosen.job) as job:
            work(job)
    except JobStoppedError:
        return 0
    except SigntuiError as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return 1
    return 0
