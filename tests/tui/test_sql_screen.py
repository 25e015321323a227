"""SQL: results, errors, limits, cancel; nothing can be written."""

import pytest
from textual.widgets import DataTable, OptionList, TextArea

from store.query import run_query
from store.views import VIEWS
from tests.tui.conftest import settle, until
from tui.saved_queries import SAVED_QUERIES
from tui.screens.dialogs import ErrorDialog
from tui.screens.sql import SHOWN_ROWS

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"


async def ask(pilot, sql):
    pilot.app.screen.query_one(TextArea).text = sql
    await pilot.press("ctrl+r")


async def test_a_query_fills_the_table(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("5")
        await ask(pilot, "SELECT gloss, COUNT(*) AS n, NULL AS absent FROM instances GROUP BY 1")
        await settle(pilot)
        table = app.screen.query_one(DataTable)
        assert [str(column.label) for column in table.ordered_columns] == ["gloss", "n", "absent"]
        assert [str(cell) for cell in table.get_row_at(0)] == ["[bold]hostile[/bold]", "60", "NULL"]
        assert "5 rows" in app.screen.query_one("#results-panel").border_title


async def test_what_is_no_select_is_a_dialog(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("5")
        for sql in ("DELETE FROM clip", "SELEC 1", "ATTACH 'x' AS y", "DROP VIEW instances"):
            await ask(pilot, sql)
            await settle(pilot)
            assert isinstance(app.screen, ErrorDialog), sql
            assert app.screen.error.hint
            await pilot.press("escape")
    with library.connect_read_only() as connection:
        assert connection.execute("SELECT COUNT(*) FROM clip").fetchone() == (300,)


async def test_many_rows_are_bounded(app):
    sql = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
        "SELECT i FROM n"
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("5")
        await ask(pilot, sql)
        await settle(pilot)
        assert app.screen.query_one(DataTable).row_count == SHOWN_ROWS
        assert "more than" in app.screen.query_one("#results-panel").border_title


async def test_cancel_and_leaving_end_a_query_without_end(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("5")
        screen = app.screen
        await ask(pilot, ENDLESS)
        assert "asking" in screen.query_one("#results-panel").border_title
        await pilot.press("ctrl+x")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "cancelled" in app.screen.error.message
        await pilot.press("escape")
        await ask(pilot, ENDLESS)
    # Reaching this line is the proof: an uncancelled query would hold the exit for its time limit.


async def test_views_and_saved_queries_run_from_the_list(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("5", "v", "down", "enter")
        await settle(pilot)
        saved = app.screen.query_one(TextArea).text
        assert saved == list(SAVED_QUERIES.values())[1]
        assert app.screen.result is not None
        assert len(app.screen.query_one(OptionList).options) == len(SAVED_QUERIES) + len(VIEWS)


@pytest.mark.parametrize("name", SAVED_QUERIES)
def test_every_saved_query_is_answered(library, name):
    assert run_query(library, SAVED_QUERIES[name]).columns
