"""The command line: its contract and its errors."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store.jobs import create_job, get_job, run_job
from store.library import Library
from store.runs import EvaluationRow, record_evaluation, start_run
from store.words import JobKind
from tests.store.test_landmark_import import clips, write_h5
from tests.store.test_runs import new_run
from tests.support.library import small_index, write_dataset
from tui import cli, jobs


@pytest.fixture
def signtui(tmp_path, monkeypatch, command_line):
    """The command line in a folder of its own, without a library."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNTUI_CONFIG", str(tmp_path / "settings.toml"))
    monkeypatch.delenv("SIGNTUI_LIBRARY", raising=False)
    return command_line


@pytest.fixture
def dataset(tmp_path) -> Path:
    return write_dataset(tmp_path / "dataset", small_index())


def test_import_stats_and_sql(signtui, dataset):
    code, out, _ = signtui("import", dataset)
    assert (code, out.splitlines()[0]) == (
        0,
        "4 instances of 2 glosses by 2 signers: 4 new, 0 updated, 0 unchanged",
    )
    code, out, _ = signtui("import", dataset, "--json")
    assert json.loads(out)["dataset"]["unchanged"] == 4
    code, out, _ = signtui("stats", "--json")
    assert json.loads(out)["instances"] == 4
    code, out, _ = signtui("stats")
    assert (code, "2 glosses, 4 instances" in out) == (0, True)
    sql = "SELECT gloss, instances FROM gloss_stats ORDER BY gloss"
    assert signtui("sql", sql, "--format", "csv")[1] == "gloss,instances\nbook,2\ndrink,2\n"
    assert json.loads(signtui("sql", sql, "--json")[1])[1] == {"gloss": "drink", "instances": 2}
    code, out, err = signtui("sql", sql, "--limit", "1")
    assert ("book" in out, "drink" in out, "first 1 rows" in err) == (True, False, True)
    assert "gloss_stats" in signtui("sql")[1]


def test_landmarks_come_in_with_their_own_option(signtui, dataset, tmp_path):
    signtui("import", dataset)
    path = write_h5(tmp_path / "l.h5", clips("00001", "77777"))
    code, out, _ = signtui("import", "--landmarks", path)
    assert (code, out) == (
        0,
        "1 sequences, 6 frames: 1 new, 0 updated, 0 unchanged, 1 not in the index\n",
    )


def test_explicit_paths(signtui, dataset, tmp_path):
    videos = tmp_path / "elsewhere"
    videos.mkdir()
    index = dataset / "WLASL_v0.3.json"
    code, out, _ = signtui("import", "--index", index, "--videos", videos, "--json")
    assert code == 0
    assert json.loads(out)["dataset"]["videos"] == str(videos)


BAD = {
    "no library": (["stats"], "no library"),
    "no source": (["import"], "Nothing to import"),
    "missing source": (["import", "nowhere"], "not there"),
    "missing video folder": (["import", "dataset", "--videos", "gone"], "video folder"),
    "landmarks without library": (["import", "--landmarks", "x.h5"], "no library"),
    "sql without library": (["sql", "SELECT 1"], "no library"),
    "live without library": (["live", "--source", "x.mp4"], "no library"),
}


@pytest.mark.parametrize(("arguments", "said"), BAD.values(), ids=BAD)
def test_errors_are_one_sentence_and_a_hint(signtui, dataset, tmp_path, arguments, said):
    code, out, err = signtui(*arguments)
    assert (code, out) == (1, "")
    first, hint = err.splitlines()
    assert first.startswith("signtui: ")
    assert said in first
    assert hint.strip()
    assert "Traceback" not in err
    assert not (tmp_path / "signtui-library").exists()


def test_a_bad_index_leaves_no_library(signtui, tmp_path):
    index = small_index()
    index[0]["instances"][0]["video_id"] = "../../x"
    code, _, err = signtui("import", write_dataset(tmp_path / "bad", index))
    assert (code, "../../x" in err) == (1, True)
    assert not (tmp_path / "signtui-library").exists()


def test_a_newer_library_is_refused_by_every_command(signtui, dataset, tmp_path):
    signtui("import", dataset)
    path = tmp_path / "signtui-library" / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for arguments in (["stats"], ["import", dataset], ["sql", "SELECT 1"], ["train"], ["scan"]):
        code, _, err = signtui(*arguments)
        assert (code, "newer signtui" in err) == (1, True), arguments


def test_writing_sql_is_refused(signtui, dataset):
    signtui("import", dataset)
    code, _, err = signtui("sql", "DELETE FROM gloss")
    assert (code, "Only SELECT" in err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["stats", "--nonsense"], ["train", "--preset", "x"], ["extract", "--limit", "0"],
     ["evaluate"], ["sql", "SELECT 1", "--format", "xml"]],
)  # fmt: skip
def test_wrong_usage_is_exit_code_2(signtui, arguments):
    code, out, err = signtui(*arguments)
    assert (code, out) == (2, "")
    assert "Usage" in err


