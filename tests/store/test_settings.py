"""Settings: file, environment, and what is wrong with them."""

from pathlib import Path

import pytest

from store.errors import SettingsError
from store.settings import read_settings


@pytest.fixture
def settings_file(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "settings.toml"
    monkeypatch.setenv("SIGNTUI_CONFIG", str(path))
    return path


def test_defaults_without_a_file(settings_file):
    assert read_settings({}).library == Path("signtui-library")


def test_the_environment_overrules_the_file(settings_file):
    settings_file.write_text('library = "one"\nworkers = 3\n', encoding="utf-8")
    settings = read_settings({"SIGNTUI_LIBRARY": "two"})
    assert (settings.library, settings.workers) == (Path("two"), 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("library =", "TOML"),
        ('libary = "x"', "library"),
        ("workers = 0", "SIGNTUI_WORKERS"),
        ('workers = "many"', "SIGNTUI_WORKERS"),
        ("library = 3", "SIGNTUI_LIBRARY"),
    ],
)
def test_what_is_wrong_is_named(settings_file, content, said):
    settings_file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings({})
    assert said in caught.value.hint
    assert "settings" in caught.value.message or "setting" in caught.value.message
