"""Start jobs as child processes, watch them, stop them: for the command line and the dashboard.

A child's truth is its row in the catalog; its stderr goes to `jobs/<id>/job.log`. Only live talks
on stdout, one JSON object a line.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import psutil

from store.errors import JobError
from store.jobs import ENDED_WITHOUT_A_WORD, JobRow, ask, create_job, fail_if_unended, get_job
from store.library import Library
from store.words import ENDED, JobKind, Request

MODULES: Final = {
    JobKind.IMPORT: "store.importers.job",
    JobKind.DEMO: "capture.demo.job",
    JobKind.SCAN: "capture.scan",
    JobKind.EXTRACT: "capture.extract",
    JobKind.TRAIN: "ml.train",
    JobKind.EVALUATE: "ml.evaluate",
    JobKind.LIVE: "ml.live",
}
STOP_WITHIN_S: Final = 20.0
_LOG_TAIL: Final = 4000


@dataclass(frozen=True, slots=True)
class JobProcess:
    """A job and the child process that does it."""

    library: Library
    id: int
    process: subprocess.Popen[bytes]

    @property
    def log_path(self) -> Path:
        return log_path(self.library, self.id)

    @property
    def stdout(self) -> IO[bytes] | None:
        return self.process.stdout

    def tell(self, command: str, **values: Any) -> None:
        """Give a job that listens a command; nothing where it has ended."""
        if self.process.stdin is None:
            return
        with suppress(OSError, ValueError):
            line = json.dumps({"command": command, **values}, ensure_ascii=False) + "\n"
            self.process.stdin.write(line.encode("utf-8"))
            self.process.stdin.flush()

    def close(self) -> None:
        """Stop talking with the child; one that listens ends."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def row(self) -> JobRow:
        """The job as the catalog has it; a child that died leaves it interrupted."""
        code = self.process.poll()
        row = get_job(self.library, self.id)
        if code is not None and row.status not in ENDED:
            fail_if_unended(self.library, self.id, _why(code), f"Its log: {self.log_path}")
            row = get_job(self.library, self.id)
        return row

    def ask(self, request: Request | None) -> None:
        ask(self.library, self.id, request)

    def wait(self, timeout_s: float | None = None) -> JobRow:
        """Wait for the end. Raises subprocess.TimeoutExpired."""
        self.process.wait(timeout_s)
        return self.row()

    def stop(self, within_s: float = STOP_WITHIN_S) -> JobRow:
        """Ask for a stop, and end the child and its workers if it does not hear."""
        self.ask(Request.STOP)
        try:
            return self.wait(within_s)
        except subprocess.TimeoutExpired:
            kill_tree(self.process.pid)
            return self.wait()


def _why(code: int) -> str:
    return f"{ENDED_WITHOUT_A_WORD} (exit code {code})"


def log_path(library: Library, job_id: int) -> Path:
    return library.job_dir(job_id) / "job.log"


def log_tail(library: Library, job_id: int) -> str:
    """The end of what a job's process wrote to stderr."""
    try:
        with log_path(library, job_id).open("rb") as file:
            # Decoders write there as well, and as much as they like.
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_TAIL))
            return file.read(_LOG_TAIL).decode("utf-8", errors="replace")
    except OSError:
        return ""


def start_job(
    library: Library, kind: JobKind, config: dict[str, Any], *, stdout: bool = False
) -> JobProcess:
    """Make the job's row and start its child.

    Args:
        library: where it works.
        kind: which job.
        config: its whole configuration, as JSON.
        stdout: keep pipes to the child's stdout and stdin: live speaks there, and hears there.

    Raises:
        JobError: the child could not be started.
    """
    job_id = create_job(library, kind, config)
    command = [
        *(sys.executable, "-P", "-m", MODULES[kind]),
        *("--library", str(library.root), "--job", str(job_id)),
    ]
    try:
        with log_path(library, job_id).open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if stdout else subprocess.DEVNULL,
                stdout=subprocess.PIPE if stdout else log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
                # Ctrl-C in the terminal is for us alone: we ask the child to stop.
                start_new_session=sys.platform != "win32",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
    except OSError as error:
        fail_if_unended(library, job_id, f"The job could not be started: {error}")
        raise JobError(f"The {kind} job could not be started: {error}.") from error
    return JobProcess(library, job_id, process)


def stop_job(library: Library, job_id: int, within_s: float = STOP_WITHIN_S) -> JobRow:
    """Stop a job that another process started."""
    ask(library, job_id, Request.STOP)
    deadline = time.monotonic() + within_s
    while (row := get_job(library, job_id)).status not in ENDED:
        if time.monotonic() > deadline:
            if row.pid is not None:
                kill_tree(row.pid)
            fail_if_unended(library, job_id, "Ended because it did not stop when asked.")
        time.sleep(0.1)
    return row


def kill_tree(pid: int) -> None:
    """End a process and all its children at once."""
    try:
        parent = psutil.Process(pid)
        family = [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(family, timeout=5)
