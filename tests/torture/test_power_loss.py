"""Power loss on paper: what was not fsynced is gone, wherever the process was.

A child commits clips while every write is written down. For each moment its folder is then built
anew as the worst disk would have it: files hold what their last fsync saw, names are those of the
last fsync of their folder. SQLite's own files are taken as they were after the last COMMIT, which
is what `synchronous=FULL` promises (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise

import pytest

from store.check import check
from store.library import Library
from tests.support.backups import make_library
from tests.support.torture import many
from tests.torture.promises import ROOT

pytestmark = pytest.mark.torture

CLIPS = 4
KINDS = {"damaged", "missing"}
"""What must never be found: a row whose file did not reach the disk."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The states that a disk may be left in, in order, and how many clips each must have."""
    folder = tmp_path_factory.mktemp("power")
    library = make_library(folder, CLIPS)
    library.close()
    states = folder / "states"
    subprocess.run(
        [sys.executable, "-P", "-m", "tests.torture.disk", str(library.root), str(states)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=120,
    )
    return [json.loads(path.read_text("utf-8")) | {"at": path.parent}
            for path in sorted(states.glob("*/state.json"))]  # fmt: skip


def test_the_order_of_a_commit(recorded):
    """The table in docs/reliability.md: data, its name, the folder, and only then the row."""
    steps = [state["step"] for state in recorded if state["step"] != "commit"]
    loose, pack = (
        [f"fsync {kind}", f"rename {kind}", "fsync landmarks"] for kind in ("clip", "pack")
    )
    assert steps == [*loose * CLIPS, *pack, *["unlink clip"] * CLIPS]
    done = 0
    for before, state in pairwise(recorded):
        if state["done"] > done:
            done += 1
            assert state["step"] == "commit"
            assert before["step"] in {"fsync landmarks", "commit"}
    assert done == CLIPS


@pytest.mark.parametrize("names", ["kept", "lost"])
def test_power_may_be_lost_at_any_moment(recorded, tmp_path, names):
    """`names`: whether names that were not synced reach the disk; either may happen."""
    assert len(recorded) > 20
    step = many(6, 1)
    for state in recorded[::step]:
        root = tmp_path / "library"
        shutil.copytree(state["at"] / names, root)
        library = Library.open(root)
        findings = check(library).findings
        assert not {finding.kind for finding in findings} & KINDS, (state, findings)
        assert check(library, repair=True).clean
        assert check(library).findings == []
        with library.reading() as session:
            rows = session.connection().exec_driver_sql(
                "SELECT COUNT(*) FROM extraction WHERE status = 'done'"
            )
            assert rows.scalar() == state["done"], "what was said to be done is done"
        library.close()
        shutil.rmtree(root)
