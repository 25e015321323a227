"""How the live screen says what the job told it."""

from pathlib import Path
from typing import Final

from tui.reading.live_events import Event, number_of, top_of
from tui.widgets.table import Column
from tui.wording import DASH, first_line, percent

HISTORY_COLUMNS: Final = (
    Column("time", "at", 8, right=True),
    Column("gloss", "gloss"),
    Column("score", "score", 5, right=True),
)


def source_words(glosses: str, *, realtime: bool) -> str:
    """How a source is read, and to what the model is narrowed, with the keys that change it."""
    narrowed = f"glosses: {first_line(Path(glosses).name, 20)} (g) · " if glosses else ""
    speed = "clips at their own speed" if realtime else "clips as fast as possible"
    return f"{narrowed}{speed} (t)"


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
