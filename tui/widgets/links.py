"""A line of text with places to click in it."""

from rich.style import Style
from textual.widgets import Static


class Links(Static):
    """Every place has the colours that the text gives it; under the mouse it stands out."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Links {
        link-style-hover: none; link-color-hover: $foreground; link-background-hover: $panel;
    }
    """

    @property
    def link_style(self) -> Style:
        """Nothing on top of the text: Textual's own has one colour for a whole link."""
        return Style.null()
