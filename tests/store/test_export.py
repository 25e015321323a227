"""Files that other programs read: exact, whole or not there."""

import csv
import json
import subprocess
import sys

import pytest

from store.errors import DiskFullError, StoreError
from store.export import Format, export_spool, format_of, main, unique_names
from store.results import Results
from store.spool import Spool

ODD = [
    (1, 1.5, "plain", b"\x00\xff", None),
    (-(2**63), float("inf"), 'quote " comma , line\nbreak', b"", 7),
    (None, None, "", None, "text"),
    (2**53 + 1, -0.25, "[bold]ümläut[/bold] 日本", b"x", 2.5),
]
NAMES = ["n", "x", "t", "b", "n"]


@pytest.fixture
def spool():
    made = Spool.make()
    made.begin(NAMES)
    made.add(ODD)
    yield made
    made.close()


def test_csv_reads_back(spool, tmp_path):
    report = export_spool(spool, tmp_path / "a.csv", Format.CSV)
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines(keepends=True)))
    assert rows[0] == ["n", "x", "t", "b", "n_2"]
    assert rows[1] == ["1", "1.5", "plain", "00ff", ""]
    assert rows[2][2] == ODD[1][2]
    assert rows[4][2] == ODD[3][2]
    assert (report.rows, report.columns, report.bytes) == (4, 5, len(text.encode()))


@pytest.mark.parametrize("format_", [Format.JSON, Format.JSONL])
def test_json_reads_back(spool, tmp_path, format_):
    path = tmp_path / f"a.{format_}"
    export_spool(spool, path, format_)
    text = path.read_text(encoding="utf-8")

    def strict(word):
        raise AssertionError(f"{word} is no JSON")

    if format_ is Format.JSON:
        objects = json.loads(text, parse_constant=strict)
    else:
        objects = [json.loads(line, parse_constant=strict) for line in text.splitlines()]
    assert objects[0] == {"n": 1, "x": 1.5, "t": "plain", "b": "00ff", "n_2": None}
    assert objects[1]["x"] == "Infinity"
    assert [item["n"] for item in objects] == [row[0] for row in ODD]
    assert [item["t"] for item in objects] == [row[2] for row in ODD]


def test_no_rows_are_still_a_file(tmp_path):
    empty = Spool.make()
    empty.begin(["a"])
    for format_, said in ((Format.CSV, "a\n"), (Format.JSON, "[\n]\n"), (Format.JSONL, "")):
        path = tmp_path / f"a.{format_}"
        export_spool(empty, path, format_)
        assert path.read_text(encoding="utf-8") == said
    empty.close()


def child(*arguments) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "store.export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_parquet_keeps_the_types(spool, tmp_path):
    spool.sort((0, True))
    path = tmp_path / "a.parquet"
    run = child(spool.path, path, "--format", "parquet", "--column", 0, "--descending")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["rows"] == 4
    code = (
        "import sys, json, pyarrow.parquet as p; t = p.read_table(sys.argv[1]);"
        "print(json.dumps([[str(f.type) for f in t.schema], t.schema.names,"
        " [[repr(v) for v in c.to_pylist()] for c in t.columns]]))"
    )
    read = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    types, names, columns = json.loads(read.stdout)
    assert types == ["int64", "double", "string", "binary", "string"]
    assert names == ["n", "x", "t", "b", "n_2"]
    assert columns[0] == [repr(v) for v in (2**53 + 1, 1, -(2**63), None)]
    assert columns[2][0] == repr(ODD[3][2])
    assert columns[3] == ["b'x'", repr(ODD[0][3]), "b''", "None"]
    assert columns[4] == ["'2.5'", "None", "'7'", "'text'"]


def test_the_child_says_what_is_wrong(spool, tmp_path):
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    for target, said in (("there.csv", "already"), ("no/folder.csv", "not there")):
        run = child(spool.path, tmp_path / target, "--format", "csv")
        assert (run.returncode, said in json.loads(run.stdout)["error"]) == (1, True)
    assert (tmp_path / "there.csv").read_text(encoding="utf-8") == "mine"
    assert main([str(tmp_path / "no.sqlite"), str(tmp_path / "a.csv"), "--format", "csv"]) == 1


def test_an_existing_file_needs_force(spool, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="already"):
        export_spool(spool, path, Format.CSV)
    export_spool(spool, path, Format.CSV, force=True, rows=1)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    with pytest.raises(StoreError, match="folder"):
        export_spool(spool, tmp_path, Format.CSV, force=True)


@pytest.mark.parametrize("format_", Format)
def test_a_full_disk_leaves_nothing_behind(filled, full_disk, format_):
    folder = full_disk(1)
    results = Results(
        filled,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) "
        "SELECT hex(randomblob(200)) AS h FROM n",
    )
    results.run()
    if format_ is Format.PARQUET:  # pyarrow stays out of the process that may hold TensorFlow
        run = child(results.spool.path, folder / "a.out", "--format", "parquet")
        assert "full" in json.loads(run.stdout)["error"]
    else:
        with pytest.raises(DiskFullError):
            export_spool(results.spool, folder / "a.out", format_)
    assert list(folder.iterdir()) == []
    results.close()


def test_names_of_columns_are_made_different():
    assert unique_names(["a", "a", "a_2", "", ""]) == ["a", "a_2", "a_2_2", "", "_2"]


def test_the_suffix_names_the_format(tmp_path):
    assert format_of(tmp_path / "A.CSV") is Format.CSV
    assert format_of(tmp_path / "a.ndjson") is Format.JSONL
    with pytest.raises(StoreError, match="format"):
        format_of(tmp_path / "a.xlsx")
