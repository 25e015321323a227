"""runs and train --check on the command line: the same figures as on the screens."""

import io
import json

import pytest

from store.jobs import list_jobs
from store.runs import list_evaluations, list_runs
from tests.tui.conftest import add_run
from tests.tui.judged import add_judged, judge


def test_a_run_is_shown_with_its_tables(signtui, library):
    run = add_judged(library, "mine")
    code, out, _ = signtui("runs", "mine", "--glosses", "--confused", "--signers", "--json")
    said = json.loads(out)
    (row,) = list_evaluations(library, run)
    assert code == 0
    for table in ("glosses", "signers"):
        assert sum(item["n"] for item in said[table]) == row.n
        hits = sum(item["top1_hits"] for item in said[table])
        assert hits == round(row.top1 * row.n)
    assert sum(pair["clips"] for pair in said["confused"]) == row.n - hits
    tops = [item["top1"] for item in said["glosses"]]
    assert tops == sorted(tops), "worst first"
    assert len(said["epochs"]) == 30
    code, out, _ = signtui("runs", "mine", "--confused")
    assert "[bold]hostile[/bold]" in out
    assert "n = 60 clips" in out


def test_the_evaluation_is_chosen_test_first(signtui, library):
    run = add_judged(library, "mine")
    judge(library, run, "test", instances=10)
    assert json.loads(signtui("runs", run, "--glosses", "--json")[1])["split"] == "test"
    chosen = signtui("runs", run, "--glosses", "--split", "val", "--json")[1]
    assert json.loads(chosen)["split"] == "val"
    code, _, err = signtui("runs", run, "--glosses", "--split", "train")
    assert (code, "was not measured on train" in err) == (1, True)
    assert f"signtui evaluate {run} --split train" in err


def test_runs_are_compared_on_their_common_clips(signtui, library):
    add_judged(library, "often", wrong_every=2, learning_rate=0.1)
    add_judged(library, "seldom", wrong_every=6, learning_rate=0.2, instances=50)
    code, out, _ = signtui("runs", "--compare", "often", "seldom", "--json")
    said = json.loads(out)
    (paired,) = said["paired"]
    assert code == 0
    assert paired["common"] == 50
    assert paired["counts"] == {"both": 25, "only_a": 0, "only_b": 16, "neither": 9}
    assert paired["difference"] == pytest.approx(0.32)
    assert paired["low"] < paired["difference"] < paired["high"]
    assert paired["p_value"] == pytest.approx(2 / 2**16)
    drawn = paired["bootstrap"]
    assert 0.1 < drawn["low"] < paired["difference"] < drawn["high"] < 0.55
    assert drawn["p_value"] < 0.001
    assert {"name": "learning_rate", "values": ["0.1", "0.2"]} in said["settings"]
    assert any("60 and 50 clips, of which 50" in note for note in said["notes"])
    out = signtui("runs", "--compare", "often", "seldom")[1]
    assert "seldom is better than often: +32.0 points" in out
    assert "paired bootstrap, 10,000 draws: +32.0 points (+" in out


def test_a_leaking_run_is_not_ranked(signtui, library):
    add_judged(library, "honest", wrong_every=2)
    add_judged(library, "leaky", wrong_every=50, split="notebook", split_hash="other")
    out = signtui("runs", "--compare", "honest", "leaky")[1]
    assert "leaky (leaks)" in out
    assert "better" not in out
    assert "cannot be ranked against honest, as leaky leaks" in out
    assert "different splits (official, notebook)" in out


def test_wrong_usage_of_runs(signtui, library):
    add_run(library, "one")
    add_run(library, "two")
    assert signtui("runs", "one", "two")[0] == 2
    assert signtui("runs", "--glosses")[0] == 2
    code, _, err = signtui("runs", "--compare", "one")
    assert (code, "2 to 4 different runs" in err) == (1, True)
    assert signtui("runs", "--compare", "one", "one")[0] == 1
    code, _, err = signtui("runs", "--compare", "one", "nowhere")
    assert (code, "There is no run nowhere" in err) == (1, True)
    out = signtui("runs", "--compare", "one", "two")[1]
    assert "measured on no common clip" in out


def test_train_check_exits_with_what_it_found(signtui, library):
    code, out, _ = signtui("train", "--check", "--json")
    said = json.loads(out)
    assert (code, said["ready"]) == (0, True)
    assert said["plan"]["glosses"] == 5
    code, out, _ = signtui("train", "--check", "--split", "notebook")
    assert (code, "warning: This split leaks" in out, "Ready" in out) == (0, True, True)
    code, out, _ = signtui("train", "--check", "--glosses", "300")
    assert (code, "error: The subset 300 is not in this library" in out) == (1, True)
    assert json.loads(signtui("runs", "--json")[1]) == []


def test_runs_are_renamed_and_deleted(signtui, library, monkeypatch):
    run = add_run(library, "old")
    assert signtui("runs", "old", "--rename", "latest")[0] == 1
    code, out, err = signtui("runs", "old", "--rename", "better")
    assert (code, out, "is now named better" in err) == (0, "", True)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert signtui("runs", "better", "--delete")[0] == 130
    assert [found.id for found in list_runs(library)] == [run]
    assert signtui("runs", "better", "--delete", "--yes")[0] == 0
    assert list_runs(library) == []
    assert signtui("runs", "--delete")[0] == 2


def test_a_training_that_cannot_be_is_never_started(signtui, library):
    code, _, err = signtui("train", "--glosses", "300")
    assert (code, "The subset 300 is not in this library" in err) == (1, True)
    add_run(library, "whole")
    code, out, _ = signtui("train", "--resume", "whole", "--check")
    assert (code, "error: The run whole is finished" in out) == (1, True)
    code, _, err = signtui("train", "--resume", "whole")
    assert (code, "The run whole is finished" in err) == (1, True)
    assert list_jobs(library) == []
