"""How the live screen says what the job told it."""

from typing import Final

from tui.reading.live_events import Event, number_of, top_of
from tui.widgets.table import Column
from tui.wording import DASH, percent

HISTORY_COLUMNS: Final = (
    Column("time", "at", 8, right=True),
    Column("gloss", "gloss"),
    Column("score", "score", 5, right=True),
)


def history_cells(event: Event) -> tuple[str | tuple[str, str], ...]:
    """The cells of a decided sign, or of what is said of a whole clip."""
    top = top_of(event)
    whole = event["event"] == "final"
    gloss, score = top[0] if top else (str(event.get("gloss")), None)
    known = whole or isinstance(event.get("gloss"), str)
    early = " (early)" if event.get("early") is True else ""
    at = number_of(event.get("time_s"))
    return (
        "whole" if whole else DASH if at is None else f"{at:.2f} s",
        (gloss + early, "$primary") if known else (f"unknown ({gloss}?)", "$muted"),
        percent(score),
    )
