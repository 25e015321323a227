"""The views of a page in one line, each with its number; what they are about at the right."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from tui.widgets.links import Links


class TabLine(Horizontal):
    """Numbered tabs; a click does the action with the tab's name, the screen's own `view` unless told."""

    DEFAULT_CSS = """
    TabLine {
        height: 1; background: $surface;
        #tabs { width: auto; }
        #subject { width: 1fr; text-align: right; padding-right: 1; text-wrap: nowrap;
                   text-overflow: ellipsis; }
    }
    """
    current: reactive[str] = reactive("")
    subject: reactive[Content] = reactive(Content(""))

    def __init__(
        self,
        titles: dict[str, str],
        *,
        action: str = "screen.view",
        id: str | None = None,  # noqa: A002 - as in Textual
    ) -> None:
        super().__init__(id=id)
        self._titles = titles
        self._action = action

    def compose(self) -> ComposeResult:
        yield Links(self._tabs(), id="tabs")
        yield Static(self.subject, id="subject")

    def watch_current(self) -> None:
        if self.is_mounted:
            self.query_one("#tabs", Links).update(self._tabs())

    def watch_subject(self) -> None:
        if self.is_mounted:
            self.query_one("#subject", Static).update(self.subject)

    def _tabs(self) -> Content:
        return Content("").join(
            Content.from_markup(
                f"[@click={self._action}('{name}')] [$primary]{number}[/] {title} [/]"
            ).stylize_before("bold $foreground on $panel" if name == self.current else "$muted")
            for number, (name, title) in enumerate(self._titles.items(), start=1)
        )
