"""Jobs as rows: progress, requests, ends and the dead."""

import os
import subprocess
import sys
import time

import psutil
import pytest
from sqlalchemy import select

from store import jobs, processes
from store.catalog import get_or_add_extractor
from store.errors import LibraryBusyError, NotInCatalogError, StoreError
from store.job_lines import list_lines
from store.jobs import (
    JobStoppedError,
    ask,
    create_job,
    fail_if_unended,
    get_job,
    list_jobs,
    recover_jobs,
    run_job,
)
from store.library import Library
from store.schema import Extraction, Job
from store.words import JobKind, Request, Status


@pytest.fixture
def job_id(library) -> int:
    return create_job(library, JobKind.TRAIN, {"a": [1, None]})


def test_a_job_says_what_it_does_and_ends_finished(library, job_id):
    with run_job(library, job_id) as job:
        assert job.config == {"a": [1, None]}
        job.progress(done=3, total=10, unit="clips", message="m", detail={"w": 1}, force=True)
        row = get_job(library, job_id)
        assert (row.status, row.done, row.total, row.detail) == ("running", 3, 10, {"w": 1})
        assert row.pid == os.getpid()
        job.warn("careful")
        job.result({"n": 3})
    row = get_job(library, job_id)
    assert (row.status, row.result, row.error) == ("finished", {"n": 3}, None)
    assert [(line.level, line.text) for line in list_lines(library, job_id)] == [
        ("warning", "careful")
    ]


def test_unforced_progress_is_written_at_the_end_at_the_latest(library, job_id):
    with run_job(library, job_id) as job:
        for done in range(100):
            job.progress(done=done)
    assert get_job(library, job_id).done == 99


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (StoreError("No.", hint="Try."), "failed", "No."),
        (ValueError("odd"), "failed", "ValueError: odd"),
        (JobStoppedError("Stopped."), "cancelled", None),
        (KeyboardInterrupt(), "cancelled", None),
    ],
)
def test_how_a_job_ends_is_kept(library, job_id, raised, status, said):
    with pytest.raises(type(raised)), run_job(library, job_id):
        raise raised
    row = get_job(library, job_id)
    assert (row.status, row.error) == (status, said)
    if status == "failed":
        assert row.hint


