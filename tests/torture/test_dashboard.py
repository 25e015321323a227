"""The dashboard is killed: its job goes on, and whoever opens the library next finds it."""

import os
import random
import signal
import sys
import time
from functools import partial

import pytest

from store.jobs import get_job
from store.library import Library
from store.words import ENDED, Status
from tests.jobs.extracting import until
from tests.support.backups import make_library
from tests.support.torture import many
from tests.torture.promises import ROOT, assert_sound, done

if sys.platform != "win32":
    from tests.support.pty import read_chunk, start_in_terminal

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are Unix's"),
]

CLIPS = 30
_CODE = """
import pathlib, sys
from store.words import JobKind
from tui import jobs
from tui.app import SignApp
from store.library import Library
jobs.MODULES[JobKind.EXTRACT] = "tests.torture.extraction"
library = Library(pathlib.Path(sys.argv[1]))
jobs.start_job(library, JobKind.EXTRACT, {"workers": 1})
SignApp(library).run()
"""


@pytest.mark.parametrize("_number", range(many(1, 12)))
def test_a_killed_dashboard_takes_no_job_with_it(tmp_path, _number):
    library = make_library(tmp_path, CLIPS)
    process, terminal = start_in_terminal(
        ["-c", _CODE, str(library.root)],
        {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
        ROOT, columns=80, lines=24,
    )  # fmt: skip
    drawn = b""
    deadline = time.monotonic() + 60
    while b"Library" not in drawn and time.monotonic() < deadline:
        drawn += read_chunk(terminal) or b""
    time.sleep(random.uniform(0, 0.5))  # noqa: S311
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    os.close(terminal)
    library.close()
    again = Library.open(library.root)
    until(partial(has_ended, again))
    assert get_job(again, 1).status == Status.FINISHED
    assert len(done(again)) == CLIPS
    assert_sound(again)
    again.close()


def has_ended(library):
    return get_job(library, 1).status in ENDED
