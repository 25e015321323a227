"""The whole road in one command, with few clips: drawn, imported, extracted, trained, read live."""

import json
import os
import subprocess
import sys

import pytest

from store.check import check
from store.library import Library
from store.query import run_query
from tests.support.streams import join, scenes_of
from tui.commands.live import iter_live


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the command printed, and where it worked."""
    tmp_path = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-P", "-m", "tui.cli", "demo", "--clips", "4", "--json"]
    environment = {**os.environ, "SIGNTUI_CONFIG": str(tmp_path / "none.toml")}
    run = subprocess.run(
        [*command, "--dir", str(tmp_path / "demo")], capture_output=True, text=True, check=False,
        env=environment, cwd=tmp_path, timeout=580,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    for step in range(1, 8):
        assert f"[{step}/7]" in run.stderr
    return json.loads(run.stdout), tmp_path / "demo" / "library"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_goes_from_nothing_to_live_predictions(demo):
    summary, folder = demo
    assert (summary["glosses"] >= 8, summary["available"]) == (True, summary["clips"])
    assert sum(summary["extraction"].values()) == summary["clips"]
    evaluations = {row["split"]: row for row in summary["evaluations"]}
    assert set(evaluations) == {"val", "test"}
    assert evaluations["test"]["n"] == summary["glosses"]
    assert evaluations["test"]["low"] <= evaluations["test"]["top1"] <= evaluations["test"]["high"]
    # Two training clips a sign teach little, but far more than guessing.
    assert evaluations["test"]["top1"] > 3 / summary["glosses"]
    assert all(len(answer["top"]) == 5 for answer in summary["live"])
    library = Library.open(folder)
    assert check(library).findings == []
    jobs = run_query(library, "SELECT kind, status FROM job_stats ORDER BY job").rows
    assert [kind for kind, _ in jobs[:6]] == [
        "demo", "import", "scan", "extract", "train", "evaluate",
    ]  # fmt: skip
    assert {status for _, status in jobs} == {"finished"}
    library.close()


@pytest.mark.slow
def test_an_unseen_signer_is_read_in_a_stream_in_order_and_nothing_in_between(demo, tmp_path):
    summary, folder = demo
    library = Library.open(folder)
    signed = join(scenes_of(library, "test"), tmp_path / "stream.avi", idle="still", idle_s=0.6)
    events = list(iter_live(library, str(tmp_path / "stream.avi"), summary["run"]))
    library.close()
    signs = [event for event in events if event["event"] == "sign"]
    assert len(signs) == len(signed) == summary["glosses"]
    for sign, truth in zip(signs, signed, strict=True):
        assert truth.start_s - 0.2 <= sign["start_s"] < sign["end_s"] <= truth.end_s + 0.2
    # With two training clips a sign, what is best of each matters less than that it is this sign's.
    best = [sign["top"][0]["gloss"] for sign in signs]
    right = sum(gloss == truth.gloss for gloss, truth in zip(best, signed, strict=True))
    assert right > 3
    assert right >= round(evaluated(summary) * len(signed)) - 3


def evaluated(summary):
    """Top-1 on the same clips, one by one."""
    return next(row["top1"] for row in summary["evaluations"] if row["split"] == "test")
