"""A JSON array read value by value gives what `json.loads` gives, or fails where it does."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.importers import json_array
from store.importers.json_array import iter_array

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(VALUES, max_size=6),
    chunk=st.integers(1, 9),
    indent=st.none() | st.integers(0, 3),
    ascii_only=st.booleans(),
)
def test_an_array_is_read_whole_whatever_the_chunks(
    tmp_path, monkeypatch, values, chunk, indent, ascii_only
):
    monkeypatch.setattr(json_array, "_CHUNK", chunk)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(values, indent=indent, ensure_ascii=ascii_only), encoding="utf-8")
    assert list(iter_array(path)) == values


@pytest.mark.parametrize("chunk", [1, 7, 2**20])
@pytest.mark.parametrize(
    "content",
    [
        "",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "[1] x",
        '["a]',
        '[{"a": }]',
        "[01]",
        "{}",
    ],
)
def test_what_is_no_array_is_refused(tmp_path, monkeypatch, content, chunk):
    monkeypatch.setattr(json_array, "_CHUNK", chunk)
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r".+"):
        list(iter_array(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_every_encoding_of_json_is_read(tmp_path, encoding):
    path = tmp_path / "a.json"
    path.write_text('[{"gloss": "Müller"}, 2]', encoding=encoding)
    assert list(iter_array(path)) == [{"gloss": "Müller"}, 2]


def test_a_value_without_end_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(json_array, "MAX_VALUE", 1000)
    monkeypatch.setattr(json_array, "_CHUNK", 100)
    path = tmp_path / "a.json"
    path.write_text('["' + "x" * 100_000, encoding="utf-8")
    with pytest.raises(ValueError, match="too long"):
        list(iter_array(path))
