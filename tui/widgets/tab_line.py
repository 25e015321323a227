"""The views of a page in one line, each with its number; what they are about at the right."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static


class TabLine(Horizontal):
    """Numbered tabs; a click does the screen's `view('name')`."""

    DEFAULT_CSS = """
    TabLine {
        height: 1; background: $surface;
        #tabs {
            width: auto; link-style: none; link-style-hover: bold; link-color: $muted;
            link-color-hover: $foreground; link-background-hover: $panel;
        }
        #subject { width: 1fr; text-align: right; padding-right: 1; text-wrap: nowrap;
                   text-overflow: ellipsis; }
    }
    """
    current: reactive[str] = reactive("")
    subject: reactive[Content] = reactive(Content(""))

    def __init__(self, titles: dict[str, str], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._titles = titles

    def compose(self) -> ComposeResult:
        yield Static(id="tabs")
        yield Static(id="subject")

    def watch_current(self) -> None:
        if self.is_mounted:
            self.query_one("#tabs", Static).update(self._tabs())

    def watch_subject(self) -> None:
        if self.is_mounted:
            self.query_one("#subject", Static).update(self.subject)

    def on_mount(self) -> None:
        self.watch_current()
        self.watch_subject()

    def _tabs(self) -> Content:
        return Content("").join(
            Content.from_markup(
                f"[@click=screen.view('{name}')] [$primary]{number}[/] {title} [/]"
            ).stylize("bold $foreground on $panel" if name == self.current else "$muted")
            for number, (name, title) in enumerate(self._titles.items(), start=1)
        )
