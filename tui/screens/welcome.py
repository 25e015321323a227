"""The first page: a folder without a library becomes one."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, Label, OptionList, Static

from store.library import Library
from store.paths import user_path
from store.recent import list_recent
from store.words import JobKind
from tui.demo_road import walk
from tui.screens.import_form import ImportForm, ImportPaths
from tui.screens.job_dialog import JobDialog
from tui.screens.page import signtui_of
from tui.widgets.footer import KeyLine
from tui.widgets.path_field import PathField
from tui.wording import first_line


class WelcomeScreen(Screen[None]):
    """Offers to import a dataset, to draw one, or to open another folder."""

    CSS_PATH = "welcome.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "import_data", "Import"),
        Binding("d", "demo", "Demo"),
        Binding("o", "other", "Open another"),
        Binding("escape", "leave", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.recent: tuple[Path, ...] = ()
        """Libraries that were open last, but for the one that is open now."""

    def compose(self) -> ComposeResult:
        with Vertical(id="welcome"):
            yield Static("[b $primary]signtui[/]", id="name")
            yield Static("From a folder of sign-language clips to a recogniser that works live.")
            yield Static(id="where", classes="muted", markup=False)
            for key, title, about in (
                ("i", "Import", "a WLASL folder or .zip: index, subsets and clips"),
                ("d", "Demo", "draw signs, find the hands, train on them: minutes"),
                ("o", "Open", "a library in another folder"),
            ):
                with Horizontal(classes="choice"):
                    yield Button(f"[b $primary]{key}[/]  {title}", id=title.lower(), compact=True)
                    yield Label(about, classes="muted")
            yield PathField(placeholder="folder of a library", folders_only=True, id="folder")
            yield Static("opened last", id="recent-title", classes="muted")
            yield OptionList(id="recent", compact=True)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#folder").display = False
        self.query_one("#import", Button).focus()
        self._show()

    def on_screen_resume(self) -> None:
        self._show()

    @work(exclusive=True, group="recent", exit_on_error=False)
    async def _show(self) -> None:
        app = signtui_of(self)
        known = app.library is not None
        words = f"Open now: {app.root}" if known else f"There is no library in {app.root} yet."
        self.query_one("#where", Static).update(Content(first_line(words, 300)))
        recent = await asyncio.to_thread(list_recent)
        self.recent = tuple(path for path in recent if not (known and path == app.root.absolute()))
        found = self.query_one("#recent", OptionList)
        found.clear_options()
        found.add_options([Content(first_line(path)) for path in self.recent])
        for widget in (found, self.query_one("#recent-title")):
            widget.display = bool(self.recent)

    @on(Button.Pressed, "#import")
    def action_import_data(self) -> None:
        self.app.push_screen(ImportForm(), self._import)

    @work(group="start")
    async def _import_into(self, config: dict[str, object]) -> None:
        app = signtui_of(self)
        with app.complaints():
            library = await asyncio.to_thread(Library.create, app.root)
            await app.open_library(library)
            child = await app.start_job(JobKind.IMPORT, config)
            if child is not None:
                app.push_screen(JobDialog(child.id, "Importing"))

    def _import(self, paths: ImportPaths | None) -> None:
        if paths is not None:
            self._import_into(paths.config())

    @on(Button.Pressed, "#demo")
    @work(group="start")
    async def action_demo(self) -> None:
        app = signtui_of(self)
        with app.complaints():
            # Beside a library of someone's own, the demo gets one for itself.
            root = app.root.parent / "signtui-demo" / "library" if app.library else app.root
            library = await asyncio.to_thread(Library.create, root)
            await app.open_library(library)
            dataset = library.clips_dir / "demo"
            app.run_worker(walk(app, dataset), group="demo", exclusive=True)

    @on(Button.Pressed, "#open")
    def action_other(self) -> None:
        field = self.query_one("#folder", Input)
        field.display = True
        field.focus()

    @on(Input.Submitted, "#folder")
    def _submitted(self, event: Input.Submitted) -> None:
        self._open(user_path(event.value.strip() or "."))

    @on(OptionList.OptionSelected, "#recent")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._open(self.recent[event.option_index])

    @work(group="start")
    async def _open(self, folder: Path) -> None:
        app = signtui_of(self)
        with app.complaints():
            library = await asyncio.to_thread(Library.open, folder)
            await app.open_library(library)

    def action_leave(self) -> None:
        field = self.query_one("#folder")
        if field.display:
            field.display = False
            self.query_one("#import", Button).focus()
        elif signtui_of(self).library is not None:
            self.app.switch_mode("library")
