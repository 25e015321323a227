"""The editor: colours, proposals by key and while typing, and its keys."""

from textual import events
from textual.app import App, ComposeResult

from tests.tui.test_completion import SCHEMA
from tui import theme
from tui.widgets.sql_editor import CompletionList, SqlEditor


class Editing(App[None]):
    def __init__(self) -> None:
        super().__init__()
        for colours in (theme.DARK, theme.LIGHT):
            self.register_theme(colours)
        self.theme = theme.DARK.name
        self.walked: list[int] = []

    def compose(self) -> ComposeResult:
        popup = CompletionList()
        yield SqlEditor("", popup)
        yield popup

    def on_mount(self) -> None:
        self.editor.schema = SCHEMA
        self.editor.focus()

    @property
    def editor(self) -> SqlEditor:
        return self.query_one(SqlEditor)

    @property
    def popup(self) -> CompletionList:
        return self.query_one(CompletionList)

    def proposed(self) -> list[str]:
        if not self.popup.display:
            return []
        return [str(option.prompt).split()[0] for option in self.popup.options]

    def on_sql_editor_walked(self, message: SqlEditor.Walked) -> None:
        self.walked.append(message.step)


async def write(pilot, text: str) -> None:
    await pilot.press(*("space" if c == " " else "full_stop" if c == "." else c for c in text))
    await pilot.pause()


async def test_proposals_come_while_typing_and_are_taken():
    app = Editing()
    async with app.run_test(size=(60, 20)) as pilot:
        await write(pilot, "sel")
        assert app.proposed() == ["SELECT"]
        await pilot.press("tab")
        assert app.editor.text == "SELECT"
        assert app.proposed() == []
        assert app.editor.has_focus
        app.editor.put("SELECT  FROM clip c")
        app.editor.move_cursor((0, 7))
        await write(pilot, "c.")
        assert app.proposed() == ["id", "video_id", "path"]
        region = app.popup.region
        assert (region.y, region.height) == (2, 3)
        await pilot.press("down", "down", "up", "enter")
        assert app.editor.text == "SELECT c.video_id FROM clip c"
        assert app.editor.cursor_location == (0, 17)


async def test_escape_closes_and_typing_on_narrows():
    app = Editing()
    async with app.run_test(size=(60, 20)) as pilot:
        await write(pilot, "g")
        many = app.proposed()
        await write(pilot, "lo")
        assert app.proposed() == ["GLOB", "gloss_stats", "gloss"]
        assert len(many) > 3
        await pilot.press("escape")
        assert app.proposed() == []
        assert app.editor.text == "glo"
        await pilot.press("ctrl+@")
        await pilot.pause()
        assert app.proposed() == ["GLOB", "gloss_stats", "gloss"]
        await pilot.press("home")
        await pilot.pause()
        assert app.proposed() == []


async def test_a_burst_of_keys_proposes_and_a_paste_does_not():
    app = Editing()
    async with app.run_test(size=(60, 20)) as pilot:
        for key in "glo":
            app.post_message(events.Key(key, key))
        await pilot.pause(0.1)
        assert app.proposed() == ["GLOB", "gloss_stats", "gloss"]
        app.post_message(events.Paste(" sel"))
        await pilot.pause(0.1)
        assert app.editor.text == "glo sel"
        assert app.proposed() == []


async def test_enter_and_tab_are_their_own_where_nothing_is_proposed():
    app = Editing()
    async with app.run_test(size=(60, 20)) as pilot:
        await write(pilot, "'a")
        await pilot.press("enter")
        assert app.editor.text == "'a\n"
        await pilot.press("tab")
        assert app.editor.text == "'a\n"


async def test_up_walks_only_from_an_empty_editor():
    app = Editing()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("up")
        app.editor.put("SELECT 1\nFROM x", walking=True)
        await pilot.press("up", "down")
        app.editor.put("SELECT 1\nFROM x")
        await pilot.press("up")
        await pilot.pause()
        assert app.walked == [-1, -1, 1]
        assert app.editor.cursor_location[0] == 0
        await pilot.press("ctrl+z")
        assert app.editor.text != ""


def colours_of(app: Editing) -> dict[str, str]:
    strip = app.editor.render_line(0)
    return {
        segment.text.strip(): segment.style.color.name
        for segment in strip
        if segment.text.strip() and segment.style and segment.style.color
    }


async def test_colours_follow_the_theme():
    app = Editing()
    async with app.run_test(size=(60, 20)) as pilot:
        app.editor.put("SELECT 'a', 12 FROM clip -- why")
        for name in (theme.DARK.name, theme.LIGHT.name):
            app.theme = name
            await pilot.pause()
            found, wanted = colours_of(app), app.theme_variables
            assert found["SELECT"].lower() == wanted["secondary"].lower()
            assert found["'a'"].lower() == wanted["success"].lower()
            assert found["12"].lower() == wanted["warning"].lower()
            assert found["clip"].lower() == wanted["primary"].lower()
            assert found["-- why"].lower() == wanted["muted"].lower()
