"""The line of keys does not grow in memory."""

import gc

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Button
from textual.widgets._footer import FooterKey

from tui.widgets.footer import KeyLine


class Keys(App[None]):
    BINDINGS = [Binding("a", "bell", "A"), Binding("b", "bell", "B")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Button("one")
        yield KeyLine()


async def test_keys_that_are_gone_are_forgotten():
    app = Keys()
    async with app.run_test() as pilot:
        for _ in range(8):
            app.screen.refresh_bindings()
            await pilot.pause()
        gc.collect()
        alive = [item for item in gc.get_objects() if isinstance(item, FooterKey)]
        shown = len(app.query(FooterKey))
        assert shown >= 2
        assert sum(key.app is app for key in alive) <= 2 * shown
