"""status, pause, resume and extract: jobs from the command line."""

import json

import psutil
import pytest

from store.jobs import get_job, list_jobs
from store.words import JobKind, Request, Status
from tests.tui.conftest import add_job, add_line
from tui.commands import following


def test_what_is_known_of_one_clip(signtui, library):
    job = add_job(library, JobKind.EXTRACT, Status.FINISHED)
    add_line(library, job.id, "warning", "00004: timeout: 120 s")
    add_line(library, job.id, "warning", "00064: timeout: another")
    code, out, _ = signtui("status", "--clip", "00004")
    assert code == 0
    assert "failed after 3 tries timeout: timeout!" in out
    assert f"job {job.id} 00004: timeout: 120 s" in out
    assert "another" not in out
    found = json.loads(signtui("status", "--clip", "00004", "--json")[1])
    assert (len(found["lines"]), found["attempts"][0]["kind"]) == (1, "timeout")
    code, _, err = signtui("status", "--clip", "none")
    assert (code, "no clip none" in err) == (1, True)


def test_pause_and_resume_reach_a_running_job(signtui, library):
    job = add_job(library, JobKind.EXTRACT, Status.RUNNING)
    signtui("pause", job.id)
    assert get_job(library, job.id).request == Request.PAUSE
    signtui("resume", job.id)
    assert get_job(library, job.id).request is None


def test_an_interrupted_job_goes_on_with_its_settings(signtui, library, real_child):
    code, _, err = signtui("resume")
    assert (code, "No job was interrupted" in err) == (1, True)
    add_job(library, JobKind.SCAN, Status.INTERRUPTED, config={"steps": 3})
    add_job(library, JobKind.TRAIN, Status.FINISHED)
    code, out, _ = signtui("resume", "--json")
    assert (code, json.loads(out)) == (0, {"done": 3})
    job = list_jobs(library)[0]
    assert (job.kind, job.config, job.status) == (JobKind.SCAN, {"steps": 3}, Status.FINISHED)
    assert "is finished" in signtui("resume", job.id)[2]
    assert "has ended" in signtui("pause", job.id)[2]


class Impatient:
    """Output that ctrl-c interrupts."""

    def write(self, _text):
        raise KeyboardInterrupt


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_interrupted_live_stops_its_job_wherever_it_was(
    signtui, library, real_child, monkeypatch, tmp_path, words
):
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"a clip")
    if words:
        monkeypatch.setattr("sys.stdout", Impatient())
    else:
        monkeypatch.setattr("tui.commands.live._say", Impatient().write)
    code, _, err = signtui("live", "--source", clip, "--model", "none", *words)
    assert (code, "Interrupted" in err) == (130, True)
    job = list_jobs(library)[0]
    assert (job.kind, job.status) == (JobKind.LIVE, Status.CANCELLED)
    assert not psutil.pid_exists(job.pid)


def test_one_reason_is_tried_again(signtui, library, monkeypatch):
    started = []

    def follow(opened, kind, config):
        started.append((kind, config["retry_kind"], config["retry_failed"]))
        return add_job(library, JobKind.EXTRACT, Status.FINISHED, result={"clips": 5})

    monkeypatch.setattr(following, "run_and_follow", follow)
    assert signtui("extract", "--retry-kind", "timeout", "--json")[0] == 0
    assert started == [(JobKind.EXTRACT, "timeout", False)]


@pytest.fixture
def started(library, monkeypatch):
    """What the commands would have started, as (kind, config)."""
    jobs = []

    def follow(opened, kind, config):
        jobs.append((kind, config))
        return add_job(library, JobKind.EXTRACT, Status.FINISHED, result={"clips": 5})

    monkeypatch.setattr(following, "run_and_follow", follow)
    return jobs


def where(started):
    return [config["cluster"] for _, config in started]


def test_an_extraction_runs_on_the_cluster_that_is_named(signtui, started, monkeypatch):
    monkeypatch.setattr("capture.config.require_cluster_extra", lambda: None)
    assert signtui("extract")[0] == 0
    assert signtui("extract", "--cluster", "host:8786")[0] == 0
    monkeypatch.setenv("SIGNTUI_CLUSTER", "tls://other:8786")
    assert signtui("extract")[0] == 0
    assert signtui("extract", "--cluster", "local")[0] == 0
    assert where(started) == [None, "tcp://host:8786", "tls://other:8786", None]


def test_what_names_no_cluster_starts_nothing(signtui, started, monkeypatch):
    code, _, err = signtui("extract", "--cluster", "host")
    assert (code, "'host' names no cluster" in err) == (1, True)
    assert signtui("extract", "--cluster", "host:1", "--workers", "2")[0] == 2
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    code, _, err = signtui("extract", "--cluster", "host:1")
    assert (code, "needs Dask" in err, ".[cluster]" in err) == (1, True, True)
    assert started == []


def test_an_interrupted_extraction_goes_on_elsewhere(signtui, library, started):
    lost = {"cluster": "tcp://gone:8786", "limit": 7}
    extract = add_job(library, JobKind.EXTRACT, Status.INTERRUPTED, config=lost)
    scan = add_job(library, JobKind.SCAN, Status.INTERRUPTED)
    assert signtui("resume", extract.id, "--cluster", "local")[0] == 0
    assert signtui("resume", extract.id)[0] == 0
    assert signtui("resume", scan.id, "--cluster", "local")[0] == 2
    assert started == [
        (JobKind.EXTRACT, {"cluster": None, "limit": 7}),
        (JobKind.EXTRACT, lost),
    ]
