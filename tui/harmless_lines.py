"""The last look at each line that the dashboard draws: no foreign text may command the terminal."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from store.harmless import harmless


class HarmlessLines(LineFilter):
    """Marks what a terminal would obey, whichever screen let it through."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(harmless(segment.text), segment.style)
            for segment in segments
        ]
