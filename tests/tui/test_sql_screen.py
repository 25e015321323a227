"""SQL: results of any size, errors beside the editor, limits, cancel; nothing can be written."""

import pytest
from textual.widgets import Input, Static

from store.query import run_query
from store.results import Limits, State
from tests.tui.conftest import settle, until
from tui.saved_queries import SAVED_QUERIES
from tui.screens.sql import SQLScreen
from tui.screens.sql_dialogs import CopyDialog, ExportForm, LimitsForm, ValueDialog
from tui.screens.sql_history import HistoryDialog
from tui.screens.sql_result import ResultPanel
from tui.widgets.schema_tree import SchemaTree

NUMBERS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
    "SELECT i, -i AS down, 'n' || i AS word FROM n"
)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"


async def open_sql(pilot) -> SQLScreen:
    await settle(pilot)
    await pilot.press("5")
    await settle(pilot)
    assert isinstance(pilot.app.screen, SQLScreen)
    return pilot.app.screen


async def ask(pilot, sql: str) -> ResultPanel:
    """Type a question, run it, and wait for its end."""
    screen = pilot.app.screen
    screen.editor.put(sql)
    screen.editor.focus()
    await pilot.press("ctrl+r")
    await settle(pilot)
    return screen.panel


def cells(panel: ResultPanel, row: int) -> list[str]:
    found = panel.table.row_at(row)
    return [cell if isinstance(cell, str) else cell[0] for cell in found.cells]


def said(screen: SQLScreen) -> str:
    return str(screen.query_one("#problem", Static).content)


