"""backup and restore on the command line."""

import json
import shutil
from functools import partial

import pytest

from store.jobs import create_job
from store.words import JobKind
from tests.support.backups import contents, rows


@pytest.fixture
def signtui(tmp_path, monkeypatch, command_line, stocked):
    """The command line on the stocked library, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return partial(command_line, "--library", stocked.root)


def test_the_way_there_and_back(signtui, stocked, tmp_path):
    before = rows(stocked), contents(stocked)
    code, out, err = signtui("backup", "copy")
    assert (code, err) == (0, "")
    assert f"in {tmp_path / 'copy'}: 3 sequences, 1 runs, 2 clips" in out
    stocked.close()
    shutil.rmtree(stocked.root)
    code, out, err = signtui("restore", "copy")
    assert (code, str(stocked.root) in out, err) == (0, True, "")
    assert (rows(stocked), contents(stocked)) == before
    assert signtui("check")[0] == 0


def test_both_report_as_json(signtui, stocked, tmp_path):
    job_id = create_job(stocked, JobKind.SCAN, {})
    code, out, _ = signtui("backup", "copy", "--clips", "--json")
    report = json.loads(out)
    assert (code, report["clips"], report["interrupted"]) == (0, 6, [job_id])
    code, out, _ = signtui("restore", "copy", "--library", "again", "--json")
    restored = json.loads(out)
    assert (code, restored["path"]) == (0, str(tmp_path / "again"))
    assert (restored["replaced"], restored["opened"]) == (None, False)
    assert restored["made_at"] > 1e9
    assert (report["files"], restored["files"]) == (len(contents(stocked)) + 6, report["files"] - 1)


def test_what_needs_attention_is_said(signtui, stocked):
    create_job(stocked, JobKind.SCAN, {})
    shutil.rmtree(stocked.run_dir(1))
    _, _, err = signtui("backup", "copy")
    assert "Job 2 is interrupted in the backup" in err
    assert "The run first has no model" in err
    _, _, err = signtui("restore", "copy", "--force")
    assert f"What was there lies in {stocked.root}.before-restore-" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["backup", "library/copy"], "lies in the library itself"),
        (["backup", "dataset"], "is there already"),
        (["restore", "dataset"], "There is no backup in"),
        (["restore", "nowhere"], "There is no backup in"),
    ],
)
def test_errors_are_one_sentence_and_a_hint(signtui, arguments, said):
    code, out, err = signtui(*arguments)
    assert (code, out) == (1, "")
    assert said in err
    assert len(err.splitlines()) == 2


def test_a_library_that_is_there_is_not_replaced_unasked(signtui, stocked):
    before = rows(stocked), contents(stocked)
    signtui("backup", "copy")
    code, _, err = signtui("restore", "copy")
    assert (code, "is there already" in err, "--force" in err) == (1, True, True)
    assert (rows(stocked), contents(stocked)) == before
