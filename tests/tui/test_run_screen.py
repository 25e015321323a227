"""A run's page: facts, curves, glosses, confused pairs, signers, and the way to their clips."""

import json

import pytest
from textual.widgets import Input, Static

from ml.prepare import SPLIT_FILE
from store.query import run_query
from store.runs import list_evaluations
from store.words import JobKind, Status
from tests.tui.conftest import GLOSSES, add_job, add_run, settle, until
from tests.tui.judged import add_judged, judge
from tui.screens.run import RunScreen
from tui.widgets.curves import CurvePlot
from tui.widgets.facts import FactList
from tui.widgets.interval_bars import IntervalList
from tui.widgets.sorted_table import SortedTable
from tui.widgets.tab_line import TabLine


async def open_run(pilot, *keys):
    await settle(pilot)
    await pilot.press("3")
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)
    for key in keys:
        await pilot.press(key)
        await settle(pilot)
    return pilot.app.screen


def table_rows(screen, name):
    view = screen.query_one(f"#{name}", SortedTable).table
    rows = [view.row_at(index) for index in range(view.total)]
    return [[cell if isinstance(cell, str) else cell[0] for cell in row.cells] for row in rows]


async def test_the_overview_says_what_is_known(app, library):
    add_judged(library, "mine", split="notebook")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_run(pilot)
        assert isinstance(screen, RunScreen)
        facts = {fact.name: str(fact.value) for fact in screen.query_one(FactList).facts}
        assert facts["best"] == "epoch 27"
        assert facts["clips"] == "120 train, 40 val, 40 test"
        assert facts[""].startswith("Leaks: copies of the same clips")
        (item,) = screen.query_one(IntervalList).items
        assert (item.n, item.warning) == (60, "leaks")
        assert "leaks" in screen.query_one(TabLine).subject.plain
        assert screen.query_one("#loss", CurvePlot)._best == 26
        drawn = screen.query_one(IntervalList).render().plain
        assert "●━" in drawn
        assert "n=60 leaks" in drawn


@pytest.mark.parametrize(("key", "name"), [("2", "glosses"), ("4", "signers")])
async def test_the_rows_of_a_table_add_up_to_the_evaluation(app, library, key, name):
    run = add_judged(library, "mine")
    (row,) = list_evaluations(library, run)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_run(pilot, key)
        cells = table_rows(screen, name)
        clips = 2 if name == "glosses" else 1
        assert sum(int(cell[clips]) for cell in cells) == row.n
        assert sum(int(cell[clips + 1]) for cell in cells) == round(row.top1 * row.n)


async def test_glosses_are_sorted_and_filtered(app, library):
    run = add_judged(library, "mine")
    split = {"train": ["00000", "00001", "00060"], "val": [], "test": []}
    (library.run_dir(run) / SPLIT_FILE).write_text(json.dumps(split), encoding="utf-8")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_run(pilot, "2")
        table = screen.query_one("#glosses", SortedTable)
        shares = [row.values[4] for row in table.found()]
        assert shares == sorted(shares), "worst first"
        await pilot.press("O")
        assert [row.values[4] for row in table.found()] == sorted(shares, reverse=True)
        while table.sort != "train":
            await pilot.press("o")
        await pilot.press("O")
        assert [row[:2] for row in table_rows(screen, "glosses")][:2] == [
            ["book", "2"],
            ["computer", "1"],
        ]
        await pilot.press("slash", *"host")
        assert [row[0] for row in table_rows(screen, "glosses")] == ["[bold]hostile[/bold]"]
        await pilot.press("escape", "escape")
        assert len(table_rows(screen, "glosses")) == len(GLOSSES)
        await pilot.press("escape")
        await settle(pilot)
        assert not isinstance(app.screen, RunScreen)


@pytest.mark.parametrize(("key", "name"), [("2", "glosses"), ("3", "pairs"), ("4", "signers")])
async def test_enter_shows_the_clips_a_row_rests_on(app, library, key, name):
    add_judged(library, "mine")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_run(pilot, key, "end")
        table = screen.query_one(f"#{name}", SortedTable)
        row = next(row for row in table.found() if row.key == table.table.current.key)
        clips = row.values[table._names.index("clips")]
        await pilot.press("enter")
        await settle(pilot)
        condition = app.screen.query_one("#filter", Input).value
        assert app.current_mode == "library"
        found = run_query(library, f"SELECT COUNT(*) FROM instances WHERE {condition}").rows
        assert found == [(clips,)]
        await pilot.press("3")
        await settle(pilot)
        assert isinstance(app.screen, RunScreen), "the way back leads to the run"


async def test_v_turns_to_the_other_evaluation(app, library):
    run = add_judged(library, "mine")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_run(pilot, "v")
        assert screen.split == "val"
        judge(library, run, "test", instances=20)
        screen._read()
        await settle(pilot)
        await pilot.press("v", "2")
        await settle(pilot)
        assert screen.split == "test"
        assert sum(int(row[2]) for row in table_rows(screen, "glosses")) == 20
        assert "test top-1" in screen.query_one(TabLine).subject.plain
        assert len(screen.query_one(IntervalList).items) == 2


async def test_a_run_that_trains_is_followed(app, library):
    job = add_job(library, JobKind.TRAIN, Status.RUNNING, done=3, total=80, unit="epochs",
                  detail={"eta_s": [60.0, 300.0]})  # fmt: skip
    add_run(library, "now", status=Status.RUNNING, epochs=3, job_id=job.id)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_run(pilot)
        await until(pilot, lambda: screen.query_one("#bar").display)
        bar = screen.query_one("#bar").render().plain
        assert "1 min 00 s to 5 min 00 s left" in bar.splitlines()[0]
        assert "━" in bar.splitlines()[1]
        assert "Epoch 3 of" in screen.query_one("#news", Static).render().plain
        assert screen.query_one(TabLine).subject.plain == "not measured yet"
        await pilot.press("2", "3", "enter")
        await settle(pilot)
        assert table_rows(screen, "glosses") == []
