"""Settings: file, environment, and what is wrong with them."""

from pathlib import Path

import pytest

from store.errors import SettingsError
from store.recent import list_recent, remember
from store.settings import (
    NAMES,
    Graphics,
    JobEnd,
    Origin,
    Settings,
    list_settings,
    read_settings,
    variable_of,
    write_setting,
)


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
        ('library = "a\\u0000"', "SIGNTUI_LIBRARY"),
        ("workers = 100000", "at most 256"),
        ("workers = inf", "SIGNTUI_WORKERS"),
        (f"query_rows = {'9' * 50}", "SIGNTUI_QUERY_ROWS"),
        ('theme = "\\u001b]0;x"', "SIGNTUI_THEME"),
        pytest.param("workers = " + "[" * 5000, "TOML", id="deep"),
    ],
)
def test_what_is_wrong_is_named(settings_file, content, said):
    settings_file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings({})
    assert said in caught.value.hint
    assert "settings" in caught.value.message or "setting" in caught.value.message


def origins(environ=None, given=None):
    return {item.name: item.origin for item in list_settings(environ or {}, given)}


def test_each_value_says_where_it_comes_from(settings_file):
    settings_file.write_text('workers = 3\ntheme = "nord"\n', encoding="utf-8")
    found = origins({"SIGNTUI_THEME": "gruvbox"}, {"library": Path("here"), "workers": None})
    assert found["library"] == Origin.COMMAND_LINE
    assert (found["workers"], found["theme"]) == (Origin.FILE, Origin.ENVIRONMENT)
    assert found["query_rows"] == Origin.DEFAULT


def test_writing_keeps_comments_and_other_keys(settings_file):
    settings_file.write_text(
        '# mine\nworkers = 3 # cores\n\n  theme="nord"\n# end', encoding="utf-8"
    )
    write_setting("workers", "5")
    folder = str(Path('/Gebärden "neu"/ä\\n').absolute())
    write_setting("library", folder)
    write_setting("theme", None)
    text = settings_file.read_text(encoding="utf-8")
    assert text.startswith("# mine\nworkers = 5\n\n# end\nlibrary = ")
    settings = read_settings({})
    assert (settings.workers, str(settings.library)) == (5, folder)
    assert settings.theme == Settings().theme


def test_a_value_over_several_lines_is_replaced_whole(settings_file):
    settings_file.write_text('theme = """nord\n"""\nworkers = 2\n', encoding="utf-8")
    write_setting("theme", "dracula")
    assert (read_settings({}).theme, read_settings({}).workers) == ("dracula", 2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("workers", "0"),
        ("workers", "two"),
        ("query_seconds", "nan"),
        ("query_seconds", "-1"),
        ("job_end", "trumpet"),
        ("graphics", "crayon"),
        ("theme", " "),
        ("cluster", "host"),
        ("worker", "3"),
    ],
)
def test_a_wrong_value_changes_nothing(settings_file, name, text):
    settings_file.write_text("workers = 2\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        write_setting(name, text)
    assert caught.value.hint
    assert settings_file.read_text(encoding="utf-8") == "workers = 2\n"


def test_every_setting_can_be_written_and_read_back(settings_file):
    values = {
        "library": str(Path("somewhere").absolute()), "workers": "7", "theme": "nord", "query_rows": "10",
        "query_seconds": "1.5", "job_end": "bell", "graphics": "sixel", "cluster": "tls://host:8786",
    }  # fmt: skip
    assert values.keys() == set(NAMES)
    for name, text in values.items():
        write_setting(name, text)
    assert set(origins().values()) == {Origin.FILE}
    assert read_settings({}) == Settings(
        Path("somewhere").absolute(),
        7,
        "tls://host:8786",
        "nord",
        10,
        1.5,
        JobEnd.BELL,
        Graphics.SIXEL,
    )
    environ = {variable_of(name): text for name, text in values.items()}
    settings_file.unlink()
    assert set(origins(environ).values()) == {Origin.ENVIRONMENT}


def test_recent_libraries_the_last_first_without_those_that_are_gone(settings_file, tmp_path):
    assert list_recent() == []
    for name in ("one", "two", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "catalog.sqlite").touch()
        remember(tmp_path / name)
    assert list_recent() == [tmp_path / "one", tmp_path / "two"]
    (tmp_path / "one" / "catalog.sqlite").unlink()
    assert list_recent() == [tmp_path / "two"]
    (tmp_path / "recent.json").write_text("{", encoding="utf-8")
    assert list_recent() == []
