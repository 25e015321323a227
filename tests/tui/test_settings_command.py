"""signtui settings: shown, written, taken back."""

import json

import pytest

from tui import cli


@pytest.fixture
def signtui(capsys):
    def run(*arguments: str):
        capsys.readouterr()
        code = cli.main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def shown(signtui, *arguments):
    found = json.loads(signtui(*arguments, "settings", "--json")[1])
    return {item["name"]: (item["value"], item["origin"]) for item in found["settings"]}


def test_settings_are_written_and_taken_back(signtui, tmp_path):
    assert shown(signtui)["workers"] == (None, "default")
    code, _, err = signtui("settings", "workers", "3")
    assert (code, str(tmp_path) in err) == (0, True)
    assert shown(signtui)["workers"] == (3, "file")
    code, out, _ = signtui("settings", "workers")
    assert (code, "SIGNTUI_WORKERS" in out, "theme" in out) == (0, True, False)
    signtui("settings", "workers", "--unset")
    assert shown(signtui)["workers"] == (None, "default")


def test_the_command_line_overrules_the_environment(signtui, monkeypatch):
    monkeypatch.setenv("SIGNTUI_LIBRARY", "there")
    assert shown(signtui)["library"] == ("there", "environment")
    assert shown(signtui, "--library", "here")["library"] == ("here", "command line")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("worker",), "Did you mean workers?"),
        (("worker", "3"), "Did you mean workers?"),
        (("workers", "none"), "a count"),
        (("job_end", "song"), "note, bell or desktop"),
    ],
)
def test_what_is_wrong_is_named(signtui, arguments, said):
    code, _, err = signtui("settings", *arguments)
    assert code == 1
    assert said in err
