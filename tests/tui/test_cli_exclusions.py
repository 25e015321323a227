"""`signtui exclude`, `signtui include` and `signtui clip`."""

import json

import pytest

from store.schema import Instance
from tui import cli


@pytest.fixture
def run(library, monkeypatch, capsys):
    def call(*arguments: str):
        capsys.readouterr()
        code = cli.main(["--library", str(library.root), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def excluded(library):
    with library.connect_read_only() as connection:
        sql = "SELECT video_id, excluded_reason FROM instances WHERE excluded ORDER BY video_id"
        return connection.execute(sql).fetchall()


def test_clips_are_excluded_and_taken_back(run, library):
    code, out, _ = run("exclude", "00001", "00003", "--reason", "wrong gloss", "--json")
    assert (code, json.loads(out)) == (0, {"found": 2, "changed": 2})
    assert excluded(library) == [("00001", "wrong gloss"), ("00003", "wrong gloss")]
    assert run("include", "00001")[:2] == (
        0,
        "1 instance included in training again.\n",
    )
    assert excluded(library) == [("00003", "wrong gloss")]


def test_a_condition_names_instances(run, library):
    code, out, _ = run("exclude", "--where", "split = 'train'", "--reason", "too short")
    assert (code, out) == (0, "180 instances excluded from training.\n")
    code, out, _ = run("exclude", "--where", "1", "--reason", "too short")
    assert (code, out) == (0, "120 instances excluded from training; 180 of 300 were already.\n")
    assert run("include", "--where", "1", "--json")[0] == 0
    assert excluded(library) == []


def test_what_is_wrong_is_said_and_changes_nothing(run, library):
    assert run("exclude", "00001")[0] == 2
    assert run("exclude", "--reason", "wrong gloss")[0] == 2
    assert run("include")[0] == 2
    code, _, complaint = run("exclude", "00001", "nowhere", "--reason", "wrong gloss")
    assert code == 1
    assert "nowhere" in complaint
    assert run("exclude", "00001", "--reason", " ")[0] == 1
    assert run("exclude", "--where", "1); DELETE FROM instance --", "--reason", "x")[0] == 1
    assert excluded(library) == []


def test_a_clip_is_told_of_with_its_twins(run, library):
    with library.session() as session:
        session.query(Instance).filter(Instance.id == 61).update(
            {"url": "https://example.org/0.mp4"}
        )
    code, out, _ = run("clip", "00000", "--json")
    (facts,) = json.loads(out)
    assert code == 0
    assert facts["instance"]["gloss"] == "book"
    assert facts["extractions"][0]["frames"] == 40
    assert facts["twins"] == [
        {"instance_id": 61, "video_id": "00060", "gloss": "computer", "split": "train",
         "same": ["source and range"], "contradicts": True}
    ]  # fmt: skip
    code, out, _ = run("clip", "00000")
    assert code == 0
    assert "another gloss" in out
    code, _, complaint = run("clip", "nowhere")
    assert code == 1
    assert "nowhere" in complaint
