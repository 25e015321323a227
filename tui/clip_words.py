"""How the page of a clip says what the catalog knows of it."""

from typing import Any, Final

from tui.reading.clip import ClipFacts, Twin
from tui.widgets.facts import Fact
from tui.widgets.table import Column, Row, state_cell
from tui.wording import DASH, STATE_COLOURS, ago, first_line, percent, size

HISTORY_COLUMNS: Final = (
    Column("status", "status", 8),
    Column("by", "landmarks by"),
    Column("frames", "frames", 6, right=True),
    Column("hands", "left right", 12, right=True, from_width=52),
    Column("when", "when", 10, from_width=66),
)
TWIN_COLUMNS: Final = (
    Column("gloss", "gloss"),
    Column("video_id", "video", 8),
    Column("split", "split", 5),
    Column("same", "the same", 28, from_width=66),
)
RUN_COLUMNS: Final = (
    Column("run", "run"),
    Column("predicted", "said"),
    Column("rank", "rank", 4, right=True),
    Column("score", "score", 7, right=True, from_width=44),
)


def describe(facts: ClipFacts) -> tuple[Fact, ...]:
    """The instance and its clip, line by line."""
    row = facts.instance
    others = [twin for twin in facts.twins if twin.contradicts]
    return (
        Fact("gloss", row["gloss"], "bold $primary"),
        *([Fact("excluded", row["excluded_reason"] or "yes", "$warning")] if row["excluded"] else []),
        *([Fact("disputed", _disputed(others), "$error")] if others else []),
        Fact("video", row["video_id"]),
        Fact("signer", row["signer"]),
        Fact("split", row["split"]),
        Fact("clip", row["availability"], STATE_COLOURS.get(str(row["availability"]), "$foreground")),
        *([Fact("", row["reason"], "$warning")] if row["reason"] else []),
        Fact("range", _range(row)),
        Fact("frames", _frames(row)),
        Fact("picture", f"{row['width']} x {row['height']}" if row["width"] else None),
        *_box(row),
        Fact("size", size(row["size_bytes"]) if row["size_bytes"] else None),
        Fact("variation", row["variation"]),
        Fact("source", row["source"]),
        Fact("url", row["url"]),
        Fact("file", row["path"]),
        Fact("content", row["sha256"][:16] if row["sha256"] else None),
    )  # fmt: skip


def _disputed(others: list[Twin]) -> str:
    glosses = list(dict.fromkeys(twin.gloss for twin in others))
    return f"also labelled {', '.join(glosses)}"


def _range(row: dict[str, Any]) -> str:
    end = "end" if row["frame_end"] is None else row["frame_end"] - 1
    return f"{row['frame_start']} to {end}"


def _frames(row: dict[str, Any]) -> str | None:
    if not row["clip_frames"]:
        return None
    rate = f" at {row['fps']:g} fps" if row["fps"] else ""
    return f"{row['clip_frames']}{rate}"


def _box(row: dict[str, Any]) -> list[Fact]:
    """The signer's bounding box, and how much of the picture it takes or why it cannot be right."""
    corners = [row[f"bbox_{side}"] for side in ("left", "top", "right", "bottom")]
    if None in corners:
        return [Fact("box", None)]
    left, top, right, bottom = corners
    line = Fact("box", f"{left}, {top} to {right}, {bottom}")
    if right <= left or bottom <= top:
        return [line, Fact("", "it is empty", "$warning")]
    if not (row["width"] and row["height"]):
        return [line]
    if box_middle(row) is None:
        return [line, Fact("", "made for a picture of another size", "$warning")]
    share = percent((right - left) * (bottom - top), row["width"] * row["height"])
    return [line, Fact("", f"{share} of the picture")]


def box_middle(row: dict[str, Any]) -> float | None:
    """Where the middle of the bounding box is, in picture widths; None where it cannot be right."""
    left, top, right, bottom = (row[f"bbox_{s}"] or 0 for s in ("left", "top", "right", "bottom"))
    width, height = row["width"] or 0, row["height"] or 0
    fits = 0 <= left < right <= width and 0 <= top < bottom <= height
    return (left + right) / 2 / width if fits else None


