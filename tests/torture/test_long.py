"""A long extraction: memory and handles of its coordinator stay as they are.

The clips are made up in the coordinator's own process: real workers are replaced after 200 clips
each, and hand out about twenty clips a second, which would make this test last for half an hour.
"""

import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil
import pytest

from store.check import check
from tests.support.backups import make_library
from tests.support.torture import many
from tests.torture.promises import done, start

pytestmark = pytest.mark.torture

CLIPS = many(300, 20_000)
_MORE = 1.1
"""The catalog's cache and the list of what is left may move memory by so much."""
_FEW_HANDLES = 20
"""Files that happen to be open at a look; one lost with each clip would be hundreds."""


@pytest.fixture
def quick_folder(tmp_path):
    """Where an fsync costs nothing, if the system has such a place."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="signtui-", dir=memory))
    yield folder
    shutil.rmtree(folder)


def test_memory_and_handles_stay_flat(quick_folder):
    library = make_library(quick_folder, CLIPS)
    process, _ = start(library, lacks="pauses")
    watched, memory, handles = psutil.Process(process.pid), [], []
    while process.poll() is None:
        try:
            memory.append(watched.memory_info().rss)
            handles.append(getattr(watched, "num_fds", watched.num_threads)())
        except psutil.Error:
            break
        time.sleep(0.1)
    process.communicate()
    assert process.returncode == 0
    assert len(done(library)) == CLIPS
    assert check(library).findings == []
    quarter = len(memory) // 4
    assert max(handles[-quarter:-3]) <= max(handles[quarter : 2 * quarter]) + _FEW_HANDLES
    assert median(memory[-quarter:-3]) <= _MORE * median(memory[quarter : 2 * quarter])
    library.close()
