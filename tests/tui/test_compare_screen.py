"""Runs side by side: intervals, verdicts, notes, settings and curves."""

from textual.content import Content
from textual.widgets import Static

from store.words import Status
from tests.tui.conftest import add_run, settle
from tests.tui.judged import add_judged, judge
from tui.screens.compare import CompareScreen
from tui.widgets.curves import CurvePlot
from tui.widgets.interval_bars import IntervalList
from tui.widgets.tab_line import TabLine
from tui.widgets.table import RowTable


async def compare(pilot, *run_ids):
    await settle(pilot)
    screen = CompareScreen(list(run_ids))
    await pilot.app.push_screen(screen)
    await settle(pilot)
    return screen


def said(screen):
    return screen.query_one("#verdicts", Static).render().plain


async def test_runs_on_the_same_clips_are_ranked_with_what_it_rests_on(app, library):
    often = add_judged(library, "often", wrong_every=2, seed=7, epochs=80)
    seldom = add_judged(library, "seldom", wrong_every=6, seed=8, epochs=80)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compare(pilot, often, seldom)
        assert "seldom is better than often: +33.3 points" in said(screen)
        assert "both 30 · only often 0 · only seldom 20 · neither 10" in said(screen)
        assert "different" not in said(screen)
        assert [item.n for item in screen.query_one(IntervalList).items] == [60, 60]
        await pilot.press("2")
        await settle(pilot)
        table = screen.query_one("#differing", RowTable)
        assert table.has_focus
        rows = [[str(cell) for cell in table.get_row_at(row)] for row in range(table.row_count)]
        assert rows == [["seed", "7", "8"]]


async def test_other_splits_and_leaks_are_never_ranked_in_silence(app, library):
    honest = add_judged(library, "honest", wrong_every=2)
    leaky = add_judged(library, "leaky", wrong_every=50, split="notebook", split_hash="n")
    signer = add_judged(library, "by signer", split="signer", split_hash="s", instances=30)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compare(pilot, honest, leaky, signer)
        assert "leaky cannot be ranked against honest, as leaky leaks" in said(screen)
        assert "leaky leaks: copies of the same clips" in said(screen)
        assert "different splits (official, notebook, signer)" in said(screen)
        assert "60 and 30 clips, of which 30 are the same" in said(screen)
        items = screen.query_one(IntervalList).items
        assert [item.warning for item in items] == ["", "leaks", ""]
        assert len({item.style for item in items}) == 3


async def test_curves_lie_over_one_another_whatever_their_lengths(app, library):
    long, short = add_run(library, "long", epochs=30), add_run(library, "short", epochs=5)
    none = add_run(library, "none", epochs=0, status=Status.FAILED)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compare(pilot, long, short, none)
        plot = screen.query_one("#val_top1", CurvePlot)
        first, second, third = plot._curves
        assert len(first.values) == len(second.values) == 30
        assert None not in first.values
        assert second.values[4] is not None
        assert second.values[5] is None
        assert set(third.values) == {None}
        assert "Not measured yet: none." in said(screen)
        assert "long and short" in said(screen).replace("short and long", "long and short")
        assert screen.query_one(TabLine).subject.plain == "compared on val"
        assert Content.from_markup(screen.query_one("#plots").border_title).plain == (
            "Curves ━ long ━ short ━ none"
        )


async def test_runs_that_nobody_measured_have_curves_all_the_same(app, library):
    runs = [add_run(library, name, status=Status.CANCELLED) for name in ("a", "b")]
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compare(pilot, *runs)
        assert "no split that two of them were measured on" in said(screen)
        assert screen.query_one(TabLine).subject.plain == "no common evaluation"
        assert len(screen.query_one("#val_loss", CurvePlot)._curves) == 2


async def test_v_compares_on_the_other_common_split(app, library):
    one, other = add_judged(library, "one"), add_judged(library, "other", wrong_every=4)
    for run in (one, other):
        judge(library, run, "test", instances=12)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compare(pilot, one, other)
        assert screen.query_one(TabLine).subject.plain == "compared on test"
        await pilot.press("v")
        await settle(pilot)
        assert screen.query_one(TabLine).subject.plain == "compared on val"
        await pilot.press("escape")
        await settle(pilot)
        assert not isinstance(app.screen, CompareScreen)
