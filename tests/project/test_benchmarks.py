"""The table that `make bench` writes keeps the rows of what did not run."""

from benchmarks.__main__ import BEGIN, END, HEAD, NAMES, TABLE, with_rows

ROW = "| reading of 10 | a file | 0.7 times | 0.7 | 5 |"
PAGE = "\n".join(("before", BEGIN, *HEAD, ROW, "| other | none | 3 ms | none | 1 |", END, "after"))


def test_a_new_row_takes_the_place_of_the_old_one():
    again = with_rows(PAGE, ["| reading of 20 | a file | 0.9 times | 0.7 | 5 |"])
    assert again == PAGE.replace(ROW, "| reading of 20 | a file | 0.9 times | 0.7 | 5 |")
    assert with_rows(again, []) == again


def test_another_rival_is_another_row():
    lines = with_rows(PAGE, ["| reading of 10 | memory | 0.1 times | none | 5 |"]).splitlines()
    assert lines[4:7] == [
        ROW, "| other | none | 3 ms | none | 1 |", "| reading of 10 | memory | 0.1 times | none | 5 |"
    ]  # fmt: skip


def test_the_page_has_the_table_and_each_benchmark_a_module():
    text = TABLE.read_text(encoding="utf-8")
    assert with_rows(text, []) == text
    folder = TABLE.parents[1] / "benchmarks"
    assert [name for name in NAMES if not (folder / f"{name}.py").is_file()] == []
