"""The best guesses of a recogniser as bars."""

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.widgets.bars import line
from tui.wording import DASH, first_line

_LABEL = 16
_ROWS = 5


class PredictionBars(Widget):
    """Five lines: gloss, bar and score; the first stands out."""

    DEFAULT_CSS = f"PredictionBars {{ height: {_ROWS}; width: 1fr; }}"
    top: reactive[tuple[tuple[str, float], ...]] = reactive(())
    """Pairs of gloss and score (0 to 1), best first."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return _ROWS

    def render(self) -> Content:
        width = max(4, self.size.width - _LABEL - len(" 100 % "))
        lines = []
        for place in range(_ROWS):
            gloss, score = self.top[place] if place < len(self.top) else ("", 0.0)
            style = "$primary" if place == 0 else "$secondary"
            lines.append(
                Content.assemble(
                    (
                        f"{first_line(gloss, _LABEL - 1):<{_LABEL}}",
                        "bold $foreground" if place == 0 else "$foreground",
                    ),
                    line(score, 1.0, width, style),
                    (f" {100 * score:4.0f} %" if gloss else f"      {DASH}", "$muted"),
                )
            )
        return Content("\n").join(lines)
