"""The history of SQL: bounded, kept over restarts, and never believed."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import StoreError
from tui.history import FILE, MOST, Asked, add_to_history, read_history


def test_entries_are_kept_once_and_bounded(tmp_path):
    lines = [json.dumps({"sql": f"SELECT {n}", "at": n, "rows": n}) for n in range(MOST + 20)]
    (tmp_path / FILE).write_text("\n".join(lines), encoding="utf-8")
    entries = add_to_history(tmp_path, Asked("SELECT 100", 9.0, error="[red]ö"))
    assert entries == read_history(tmp_path)
    assert len(entries) == MOST
    assert entries[-1] == Asked("SELECT 100", 9.0, error="[red]ö")
    assert sum(entry.sql == "SELECT 100" for entry in entries) == 1


def test_empty_and_absurd_questions_are_not_kept(tmp_path):
    assert add_to_history(tmp_path, Asked("  \n", 1.0)) == []
    assert add_to_history(tmp_path, Asked("x" * 20_001, 1.0)) == []
    assert not (tmp_path / FILE).exists()


def test_a_library_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError):
        add_to_history(tmp_path, Asked("SELECT 1", 1.0))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.dictionaries(
                st.sampled_from(["sql", "at", "rows", "seconds", "error", "more"]),
                st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.none())),
            ).map(lambda value: json.dumps(value).encode()),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_no_file_breaks_it(tmp_path, lines):
    (tmp_path / FILE).write_bytes(b"\n".join(lines))
    for entry in read_history(tmp_path):
        assert entry.sql
        assert isinstance(entry.error, str)
        assert (entry.rows, abs(entry.at) < 1e12) == (int(entry.rows), True)
    add_to_history(tmp_path, Asked("SELECT 1", 1.0))
    assert read_history(tmp_path)[-1].sql == "SELECT 1"
