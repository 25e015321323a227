"""Paths as people write them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.paths import user_path


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_a_tilde_is_home(home):
    assert user_path("~/clips") == home / "clips"
    assert user_path(Path("~")) == home
    assert user_path("clips/~") == Path("clips/~")


def test_the_home_of_nobody_is_a_name():
    assert user_path("~no-such-person-here/clips") == Path("~no-such-person-here/clips")


@given(st.text())
def test_no_text_is_too_odd(text):
    assert isinstance(user_path(text), Path)
