"""How a cluster is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.cluster import cluster_address, is_address
from store.errors import SettingsError
from store.settings import convert


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("tcp://host:8786", "tcp://host:8786"),
        (" tls://10.0.0.1:8786 ", "tls://10.0.0.1:8786"),
        ("node-1.example.org:8786", "tcp://node-1.example.org:8786"),
        ("[fe80::1]:8786", "tcp://[fe80::1]:8786"),
        ("local", None),
    ],
)
def test_addresses(said, meant):
    assert cluster_address(said) == meant
    assert convert("cluster", said) == (meant or "local")


def test_a_scheduler_file_is_named_by_its_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = cluster_address("scheduler.json")
    assert found == str(tmp_path / "scheduler.json")
    assert not is_address(found)
    Path("told by dask").touch()
    assert cluster_address("told by dask") == str(tmp_path / "told by dask")
    assert is_address("tcp://host:8786")


@pytest.mark.parametrize("said", ["", "host", "host:port", "C:", "tcp:/host", "a b:1", "yes"])
def test_what_names_no_cluster_is_refused_with_a_hint(said):
    with pytest.raises(SettingsError) as caught:
        cluster_address(said)
    assert "tcp://host:8786" in caught.value.hint
    with pytest.raises(SettingsError):
        convert("cluster", said)


@given(st.text(max_size=60))
def test_any_text_is_an_address_a_file_or_an_error(said):
    try:
        found = cluster_address(said)
    except SettingsError:
        return
    assert found is None or is_address(found) or Path(found).is_absolute()
