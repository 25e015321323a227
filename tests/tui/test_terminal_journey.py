"""In a real terminal: extraction started, killed in the middle, resumed with one key, and left."""

import os
import sys

import psutil
import pytest
from sqlalchemy import func, select

from capture.demo.dataset import draw_dataset
from store.check import check
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import list_jobs
from store.library import Library
from store.schema import Extraction
from store.words import JobKind, Status
from tui.jobs import kill_tree

if sys.platform != "win32":
    from tests.tui.terminal import Terminal

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are Unix's"),
    pytest.mark.slow,
]
CLIPS = 12
SOME_DONE = rf"[1-9]\d* of {CLIPS} clips"
"""What is drawn skips numbers on a busy machine."""


@pytest.fixture
def drawn_library(tmp_path):
    """A library over a few clips that the demo's drawer made."""
    draw_dataset(tmp_path / "drawn", glosses=2, clips_per_gloss=CLIPS // 2, workers=1)
    library = Library.create(tmp_path / "library")
    found = find_dataset(tmp_path / "drawn", unpack_to=library.clips_dir)
    store_dataset(library, read_dataset(found))
    yield library
    library.close()


@pytest.fixture
def terminal(drawn_library, tmp_path):
    environment = {
        "TERM": "xterm-256color", "COLORTERM": "", "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"), "SIGNTUI_WORKERS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }  # fmt: skip
    opened = Terminal(["--library", str(drawn_library.root)], environment)
    yield opened
    opened.kill()


def test_a_killed_extraction_is_resumed_with_one_key(terminal, drawn_library):
    terminal.until_all(f"Instances  {CLIPS}")
    terminal.press("2")
    terminal.until_all("looks for them in the folders")
    terminal.press("s")
    terminal.until_all(f"{CLIPS} clips are there")
    terminal.press("e")
    terminal.until_all("Extraction  job 2", "running", SOME_DONE)
    killed = list_jobs(drawn_library)[0]
    kill_tree(killed.pid)

    terminal.until_all("It was interrupted", "nothing finished is lost")
    done_before = count_done(drawn_library)
    assert 1 <= done_before < CLIPS
    terminal.press("u")
    terminal.until_all("Extraction  job 3", "finished  100 %", "took", within_s=120)
    terminal.press("q")
    assert terminal.end() == 0
    assert b"Traceback" not in terminal.drawn

    assert terminal.left_over() == []
    assert not psutil.pid_exists(killed.pid)
    jobs = [(job.kind, job.status) for job in list_jobs(drawn_library)]
    assert jobs == [
        (JobKind.EXTRACT, Status.FINISHED), (JobKind.EXTRACT, Status.INTERRUPTED),
        (JobKind.SCAN, Status.FINISHED),
    ]  # fmt: skip
    assert count_done(drawn_library) == CLIPS
    assert check(drawn_library).findings == []


def count_done(library):
    with library.reading() as session:
        done = Extraction.status.in_(("done", "no_hands"))
        return session.scalar(select(func.count()).where(done))
