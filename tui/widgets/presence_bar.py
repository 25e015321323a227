"""Which hand is there over the time of a clip."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class PresenceBar(Widget):
    """Which hand is there over the time of a clip, with the frame that is shown."""

    DEFAULT_CSS = "PresenceBar { width: 1fr; height: 2; }"
    frame: reactive[int] = reactive(0)
    present: reactive[tuple[tuple[bool, bool], ...]] = reactive(())

    def render(self) -> Content:
        return Content("\n").join([self._line(0, "left "), self._line(1, "right")])

    def _line(self, hand: int, label: str) -> Content:
        frames = len(self.present)
        width = max(1, self.size.width - len(label) - 1)
        here = self.frame * width // frames if frames else -1
        cells = [self._cell(hand, cell, width) for cell in range(width)]
        style = "$secondary" if hand == 0 else "$accent"
        return Content.assemble(
            (f"{label} ", "$muted"),
            *(
                (("┃" if there else "╎"), "bold $foreground")
                if index == here
                else (("━", style) if there else ("─", "$track"))
                for index, there in enumerate(cells)
            ),
        )

    def _cell(self, hand: int, cell: int, width: int) -> bool:
        """Whether the hand is there in most frames that fall into a cell."""
        frames = len(self.present)
        if not frames:
            return False
        first = cell * frames // width
        last = max(first + 1, (cell + 1) * frames // width)
        some = [row[hand] for row in self.present[first:last]]
        return 2 * sum(some) >= len(some)