async def test_a_query_fills_the_table(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_sql(pilot)
        panel = await ask(
            pilot, "SELECT gloss, COUNT(*) AS n, NULL AS absent, x'00ff' FROM instances GROUP BY 1"
        )
        assert panel.results.spool.columns == ("gloss", "n", "absent", "x'00ff'")
        assert cells(panel, 0) == ["[bold]hostile[/bold]", "60", "NULL", "x'00ff'"]
        assert "5 rows" in str(panel.border_title)
        await until(pilot, lambda: panel.table.has_focus)


async def test_what_is_wrong_is_said_beside_the_editor_and_the_cursor_is_there(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_sql(pilot)
        await ask(pilot, "SELECT 1 AS good")
        await ask(pilot, "SELECT 1;\nSELECT gloss\nFORM gloss_stats WHERE gloss = 1")
        assert 'line 3, column 6: SQL: near "gloss_stats"' in said(screen)
        assert screen.editor.cursor_location == (2, 5)
        await until(pilot, lambda: screen.editor.has_focus)
        assert "question before" in str(screen.panel.border_title)
        assert cells(screen.panel, 0) == ["1"]
        for sql in ("DELETE FROM clip", "ATTACH 'x' AS y", "DROP VIEW instances"):
            await ask(pilot, sql)
            assert "Only SELECT" in said(screen), sql
        await ask(pilot, "SELECT 2")
        assert said(screen) == ""
    with library.connect_read_only() as connection:
        assert connection.execute("SELECT COUNT(*) FROM clip").fetchone() == (300,)


async def test_the_statement_under_the_cursor_runs(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_sql(pilot)
        screen.editor.put("SELECT 'a;b';\n-- two\nSELECT 'two';\nSELECT 'three'")
        for line, answer in ((0, "a;b"), (2, "two"), (3, "three")):
            screen.editor.move_cursor((line, 3))
            await pilot.press("ctrl+r")
            await settle(pilot)
            assert cells(screen.panel, 0) == [answer]


async def test_many_rows_show_while_they_come_and_end_at_the_limit(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_sql(pilot)
        assert "1,000,000 rows, 30 s" in str(screen.query_one("#editor-panel").border_subtitle)
        await pilot.press("l")
        form = app.screen
        assert isinstance(form, LimitsForm)
        for rows in ("-3", "30,000"):
            assert app.screen is form
            form.query_one("#rows").value = rows
            await pilot.press("enter")
            await pilot.pause()
        assert screen.limits == Limits(rows=30_000)
        screen.editor.put(NUMBERS.format(100_000))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.panel.table.total)
        assert cells(screen.panel, 0) == ["1", "-1", "n1"]
        await settle(pilot)
        assert (screen.panel.table.total, screen.panel.results.state) == (30_000, State.ROW_LIMIT)
        assert "there are more" in str(screen.panel.border_subtitle)
        await pilot.press("end")
        await until(pilot, lambda: screen.panel.table.current is not None)
        assert cells(screen.panel, 29_999) == ["30000", "-30000", "n30000"]


async def test_cancel_keeps_what_has_come_and_leaving_ends_a_query_without_end(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_sql(pilot)
        await ask(pilot, "SELECT 'kept' AS word")
        screen.editor.put(ENDLESS)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "asking" in str(screen.panel.border_title))
        await pilot.press("ctrl+x")
        await settle(pilot)
        assert "cancelled" in str(screen.panel.border_subtitle)
        assert cells(screen.panel, 0) == ["kept"]
        screen.editor.put(NUMBERS.format(10**9))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.panel.table.total > 1)
        await pilot.press("ctrl+x")
        await settle(pilot)
        assert screen.panel.results.state is State.CANCELLED
        assert screen.panel.table.total == screen.panel.results.spool.total
        screen.editor.put(ENDLESS)
        await pilot.press("ctrl+r")
        folder = screen.panel.results.spool.path.parent
        assert folder.exists()
    # Reaching this line is a proof: an uncancelled query would hold the exit for its time limit.
    assert not folder.exists()


async def test_sorting_turns_and_goes_back(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_sql(pilot)
        panel = await ask(pilot, "SELECT gloss, COUNT(*) FROM instances GROUP BY 1 ORDER BY 1 DESC")
        firsts = []
        for _ in range(3):
            await pilot.press("s")
            await settle(pilot)
            firsts.append(cells(panel, 0)[0])
        assert firsts == ["[bold]hostile[/bold]", "it's", "it's"]
        await pilot.click(panel.table, offset=(2, 0))
        await settle(pilot)
        assert cells(panel, 0)[0] == "[bold]hostile[/bold]"
        assert screen.panel.order == (0, False)


async def test_names_are_asked_and_inserted(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_sql(pilot)
        await pilot.press("v", "down", "enter")
        await settle(pilot)
        assert screen.editor.text == next(iter(SAVED_QUERIES.values())).sql
        assert screen.panel.results.state is State.WHOLE
        tree = screen.query_one(SchemaTree)
        views = tree.root.children[1]
        tree.move_cursor(views.children[0])
        await pilot.press("right")
        await pilot.pause()
        assert "one row per instance" in str(screen.query_one("#about", Static).content)
        tree.move_cursor(views.children[0].children[2])
        screen.editor.put("SELECT ")
        await pilot.press("enter")
        assert screen.editor.text == "SELECT gloss"
        await until(pilot, lambda: screen.editor.has_focus)


async def test_history_is_kept_found_and_walked(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_sql(pilot)
        for sql in ("SELECT 1 AS one", "SELECT '[red]two'", "SELEC three"):
            await ask(pilot, sql)
        await pilot.press("escape", "h")
        assert isinstance(app.screen, HistoryDialog)
        await pilot.press(*"[red")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert screen.editor.text == "SELECT '[red]two'"
        screen.editor.put("")
        screen.editor.focus()
        walk = []
        for key in ("up", "up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            await pilot.pause()
            walk.append(screen.editor.text[-3:])
        assert walk == ["ree", "wo'", "one", "one", "wo'", "ree", ""]
    again = type(app)(library)
    async with again.run_test(size=(80, 24)) as pilot:
        await open_sql(pilot)
        await pilot.press("h")
        assert len(again.screen._entries) == 3
        assert "near" in again.screen._entries[0].error


async def test_what_is_shown_is_exported_as_it_is_sorted(app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_sql(pilot)
        await ask(pilot, "SELECT i, word FROM (" + NUMBERS.format(3) + ") ORDER BY i")
        await pilot.press("s", "s")
        await settle(pilot)
        await pilot.press("x")
        assert isinstance(app.screen, ExportForm)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert (tmp_path / "result.csv").read_text(encoding="utf-8") == "i,word\n3,n3\n2,n2\n1,n1\n"
        await pilot.press("x", "ctrl+s")
        assert isinstance(app.screen, ExportForm)
        assert "once more" in str(app.screen.query_one("#problem", Static).content)
        app.screen.query_one("#path", Input).value = str(tmp_path / "no" / "folder.json")
        await pilot.press("ctrl+s")
        assert "not there" in str(app.screen.query_one("#problem", Static).content)
        app.screen.query_one("#path", Input).value = str(tmp_path / "rows.jsonl")
        await pilot.pause()
        await pilot.press("ctrl+s")
        await settle(pilot)
        lines = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()
        assert lines[0] == '{"i":3,"word":"n3"}'


COPIES = {
    "c": "hostile|pipe",
    "r": "word\tn\nhostile|pipe\t1\n",
    "p": "word\tn\nhostile|pipe\t1\nNULL\t\n",
    "m": "| word | n |\n| --- | --- |\n| hostile\\|pipe | 1 |\n| NULL |  |\n",
}


async def test_values_are_shown_whole_and_copied(app, monkeypatch):
    copied = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_sql(pilot)
        await ask(pilot, "SELECT '{\"a\": [1, 2]}' || char(27) AS odd, json('{\"b\":[1]}') AS even")
        await pilot.press("right", "enter")
        await until(pilot, lambda: isinstance(app.screen, ValueDialog))
        assert '"b": [\n' in app.screen.query_one("TextArea").text
        await pilot.press("escape", "left", "enter")
        await until(pilot, lambda: isinstance(app.screen, ValueDialog))
        assert "\x1b" not in app.screen.query_one("TextArea").text
        await pilot.press("escape")
        await ask(pilot, "SELECT 'hostile|pipe' AS word, 1 AS n UNION ALL SELECT 'NULL', NULL")
        for key in COPIES:
            await pilot.press("y")
            assert isinstance(app.screen, CopyDialog)
            await pilot.press(key)
            await settle(pilot)
        assert copied == list(COPIES.values())
        await ask(pilot, "SELECT printf('%.*c', 100000, 'é') AS long")
        await pilot.press("y", "c")
        await settle(pilot)
        assert len(copied[-1].encode()) <= 60_000
        assert any("of 100,000 characters" in note.message for note in app._notifications)


@pytest.mark.parametrize("name", SAVED_QUERIES)
def test_every_saved_query_is_answered(library, name):
    assert run_query(library, SAVED_QUERIES[name].sql).columns
    assert len(SAVED_QUERIES[name].about) > 10
