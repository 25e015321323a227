"""A process that writes what training and the dashboard write: `… -m tests.torture.writing LIBRARY run|job`."""

import sys
from pathlib import Path

from store.job_lines import list_lines
from store.jobs import ask, create_job, list_jobs, run_job
from store.library import Library
from store.runs import list_epochs, record_epoch
from store.words import JobKind, Request
from tests.store.test_runs import new_run
from tests.support.torture import many

TIMES = many(20, 60)


def main(root: Path, kind: str) -> None:
    library = Library.open(root)
    if kind == "run":
        run_id = new_run(library, "beside")
        with run_job(library, create_job(library, JobKind.TRAIN, {})) as job:
            for epoch in range(TIMES):
                record_epoch(library, run_id, epoch, {"loss": 1.0})
                job.progress(done=epoch, total=TIMES, force=True)
        assert len(list_epochs(library, run_id)) == TIMES
        return
    for number in range(TIMES):
        job_id = create_job(library, JobKind.LIVE, {})
        ask(library, job_id, Request.PAUSE if number % 2 else None)
        list_jobs(library)
        list_lines(library, job_id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
