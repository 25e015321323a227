"""The whole road in one command, with few clips: drawn, imported, extracted, trained, read live."""

import json
import os
import subprocess
import sys

import pytest

from store.check import check
from store.library import Library
from store.query import run_query


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_goes_from_nothing_to_live_predictions(tmp_path):
    command = [sys.executable, "-P", "-m", "tui.cli", "demo", "--clips", "4", "--json"]
    environment = {**os.environ, "SIGNTUI_CONFIG": str(tmp_path / "none.toml")}
    run = subprocess.run(
        [*command, "--dir", str(tmp_path / "demo")], capture_output=True, text=True, check=False,
        env=environment, cwd=tmp_path, timeout=580,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    for step in range(1, 8):
        assert f"[{step}/7]" in run.stderr
    summary = json.loads(run.stdout)
    assert (summary["glosses"] >= 8, summary["available"]) == (True, summary["clips"])
    assert sum(summary["extraction"].values()) == summary["clips"]
    evaluations = {row["split"]: row for row in summary["evaluations"]}
    assert set(evaluations) == {"val", "test"}
    assert evaluations["test"]["n"] == summary["glosses"]
    assert evaluations["test"]["low"] <= evaluations["test"]["top1"] <= evaluations["test"]["high"]
    # Two training clips a sign teach little, but far more than guessing.
    assert evaluations["test"]["top1"] > 3 / summary["glosses"]
    assert all(len(answer["top"]) == 5 for answer in summary["live"])
    library = Library.open(tmp_path / "demo" / "library")
    assert check(library).findings == []
    jobs = run_query(library, "SELECT kind, status FROM job_stats ORDER BY job").rows
    assert [kind for kind, _ in jobs[:6]] == [
        "demo", "import", "scan", "extract", "train", "evaluate",
    ]  # fmt: skip
    assert {status for _, status in jobs} == {"finished"}
    library.close()
