"""A field whose letters are painted alone."""

from typing import Self

from textual.geometry import Region
from textual.widgets import Input


class FilterField(Input):
    """An input as wide as it is given, whatever stands in it.

    Textual lays out the whole screen anew for each letter of an input, as it might be as wide as
    its text: on a full screen that takes longer than to find and paint what the letter asks for.
    """

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,  # noqa: ARG002 - nothing here changes a layout
        recompose: bool = False,
    ) -> Self:
        return super().refresh(*regions, repaint=repaint, recompose=recompose)
