"""Latency for each stage, small."""

from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.reading.latency import STAGES, StageTimes
from tui.wording import DASH

_NAMES: Final = {"capture": "wait", "landmarks": "hands", "features": "feat."}
_LABEL: Final = 4
_ROWS: Final = ("", "p50", "p95")


class LatencyTable(Widget):
    """Three lines: the stages, their medians and their 95th percentiles, in milliseconds."""

    DEFAULT_CSS = f"LatencyTable {{ height: {len(_ROWS)}; width: 1fr; }}"
    times: reactive[dict[str, StageTimes]] = reactive(dict)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(_ROWS)

    def render(self) -> Content:
        cells = max(6, (self.size.width - _LABEL) // len(STAGES))
        names = "".join(f"{_NAMES.get(stage, stage):>{cells}}" for stage in STAGES)
        lines = [Content.assemble((f"{'ms':<{_LABEL}}", "$muted"), (names, "$muted"))]
        for row in _ROWS[1:]:
            values = "".join(f"{self._value(stage, row):>{cells}}" for stage in STAGES)
            lines.append(Content.assemble((f"{row:<{_LABEL}}", "$muted"), values))
        return Content("\n").join(lines)

    def _value(self, stage: str, row: str) -> str:
        known = self.times.get(stage)
        return DASH if known is None else _milliseconds(getattr(known, row))


def _milliseconds(value: float) -> str:
    short = 10.0
    return f"{value:.1f}" if value < short else f"{min(value, 99_999):.0f}"