@pytest.mark.parametrize("where", ["option", "environment", "settings"])
def test_where_the_library_is_named(signtui, dataset, tmp_path, monkeypatch, where):
    there = tmp_path / "there"
    options = []
    if where == "option":
        options = ["--library", there]
        monkeypatch.setenv("SIGNTUI_LIBRARY", str(tmp_path / "ignored"))
    elif where == "environment":
        monkeypatch.setenv("SIGNTUI_LIBRARY", str(there))
    else:
        (tmp_path / "settings.toml").write_text(f"library = '{there}'\n", encoding="utf-8")
    assert signtui(*options, "import", dataset)[0] == 0
    assert (there / "catalog.sqlite").is_file()


def test_runs_are_listed_with_what_they_rest_on(signtui, dataset, tmp_path):
    signtui("import", dataset)
    library = Library.open(tmp_path / "signtui-library")
    run_id = new_run(library, "leaky")
    start_run(library, run_id, split_kind="notebook", n_glosses=2)
    record_evaluation(library, EvaluationRow(run_id, "val", 7, 2, 0.5, 1, 1, 0.2, 0.8, {}), [])
    _, out, _ = signtui("runs")
    assert "leaky" in out
    assert "leaks" in out
    (row,) = json.loads(signtui("runs", "--json")[1])
    assert (row["n"], row["low"], row["high"], row["leaks"]) == (7, 20.0, 80.0, 1)


def test_jobs_and_their_logs(signtui, dataset, tmp_path):
    signtui("import", dataset)
    library = Library.open(tmp_path / "signtui-library")
    job_id = create_job(library, JobKind.TRAIN, {})
    with run_job(library, job_id) as job:
        job.warn("something odd")
    assert "train" in signtui("status")[1]
    assert "something odd" in signtui("status", job_id)[1]
    assert "something odd" in signtui("status", job_id, "--level", "warning")[1]
    assert "something odd" not in signtui("status", job_id, "--level", "error")[1]
    assert json.loads(signtui("status", job_id, "--json")[1])["lines"][0]["level"] == "warning"
    assert signtui("stop", job_id)[2] == f"Job {job_id} has ended already.\n"
    code, _, err = signtui("status", 999)
    assert (code, "no job 999" in err) == (1, True)


def test_an_unknown_run_is_named(signtui, dataset):
    signtui("import", dataset)
    for arguments in (["evaluate", "gone"], ["live", "--source", dataset, "--model", "gone"]):
        code, _, err = signtui(*arguments)
        assert (code, "no run gone" in err) == (1, True)


def test_glosses_from_a_file(signtui, dataset):
    signtui("import", dataset)
    code, _, err = signtui("train", "--glosses", "nowhere.txt")
    assert (code, "neither a subset nor a readable file" in err) == (1, True)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "tui.cli", *arguments]


def test_a_closed_pipe_is_no_traceback(filled, tmp_path):
    sql = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r LIMIT 9999) SELECT n FROM r"
    arguments = ["--library", str(filled.root), "sql", sql, "--format", "csv"]
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "SIGNTUI_CONFIG": str(tmp_path / "none.toml")},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read().decode()
    assert said == ""


def test_a_child_that_dies_leaves_an_interrupted_job_and_an_error(filled, monkeypatch, capsys):
    monkeypatch.setitem(jobs.MODULES, JobKind.SCAN, "no.such.module")
    monkeypatch.setenv("SIGNTUI_CONFIG", str(filled.root / "none.toml"))
    assert cli.main(["--library", str(filled.root), "scan"]) == 1
    err = capsys.readouterr().err
    assert "exit code" in err
    assert get_job(filled, 1).status == "interrupted"


def test_help_names_the_commands():
    run = subprocess.run(command("--help"), capture_output=True, text=True, check=True)
    for name in ("demo", "import", "scan", "extract", "train", "evaluate", "live", "sql", "stats"):
        assert f"\n  {name} " in run.stdout


@pytest.mark.parametrize("eta", [None, 61.5, [61.0, 130.0], [], "soon", [None, 3]])
def test_a_job_is_told_in_one_line_whatever_it_says_of_its_time(signtui, dataset, tmp_path, eta):
    signtui("import", dataset)
    library = Library.open(tmp_path / "signtui-library")
    job_id = create_job(library, JobKind.TRAIN, {})
    with run_job(library, job_id) as job:
        detail = {"eta_s": eta}
        job.progress(done=3, total=9, unit="epochs", message="at it", detail=detail, force=True)
        code, out, _ = signtui("status", job_id)
    line = out.splitlines()[0]
    assert (code, "3/9 epochs" in line, "at it" in line) == (0, True, True)
    assert len(line) < 80
