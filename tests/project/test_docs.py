"""The documents name what there is."""

import inspect
import re
from pathlib import Path

import pytest
from sqlalchemy import Table

from capture.problems import FIXES, Problem
from store.schema import Base
from store.settings import list_settings
from store.views import VIEWS
from tui.cli import app
from tui.commands.record import record
from tui.commands.takes import takes

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> list[str]:
    return [
        info.name or info.callback.__name__.strip("_").replace("_", "-")
        for info in app.registered_commands
        if info.callback is not None
    ]


@pytest.mark.parametrize("command", commands())
def test_the_readme_names_every_command(command):
    assert re.search(rf"`(signtui )?{command}\b", read("README.md")), command


def test_the_data_format_names_every_view_with_its_words():
    text = read("docs/data-format.md")
    for name, view in VIEWS.items():
        assert f"| `{name}` | {view.about}" in text


def test_the_data_format_names_every_table():
    text = read("docs/data-format.md")
    tables: list[Table] = Base.metadata.sorted_tables
    assert [t.name for t in tables if f"`{t.name}`" not in text] == []


@pytest.mark.parametrize("problem", Problem)
def test_what_is_said_of_cameras_stands_in_the_docs(problem):
    row = f"| {problem} | {' | '.join(FIXES[problem])} |"
    assert row in read("docs/live.md").splitlines()


def test_the_docs_name_every_option_of_recording():
    text = read("docs/live.md")
    for command in (record, takes):
        options = inspect.signature(command).parameters
        named = {f"--{name.replace('number', 'count')}" for name in options} - {"--context"}
        assert [name for name in named - {"--gloss"} if name not in text] == []


def test_files_that_the_documents_name_are_there():
    text = read("docs/architecture.md") + read("CONTRIBUTING.md") + read("README.md")
    named = re.findall(r"`((?:store|capture|ml|tui|benchmarks|tests)/[\w/.]*)`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_links_lead_somewhere():
    for document in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_pins_name_no_index():
    for line in read("constraints.txt").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[\w.\-]+==[\w.+!]+( ;.*)?", line), line


def test_the_settings_are_listed_as_they_are():
    text = read("docs/settings.md")
    rows = [
        f"| `{item.name}` | `{item.variable}` | {_shown(item.value)} | {item.takes} | {item.about} |"
        for item in list_settings({})
    ]
    assert [row for row in rows if row not in text] == []
    assert len(re.findall(r"^\| `", text, re.MULTILINE)) == len(rows)


def _shown(value: object) -> str:
    return "unset" if value is None else f"`{value}`"


@pytest.fixture(autouse=True)
def no_settings_file(monkeypatch, tmp_path):
    monkeypatch.setenv("SIGNTUI_CONFIG", str(tmp_path / "none.toml"))
