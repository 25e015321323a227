"""Names and values, one under the other; long values go on below themselves."""

import textwrap
from dataclasses import dataclass
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.wording import DASH, first_line

_NAME: Final = 10
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Fact:
    """One line; an empty one where both are empty."""

    name: str = ""
    value: object = ""
    style: str = "$foreground"

    def lines(self, width: int) -> list[Content]:
        """The fact in lines of at most `width` cells."""
        if not self.name and self.value == "":
            return [Content()]
        words = DASH if self.value in (None, "") else first_line(self.value, _LONGEST)
        parts = textwrap.wrap(words, max(8, width - _NAME)) or [""]
        names = [self.name[: _NAME - 1], *[""] * (len(parts) - 1)]
        return [
            Content.assemble((f"{name:<{_NAME}}", "$muted"), (part, self.style))
            for name, part in zip(names, parts, strict=True)
        ]


class FactList(Widget):
    """Facts as they fit the width."""

    DEFAULT_CSS = "FactList { height: auto; width: 1fr; }"
    facts: reactive[tuple[Fact, ...]] = reactive((), layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return sum(len(fact.lines(width)) for fact in self.facts)

    def render(self) -> Content:
        return Content("\n").join(
            line for fact in self.facts for line in fact.lines(self.size.width)
        )
