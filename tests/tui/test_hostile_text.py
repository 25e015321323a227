"""Texts of a foreign library, a decoder or a file's name: shown, and never obeyed by the terminal."""

import json
import re
import sqlite3
import sys
from contextlib import closing

import pytest

from store.words import JobKind, Status
from tests.tui.conftest import add_job, add_line, add_run, settle
from tui.jobs import log_path

EVIL = "\x1b]0;evil\x07\x9b31m\u202e"
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TEXTS = {
    "gloss": ["text"], "signer": ["name"], "clip": ["path", "reason"],
    "instance": ["source", "url", "excluded_reason"], "extraction": ["error"],
    "extractor": ["origin"], "job": ["message", "error", "hint", "unit"], "job_line": ["text"],
    "run": ["name", "preset"], "video_root": ["path"], "subset_entry": ["subset"],
}  # fmt: skip


@pytest.fixture
def poisoned(library):
    """Every text of the catalog bears commands for a terminal."""
    job = add_job(library, JobKind.EXTRACT, Status.FAILED, error="oh", hint="do", message="said")
    add_line(library, job.id, "warning", "00004: crash: oh")
    add_run(library, "first")
    log_path(library, job.id).write_text(f"decoder {EVIL}\n", encoding="utf-8")
    library.close()
    with closing(sqlite3.connect(library.catalog_path)) as connection, connection:
        for table, columns in TEXTS.items():
            known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            for column in set(columns) & known:
                connection.execute(
                    f"UPDATE {table} SET {column} = {column} || ? WHERE {column} IS NOT NULL",
                    (EVIL,),
                )
    return library


def shown(app):
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


WAYS = {
    "library": ["1"], "clip": ["enter"], "extract": ["escape", "2"],
    "runs": ["escape", "3"], "run": ["enter"], "live": ["escape", "4"], "sql": ["5"],
    "jobs": ["6"], "log": ["enter"], "settings": ["escape", "comma"],
}  # fmt: skip


async def test_no_screen_hands_on_what_a_terminal_would_obey(app, poisoned):
    seen = set()
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        for name, keys in WAYS.items():
            for key in keys:
                await pilot.press(key)
                await settle(pilot)
            seen.add(type(app.screen).__name__)
            found = shown(app)
            where = OBEYED.search(found)
            assert where is None, (name, found[max(0, where.start() - 80) :][:160])
    assert len(seen) == len(WAYS), seen


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["status", "1"], ["runs"], ["stats"], ["check"], ["clip", "00001"], ["settings"],
     ["sql", "SELECT * FROM instances"], ["sql", "SELECT * FROM instances", "--format", "json"],
     ["sql", "SELECT * FROM instances", "--format", "jsonl"], ["status", "--json"], ["runs", "--json"]],
)  # fmt: skip
def test_no_command_does(signtui, poisoned, arguments):
    _, out, err = signtui(*arguments)
    assert not OBEYED.search(out + err)


def test_json_says_the_same_all_the_same(signtui, poisoned):
    _, out, _ = signtui("sql", "SELECT text FROM gloss ORDER BY id LIMIT 1", "--format", "json")
    assert json.loads(out)[0]["text"].endswith(EVIL)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are Unix's")
def test_csv_is_exact_in_a_file_and_harmless_on_a_terminal(signtui, poisoned, monkeypatch):
    query = ["sql", "SELECT text FROM gloss", "--format", "csv"]
    assert EVIL in signtui(*query)[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert not OBEYED.search(signtui(*query)[1])


def test_the_end_of_an_endless_log_is_all_that_is_read(library):
    from tui.jobs import log_tail

    job = add_job(library, JobKind.SCAN, Status.FAILED)
    with log_path(library, job.id).open("wb") as file:
        file.seek(2**33)
        file.write(b"the end\n")
    assert log_path(library, job.id).stat().st_size > 2**33
    assert log_tail(library, job.id).endswith("the end\n")
