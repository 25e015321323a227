"""How a job's process of this package begins and ends."""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from store.errors import SigntuiError
from store.jobs import JobStoppedError, RunningJob, run_job
from store.library import Library

EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 130


def run_child(name: str, work: Callable[[RunningJob], object]) -> int:
    """Run `python -P -m NAME --library DIR --job ID`; returns the exit code.

    What went wrong is in the job's row; nothing is printed.
    """
    arguments = _parse(name)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        with run_job(Library.open(arguments.library), arguments.job) as job:
            work(job)
    except (JobStoppedError, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except SigntuiError as error:
        logging.getLogger(__name__).error("%s %s", error.message, error.hint)  # noqa: TRY400
        return EXIT_FAILED
    return 0


def _parse(name: str) -> Any:
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--job", type=int, required=True)
    return parser.parse_args()