def test_the_traceback_of_a_bug_is_in_the_log(library, job_id):
    with pytest.raises(ZeroDivisionError), run_job(library, job_id):
        _ = 1 / 0
    log = (library.job_dir(job_id) / "job.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log


def test_requests_reach_the_job(library, job_id, monkeypatch):
    monkeypatch.setattr(jobs, "_ASK_EVERY_S", 0.0)
    with run_job(library, job_id) as job:
        assert job.request is None
        ask(library, job_id, Request.PAUSE)
        assert job.request is Request.PAUSE
        ask(library, job_id, Request.STOP)
        job.wait_while_paused()
        with pytest.raises(JobStoppedError):
            job.stop_if_asked()
    assert get_job(library, job_id).request is None


def test_a_job_whose_process_died_is_interrupted(library, job_id):
    code = (
        "import sys, os, pathlib\nfrom store.library import Library\nfrom store.jobs import run_job\n"
        "with run_job(Library.open(pathlib.Path(sys.argv[1])), int(sys.argv[2])):\n    os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(library.root), str(job_id)], check=False)
    assert get_job(library, job_id).status == "running"
    assert recover_jobs(library) == [job_id]
    row = get_job(library, job_id)
    assert (row.status, bool(row.error)) == ("interrupted", True)
    assert recover_jobs(library) == []


@pytest.mark.parametrize(("kind", "steps_back"), [(JobKind.TRAIN, True), (JobKind.LIVE, False)])
def test_background_work_leaves_the_first_place_to_the_dashboard(library, kind, steps_back):
    code = (
        "import sys, psutil\nfrom store.child import child_main\n"
        "def work(job):\n    job.result({'nice': int(psutil.Process().nice())})\n"
        "sys.exit(child_main(work))\n"
    )
    made = create_job(library, kind, {})
    arguments = ["--library", str(library.root), "--job", str(made)]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)
    own = int(psutil.Process().nice())
    assert ((get_job(library, made).result or {})["nice"] != own) is steps_back


def test_a_living_job_is_not_recovered(library, job_id):
    with run_job(library, job_id):
        assert recover_jobs(library) == []


def test_another_process_with_the_same_pid_does_not_count(library, job_id):
    with run_job(library, job_id):
        row = get_job(library, job_id)
        assert jobs.is_alive(row)
    later = type(row)(**{n: getattr(row, n) for n in row.__slots__} | {"process_started_at": 1.0})
    assert not jobs.is_alive(later)
    assert psutil.pid_exists(later.pid)


def test_a_clock_that_is_set_kills_no_job(library, job_id, monkeypatch):
    """psutil counts from 1970 by the clock of the moment: an hour more, and no process was the same."""
    created, booted = psutil.Process.create_time, psutil.boot_time
    with run_job(library, job_id) as job:
        monkeypatch.setattr(psutil.Process, "create_time", lambda self: created(self) + 3600)
        monkeypatch.setattr(psutil, "boot_time", lambda: booted() + 3600)
        assert jobs.is_alive(get_job(library, job_id))
        assert recover_jobs(library) == []
        with job.writing():
            pass


def test_a_process_that_waits_for_its_parent_to_notice_has_ended(library, job_id):
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    assert processes.is_same(process.pid, processes.began(process.pid))
    assert processes.is_same(process.pid, None)
    process.kill()
    deadline = time.monotonic() + 20
    while processes.is_same(process.pid, None) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not processes.is_same(process.pid, None)
    process.wait()
    process.stdin.close()


def test_a_job_that_others_took_for_dead_writes_no_more(library, job_id):
    with run_job(library, job_id) as job:
        with job.writing() as session:
            session.get(Job, job_id).message = "at work"
        fail_if_unended(library, job_id, "gone")
        with pytest.raises(jobs.JobLostError, match="taken for dead"), job.writing() as session:
            session.get(Job, job_id).message = "still here"
    assert get_job(library, job_id).message == "at work"


def test_a_job_on_another_host_lives_by_its_heartbeat(library, job_id):
    with run_job(library, job_id):
        row = get_job(library, job_id)
    values = {n: getattr(row, n) for n in row.__slots__} | {"host": "elsewhere"}
    assert jobs.is_alive(type(row)(**values))
    assert not jobs.is_alive(type(row)(**values | {"heartbeat_at": time.time() - 3600}))


def test_two_jobs_that_change_clips_exclude_each_other(library):
    first = create_job(library, JobKind.EXTRACT, {})
    second = create_job(library, JobKind.SCAN, {})
    with run_job(library, first):
        with pytest.raises(LibraryBusyError, match=f"Job {first}"), run_job(library, second):
            pass
        assert get_job(library, second).status == "failed"
    with run_job(library, create_job(library, JobKind.SCAN, {})):
        pass


def test_training_may_run_beside_an_extraction(library, job_id):
    with run_job(library, create_job(library, JobKind.EXTRACT, {})), run_job(library, job_id):
        assert [row.status for row in list_jobs(library)] == [Status.RUNNING, Status.RUNNING]


def test_a_crash_seen_by_its_parent_is_interrupted_once(library, job_id):
    fail_if_unended(library, job_id, "Died.")
    fail_if_unended(library, job_id, "Died again.")
    assert get_job(library, job_id).error == "Died."


def test_an_unknown_job_is_named(library):
    with pytest.raises(NotInCatalogError, match="no job 7"):
        get_job(library, 7)
    with pytest.raises(NotInCatalogError), run_job(Library.open(library.root), 7):
        pass


def test_what_a_dead_extraction_was_at_is_pending_again(filled):
    with filled.session() as session:
        extractor_id = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="test", settings={}
        )
        for instance_id, status in ((1, "running"), (2, "failed")):
            session.add(
                Extraction(instance_id=instance_id, extractor_id=extractor_id, status=status)
            )
    fail_if_unended(filled, create_job(filled, JobKind.EXTRACT, {}), "Died.")
    with filled.reading() as session:
        states = session.scalars(select(Extraction.status).order_by(Extraction.id)).all()
    assert states == ["pending", "failed"]
