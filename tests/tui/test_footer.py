"""The line of keys: what it names, and that a click is as good as the key."""

from functools import partial

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Button, Input

from tests.tui.conftest import until
from tui import theme
from tui.widgets.footer import KeyLine


class Keys(App[None]):
    BINDINGS = [  # noqa: RUF012 - as in Textual
        Binding("a", "note('a')", "Add"),
        Binding("b,f8", "note('b')", "Bigger"),
        Binding("c", "never", "Cannot"),
        Binding("d", "note('d')", "Unseen", show=False),
    ]

    def __init__(self):
        super().__init__()
        self.noted = []
        self.register_theme(theme.DARK)
        self.theme = theme.DARK.name

    def compose(self) -> ComposeResult:
        yield Button("one")
        yield Field()
        yield KeyLine()

    def check_action(self, action, parameters):
        return None if action == "never" else True

    def action_note(self, key):
        self.noted.append(key)

    def action_never(self):
        self.noted.append("never")


class Field(Input):
    BINDINGS = [Binding("f9", "app.note('f9')", "Only here")]  # noqa: RUF012 - as in Textual


def says(app, text):
    return str(app.query_one(KeyLine).content) == text


async def test_it_names_each_action_once_and_follows_the_focus():
    app = Keys()
    async with app.run_test() as pilot:
        await until(pilot, partial(says, app, "a Add b Bigger c Cannot"))
        await pilot.press("tab")
        assert isinstance(app.focused, Field)
        # A field takes letters for itself.
        await until(pilot, partial(says, app, "f9 Only here f8 Bigger"))


async def test_a_click_presses_the_key_and_one_without_use_is_dim():
    app = Keys()
    async with app.run_test() as pilot:
        await until(pilot, partial(says, app, "a Add b Bigger c Cannot"))
        line = app.query_one(KeyLine)
        for place in (0, 3, len("a Add b")):
            await pilot.click(line, offset=(place, 0))
        await pilot.click(line, offset=(len("a Add b Bigger c"), 0))
        await until(pilot, lambda: len(app.noted) == 3)
        assert app.noted == ["a", "a", "b"]
        dim = [span for span in line.content.spans if "dim" in str(span.style)]
        assert [line.content.plain[span.start : span.end] for span in dim] == ["c Cannot"]
