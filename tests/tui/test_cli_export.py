"""sql and export on the command line: the twins of the SQL screen's export."""

import json
import shutil
import zipfile

import h5py
import numpy as np
import pytest
from sqlalchemy import update

from ml.bundle import KERAS, read_bundle, write_bundle
from store.landmarks import write_sequences
from store.runs import finish_run
from store.schema import Extraction, Instance, LandmarkFile
from store.words import Status
from tests.tui.conftest import add_run, moving_hand


@pytest.fixture
def signtui(signtui, tmp_path, monkeypatch):
    """The command line on the small library, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return signtui


@pytest.fixture
def sequences(library):
    """Four sequences in two files, as the catalog says."""
    folder = library.landmarks_dir
    write_sequences(folder / "a.h5", [("00000", moving_hand(40)), ("00001", moving_hand(30))])
    write_sequences(folder / "b.h5", [("00002", moving_hand(20)), ("00060", moving_hand(10))])
    with library.session() as session:
        session.execute(update(Extraction).values(status="failed"))
        for name, places in (("a.h5", [(1, 40), (2, 30)]), ("b.h5", [(3, 20), (61, 10)])):
            file = LandmarkFile(name=name, extractor_id=1, sequences=2, size_bytes=1, created_at=0)
            session.add(file)
            session.flush()
            for position, (instance_id, frames) in enumerate(places):
                session.execute(
                    update(Extraction)
                    .where(Extraction.instance_id == instance_id)
                    .values(status="done", file_id=file.id, position=position, frames=frames)
                )
    return library


GLOSSES = "SELECT gloss, COUNT(*) AS n FROM instances GROUP BY gloss ORDER BY gloss"


def test_sql_writes_every_format(signtui, tmp_path):
    assert signtui("sql", GLOSSES, "--format", "csv")[1].splitlines()[:2] == [
        "gloss,n",
        "[bold]hostile[/bold],60",
    ]
    lines = signtui("sql", GLOSSES, "--format", "jsonl")[1].splitlines()
    assert json.loads(lines[1]) == {"gloss": "book", "n": 60}
    for name in ("a.csv", "a.json", "a.jsonl"):
        code, out, err = signtui("sql", GLOSSES, "--output", name)
        assert (code, out, "5 rows" in err) == (0, "", True)
        assert (tmp_path / name).is_file()
    code, out, _ = signtui("sql", GLOSSES, "--output", "a.csv", "--force", "--json", "--limit", 2)
    assert (code, json.loads(out)["rows"], json.loads(out)["truncated"]) == (0, 2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("SELECT 1", "--output", "there.csv"), 1, "there already"),
        (("SELECT 1", "--output", "a.xls"), 1, "format"),
        (("SELECT 1", "--output", "no/a.csv"), 1, "not there"),
        (("SELEC 1", "--output", "a.csv"), 1, "syntax"),
        (("SELECT 1", "--format", "parquet"), 2, "--output"),
        (("SELECT 1", "--format", "table", "--output", "a.csv"), 2, "jsonl"),
    ],
)
def test_sql_says_what_it_cannot_write(signtui, tmp_path, arguments, code, said):
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    found, out, err = signtui("sql", *arguments)
    assert (found, out, said in err, "Traceback" in err) == (code, "", True, False)
    assert (tmp_path / "there.csv").read_text(encoding="utf-8") == "mine"


def test_a_time_limit_is_an_error_and_writes_nothing(signtui, tmp_path):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    code, _, err = signtui(
        "sql", endless, "--time-limit", 0.2, "--limit", 10**9, "--output", "a.csv"
    )
    assert (code, "longer than 0.2 s" in err) == (1, True)
    assert not (tmp_path / "a.csv").exists()


def test_a_table_is_exported_whole(signtui, tmp_path):
    code, out, _ = signtui("export", "table", "Instances", "i.jsonl", "--json")
    assert (code, json.loads(out)["rows"]) == (0, 300)
    row = json.loads((tmp_path / "i.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert {"gloss", "video_id", "split"} <= set(row)
    for arguments, said in (
        (("instances", "i.jsonl"), "already"),
        (("instance_", "x.csv"), "Did you mean: instance"),
        (('gloss"; DROP TABLE gloss', "x.csv"), "no table"),
    ):
        code, _, err = signtui("export", "table", *arguments)
        assert (code, said in err) == (1, True)


@pytest.mark.parametrize("name", ["all.npz", "all.h5"])
def test_landmarks_are_exported_as_they_are(signtui, sequences, tmp_path, name):
    code, out, err = signtui("export", "landmarks", name, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert (report["sequences"], report["frames"], report["glosses"]) == (4, 100, 2)
    with np.load(tmp_path / name) if name.endswith("npz") else h5py.File(tmp_path / name) as file:
        array = {key: np.array(file[key]) for key in file}
    ids = [v.decode() if isinstance(v, bytes) else v for v in array["video_id"]]
    assert ids == ["00000", "00001", "00002", "00060"]
    assert array["offsets"].tolist() == [0, 40, 70, 90, 100]
    assert array["landmarks"].dtype == np.float32
    np.testing.assert_array_equal(array["landmarks"][70:90], moving_hand(20).landmarks)
    assert array["score"].shape == (100, 2)
    assert array["fps"].tolist() == [25.0] * 4
    assert len(array["gloss"]) == len(array["signer"]) == len(array["split"]) == 4


def test_landmarks_of_a_condition(signtui, sequences, tmp_path, monkeypatch):
    code, out, _ = signtui(
        "export", "landmarks", "s.npz", "--where", "gloss = 'book' -- all", "--json"
    )
    assert (code, json.loads(out)["sequences"]) == (0, 3)
    with sequences.session() as session:
        session.execute(update(Instance).where(Instance.id == 1).values(excluded=True))
    out = signtui("export", "landmarks", "s.npz", "--where", "gloss = 'book'", "--json", "--force")[
        1
    ]
    assert json.loads(out)["sequences"] == 2
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1))
    for arguments, said in (
        (("a.npz", "--where", "nope = 1"), "no such column"),
        (("a.npz", "--where", "1); DELETE FROM gloss; --"), "more than one statement"),
        (("a.npz", "--where", "gloss = 'none'"), "no landmarks"),
        (("a.npz", "--extractor", "77"), "no landmarks"),
        (("a.txt",), "format"),
        (("s.npz",), "already"),
        (("a.h5",), "no room"),
    ):
        code, _, err = signtui("export", "landmarks", *arguments)
        assert (code, said in err, "Traceback" in err) == (1, True, False), err
    assert not list(tmp_path.glob("a.*"))


def test_landmarks_that_are_not_what_the_catalog_says_are_refused(signtui, sequences, tmp_path):
    with sequences.session() as session:
        session.execute(update(Extraction).where(Extraction.instance_id == 2).values(frames=31))
    code, _, err = signtui("export", "landmarks", "a.npz")
    assert (code, "check --repair" in err) == (1, True)
    assert not list(tmp_path.glob("a.npz*"))


@pytest.fixture
def bundled(library, tmp_path):
    """A run with a bundle."""
    run_id = add_run(library, "default")
    write_bundle(
        library.run_dir(run_id) / "bundle", litert=b"0000TFL3" + bytes(100),
        further={KERAS: b"weights"}, labels=["book", "drink"], features={}, about={},
    )  # fmt: skip
    finish_run(library, run_id, status=Status.FINISHED, bundle="bundle")
    return library.run_dir(run_id) / "bundle"


def test_a_bundle_goes_to_a_folder_or_an_archive(signtui, bundled, tmp_path):
    code, out, err = signtui("export", "bundle", "default", "there", "--json")
    assert code == 0, err
    assert (json.loads(out)["glosses"], json.loads(out)["files"]) == (2, 5)
    assert read_bundle(tmp_path / "there").labels == ("book", "drink")
    assert signtui("export", "bundle", "latest", "there.zip")[0] == 0
    with zipfile.ZipFile(tmp_path / "there.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    assert read_bundle(tmp_path / "unpacked").labels == ("book", "drink")
    for target in ("there", "there.zip"):
        code, _, err = signtui("export", "bundle", "default", target)
        assert (code, "--force" in err) == (1, True)
        assert signtui("export", "bundle", "default", target, "--force")[0] == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine", encoding="utf-8")
    code, _, err = signtui("export", "bundle", "default", other, "--force")
    assert (code, "something else" in err) == (1, True)
    assert (other / "mine.txt").is_file()


def test_a_changed_bundle_is_not_passed_on(signtui, bundled, tmp_path):
    (bundled / "model.keras").write_bytes(b"other")
    code, _, err = signtui("export", "bundle", "default", "there")
    assert (code, "not the file" in err) == (1, True)
    assert not (tmp_path / "there").exists()