def history_rows(facts: ClipFacts, now: float) -> list[Row]:
    """One row for each extraction."""
    return [
        Row(
            str(place),
            (
                state_cell(row["status"]),
                str(row["origin"]),
                str(row["frames"] or DASH),
                _hands(row),
                ago(row["finished_at"], now),
            ),
        )
        for place, row in enumerate(facts.extractions)
    ]


def landmarks_title(facts: ClipFacts, shown: int) -> str:
    """Which landmarks are shown, where there are several."""
    found = facts.with_landmarks
    if not found:
        return "Landmarks"
    several = f" {shown + 1} of {len(found)}" if len(found) > 1 else ""
    return f"Landmarks{several}: {found[shown]['landmark_set']}, {first_line(found[shown]['origin'], 30)}"


def describe_extraction(row: dict[str, Any], now: float) -> tuple[Fact, ...]:
    """One extraction, line by line."""
    lines = [
        Fact("by", f"{row['origin']} ({row['landmark_set']})"),
        Fact("state", row["status"].replace("_", " "), STATE_COLOURS[row["status"]]),
    ]
    if row["frames"]:
        left, right = (percent(row[f"frames_{hand}"], row["frames"]) for hand in ("left", "right"))
        lines.append(Fact("hands", f"left {left}, right {right} of {row['frames']} frames"))
    if row["error"]:
        lines.append(Fact(row["error_kind"] or "error", row["error"], "$error"))
    lines.append(Fact("attempts", row["attempts"]))
    if row["seconds"]:
        lines.append(Fact("took", f"{row['seconds']:.1f} s"))
    lines.append(Fact("when", ago(row["finished_at"], now)))
    return tuple(lines)


def _hands(row: dict[str, Any]) -> str:
    if not row["frames"]:
        return DASH
    left, right = (percent(row[f"frames_{hand}"], row["frames"]) for hand in ("left", "right"))
    return f"{left} {right:>5}"


def twin_rows(facts: ClipFacts) -> list[Row]:
    """One row for each twin; another gloss stands out."""
    return [
        Row(
            str(twin.instance_id),
            (
                (twin.gloss, "$error") if twin.contradicts else twin.gloss,
                twin.video_id,
                twin.split or DASH,
                ", ".join(twin.same),
            ),
        )
        for twin in facts.twins
    ]


def describe_twin(twin: Twin, facts: ClipFacts) -> tuple[Fact, ...]:
    """What makes it a twin, and what is wrong with that."""
    own = facts.instance
    lines = [Fact("the same", ", ".join(twin.same))]
    if twin.contradicts:
        lines.append(Fact("but", f"{twin.gloss} there, {own['gloss']} here", "$error"))
    if twin.split != own["split"]:
        lines.append(Fact("split", f"{twin.split} there, {own['split']} here", "$warning"))
    return tuple(lines)


def run_rows(facts: ClipFacts) -> list[Row]:
    """What each run said of the instance."""
    return [
        Row(
            str(place),
            (
                str(row["run"]),
                (str(row["predicted"]), "$success" if row["rank"] == 1 else "$warning"),
                str(row["rank"]),
                f"{100 * row['score']:.0f} %",
            ),
        )
        for place, row in enumerate(facts.predictions)
    ]


def describe_prediction(row: dict[str, Any]) -> tuple[Fact, ...]:
    """One prediction, line by line."""
    leaks = " (leaks)" if row["leaks"] else ""
    right = row["rank"] == 1
    return (
        Fact("run", row["run"]),
        Fact("said", row["predicted"], "$success" if right else "$warning"),
        Fact("score", f"{100 * row['score']:.1f} %"),
        Fact("the gloss", "came first" if right else f"came at place {row['rank']}"),
        Fact("measured", f"on {row['split']}{leaks}"),
    )
