"""The table of any length: reads only what is in sight, and never loses its place."""

import threading

import pytest
from textual.app import App, ComposeResult

from store.errors import QueryError
from tests.tui.conftest import until
from tui import theme
from tui.widgets.row_pages import PAGE_ROWS
from tui.widgets.row_view import RowView
from tui.widgets.table import Column, Row, marked_text

COLUMNS = (Column("number", "number", 8, right=True), Column("word", "word"))


class Numbers:
    """Rows that say their own number, and remember what was asked for."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.asked: list[int] = []

    def read(self, first: int, count: int) -> list[Row]:
        self.asked.append(first)
        last = min(first + count, self.total)
        return [Row(str(i), (str(i), f"[b]word {i}[/b]")) for i in range(first, last)]


class Broken(Numbers):
    def read(self, first: int, count: int) -> list[Row]:
        raise QueryError("There is no such thing.")


class Table(App[None]):
    CSS = "RowView { height: 1fr; }"

    def __init__(self, source, **options) -> None:
        super().__init__()
        self.register_theme(theme.DARK)
        self.theme = theme.DARK.name
        self.source, self.options = source, options
        self.seen: list[object] = []

    def compose(self) -> ComposeResult:
        yield RowView(COLUMNS, id="rows", **self.options)

    def on_mount(self) -> None:
        self.rows.show(self.source, marks={"number": " ▲"})

    @property
    def rows(self) -> RowView:
        return self.query_one(RowView)

    def on_row_view_selected(self, message: RowView.Selected) -> None:
        self.seen.append(("selected", message.row.key))

    def on_row_view_header_selected(self, message: RowView.HeaderSelected) -> None:
        self.seen.append(("header", message.column))

    def on_row_view_read_failed(self, message: RowView.ReadFailed) -> None:
        self.seen.append(("failed", message.error.message))

    def lines(self) -> list[str]:
        return [self.rows.render_line(y).text for y in range(self.rows.size.height)]


async def read(pilot, app) -> None:
    await until(pilot, lambda: app.rows.current is not None)
    await pilot.pause()


async def test_a_million_rows_need_two_pages():
    app = Table(Numbers(1_000_000))
    async with app.run_test(size=(40, 12)) as pilot:
        await read(pilot, app)
        assert "number ▲" in app.lines()[0]
        assert "[b]word 10[/b]" in app.lines()[-1]
        await pilot.press("end")
        await until(pilot, lambda: "word 999999" in app.lines()[-1])
        assert app.rows.current.key == "999999"
        assert sorted(set(app.source.asked)) == [0, 1_000_000 - PAGE_ROWS]


@pytest.mark.parametrize(
    ("label", "cells", "shown"),
    [
        ("split", 8, "split ▲"),
        ("split", 7, "split ▲"),
        ("split", 6, "split▲"),
        ("split", 5, "spl…▲"),
        ("手話", 5, "手話▲"),
        ("手話", 4, "手…▲"),
        ("split", 1, "▲"),
    ],
)
def test_the_arrow_is_seen_however_narrow_the_column(label, cells, shown):
    assert marked_text(label, " ▲", cells) == shown
    assert marked_text(label, "", cells) == label


async def test_the_cursor_stays_in_sight_and_inside():
    app = Table(Numbers(450))
    async with app.run_test(size=(40, 12)) as pilot:
        await read(pilot, app)
        for key, row in [("up", 0), ("pagedown", 11), ("down", 12), ("end", 449), ("down", 449),
                         ("pageup", 438), ("home", 0)]:  # fmt: skip
            await pilot.press(key)
            await read(pilot, app)
            assert app.rows.cursor == row
            assert any(f"word {row}[" in line for line in app.lines()), key
        await pilot.press("enter")
        await pilot.pause()
        assert app.seen == [("selected", "0")]


async def test_mouse_moves_opens_and_sorts():
    app = Table(Numbers(450))
    async with app.run_test(size=(40, 12)) as pilot:
        await read(pilot, app)
        await pilot.click(RowView, offset=(3, 5))
        assert app.rows.cursor == 4
        await pilot.click(RowView, offset=(3, 5))
        await pilot.click(RowView, offset=(20, 0))
        await pilot.pause()
        assert app.seen == [("selected", "4"), ("header", "word")]


async def test_cells_have_a_cursor_of_their_own():
    app = Table(Numbers(5), cells=True)
    async with app.run_test(size=(40, 12)) as pilot:
        await read(pilot, app)
        assert app.rows.current_column.key == "number"
        await pilot.press("right", "right")
        assert app.rows.current_column.key == "word"
        reverse = [s.text for s in app.rows.render_line(1) if s.style and s.style.reverse]
        assert [text.strip() for text in reverse] == ["[b]word 0[/b]"]


async def test_it_grows_while_its_source_does():
    app = Table(Numbers(3))
    async with app.run_test(size=(40, 12)) as pilot:
        await read(pilot, app)
        app.source.total = 7
        app.rows.grow()
        await until(pilot, lambda: "word 6" in app.lines()[7])
        assert app.lines()[8].strip() == ""


async def test_another_source_comes_first_while_the_old_one_is_slow():
    release = threading.Event()

    class Slow(Numbers):
        def read(self, first: int, count: int) -> list[Row]:
            release.wait(10)
            return [Row("old", ("old", "old"))] * count

    app = Table(Slow(1000))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert "…" in app.lines()[1]
        app.rows.show(Numbers(10), first=Numbers(10).read(0, PAGE_ROWS))
        assert "word 0" in app.lines()[1]
        release.set()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert not any("old" in line for line in app.lines())


async def test_what_cannot_be_read_is_said():
    app = Table(Broken(10))
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: app.seen)
        assert app.seen == [("failed", "There is no such thing.")]


@pytest.mark.parametrize("width", [20, 40, 120])
async def test_lines_are_as_wide_as_the_table(width):
    app = Table(Numbers(30))
    async with app.run_test(size=(width, 12)) as pilot:
        await read(pilot, app)
        assert {app.rows.render_line(y).cell_length for y in range(12)} == {app.rows.size.width}
        await pilot.resize_terminal(width + 13, 9)
        await pilot.pause()
        assert {app.rows.render_line(y).cell_length for y in range(9)} == {app.rows.size.width}


async def test_an_empty_table_is_quiet():
    app = Table(Numbers(0))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("down", "end", "enter", "pageup")
        await pilot.pause()
        assert app.rows.current is None
        assert app.seen == []
