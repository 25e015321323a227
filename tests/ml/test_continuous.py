"""Live on streams that stall, go, come back and end, with real processes on both sides."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest

from ml.bundle import update_about
from ml.recognizer import Recognizer
from store.jobs import create_job, get_job, list_jobs
from store.library import Library
from store.words import JobKind, Status
from tests.support.streams import serve
from tui.jobs import JobProcess, kill_tree, start_job

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60.0


def pictures(count: int = 100) -> list[bytes]:
    """An empty room whose light changes."""
    shades = (np.full((120, 160, 3), 60 + number, np.uint8) for number in range(count))
    return [cv2.imencode(".jpg", image)[1].tobytes() for image in shades]


class Events:
    """What a live job says, read in a thread, since a test may not wait for ever."""

    def __init__(self, job: JobProcess) -> None:
        self.job = job
        self.heard: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self.job.stdout or ():
            with self._news:
                self.heard.append(json.loads(line))
                self._news.notify()

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for an event that comes from now on."""
        with self._news:
            seen = len(self.heard)
            assert self._news.wait_for(
                lambda: any(wanted(event) for event in self.heard[seen:]), WITHIN_S
            ), self.heard[-5:]


def is_prediction(event: dict[str, Any]) -> bool:
    return event["event"] == "prediction"


def is_state(state: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["event"] == "source" and event["state"] == state


@contextmanager
def live_job(library: Library, run_id: int, source: str) -> Iterator[JobProcess]:
    job = start_job(library, JobKind.LIVE, {"run": run_id, "source": source}, stdout=True)
    try:
        yield job
    finally:
        if job.process.poll() is None:
            kill_tree(job.process.pid)
        job.process.wait(WITHIN_S)
        for pipe in (job.process.stdin, job.process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()


@pytest.mark.slow
def test_a_stream_that_stalls_or_goes_away_is_waited_for(own_trained):
    library, run_id = own_trained
    with serve(pictures(), loop=True) as server, live_job(library, run_id, server.url) as job:
        events = Events(job)
        events.until(is_prediction)
        server.sending.clear()
        events.until(is_state("stalled"))
        server.sending.set()
        events.until(is_prediction)
        assert server.served == 1, "a stall is no reason to connect again"
        server.open.clear()
        events.until(is_state("lost"))
        server.open.set()
        events.until(is_prediction)
        assert server.served == 2
        row = job.stop()
    assert row.status == Status.CANCELLED
    assert {event["state"] for event in events.heard if is_prediction(event)} == {"idle"}
    assert not [event for event in events.heard if event["event"] == "sign"]


@pytest.mark.slow
def test_live_goes_on_without_commands_but_not_without_a_listener(own_trained):
    library, run_id = own_trained
    with serve(pictures(), loop=True) as server, live_job(library, run_id, server.url) as job:
        assert job.process.stdin is not None
        assert job.process.stdout is not None
        job.process.stdin.close()
        for line in job.process.stdout:
            if json.loads(line).get("frame", 0) > 50:
                break
        job.process.stdout.close()
        row = job.wait(WITHIN_S)
    assert row.status == Status.CANCELLED
    assert "Traceback" not in job.log_path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_command_line_says_so_when_live_is_killed(own_trained, tmp_path):
    library, run_id = own_trained
    command = [sys.executable, "-P", "-m", "tui.cli", "--library", str(library.root), "live"]
    environment = {**os.environ, "SIGNTUI_CONFIG": str(tmp_path / "settings.toml")}
    with (
        serve(pictures(), loop=True) as server,
        subprocess.Popen(
            [*command, "--source", server.url, "--model", str(run_id), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        ) as cli,
    ):
        assert cli.stdout is not None
        while not is_prediction(json.loads(cli.stdout.readline())):
            pass
        job = list_jobs(library)[0]
        assert job.status == Status.RUNNING
        assert job.pid is not None
        psutil.Process(job.pid).kill()
        _, said = cli.communicate(timeout=WITHIN_S)
    assert cli.returncode == 1
    assert "ended without a word" in said.decode("utf-8").lower()
    assert get_job(library, job.id).status == Status.INTERRUPTED


def test_a_model_that_reads_other_landmarks_is_refused(own_trained):
    library, run_id = own_trained
    update_about(library.run_dir(run_id) / "bundle", extractor={"landmark_set": "holistic"})
    job_id = create_job(library, JobKind.LIVE, {"run": run_id, "source": "http://127.0.0.1:1/"})
    command = [sys.executable, "-m", "ml.live", "--library", str(library.root), "--job"]
    said = subprocess.run([*command, str(job_id)], cwd=ROOT, capture_output=True, check=False)
    row = get_job(library, job_id)
    assert (said.returncode, said.stdout, row.status) == (1, b"", Status.FAILED)
    assert row.error == "The model reads hands landmarks, but was made from holistic landmarks."
    assert row.hint


def test_a_bundle_without_calibration_names_what_is_likelier_than_not(own_trained):
    library, run_id = own_trained
    folder = library.run_dir(run_id) / "bundle"
    update_about(folder, calibration=None)
    calibration = Recognizer.load(folder).calibration
    assert (calibration.n, calibration.temperature, calibration.threshold) == (0, 1.0, 0.5)
