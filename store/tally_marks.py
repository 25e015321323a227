"""The triggers that mark figures as stale: which blocks of `store.tally` a changed row counts in.

Whoever writes to the catalog, another SQLite client included, cannot forget them.
"""

from collections.abc import Iterator
from typing import Final

KEPT: Final = frozenset({"tally", "tally_stale"})
"""The tables of kept figures."""
GLOSSES: Final = 8
"""Glosses of a block, by their ids."""
CLIPS: Final = 1024
"""Clips of a block, by their ids."""
ROOTLESS: Final = -1
"""The block of lines of subsets whose clip is in no index."""


def _mark_sql(kind: str, block: str) -> str:
    return f"INSERT OR IGNORE INTO tally_stale (kind, block) SELECT '{kind}', {block}"


def _marks_of_instance(row: str) -> str:
    """An instance counts in its gloss's block, and may change what the first of its range counts."""
    return f"""
  {_mark_sql("gloss", f"{row}.gloss_id / {GLOSSES}")};
  {_mark_sql("gloss", f"gloss_id / {GLOSSES}")} FROM (
    SELECT gloss_id FROM instance WHERE {row}.url <> '' AND url = {row}.url
    AND frame_start = {row}.frame_start AND frame_end IS {row}.frame_end AND id <> {row}.id
    ORDER BY id LIMIT 1);
  {_mark_sql("gloss", str(ROOTLESS))} WHERE EXISTS (
    SELECT 1 FROM clip JOIN subset_entry n ON n.video_id = clip.video_id
    WHERE clip.id = {row}.clip_id);"""


def _marks_of_extraction(row: str) -> str:
    return f"""
  {_mark_sql("gloss", f"gloss_id / {GLOSSES}")} FROM instance WHERE id = {row}.instance_id;"""


def _marks_of_clip(row: str) -> str:
    return f"""
  {_mark_sql("clip", f"{row}.id / {CLIPS}")};
  {_mark_sql("gloss", f"gloss_id / {GLOSSES}")} FROM instance WHERE clip_id = {row}.id;"""


def _marks_of_line(row: str) -> str:
    return f"""
  {_mark_sql("gloss", str(ROOTLESS))};
  {_mark_sql("gloss", f"i.gloss_id / {GLOSSES}")} FROM clip c JOIN instance i ON i.clip_id = c.id
    WHERE c.video_id = {row}.video_id;"""


_MARKS: Final = {
    "instance": _marks_of_instance,
    "extraction": _marks_of_extraction,
    "clip": _marks_of_clip,
    "subset_entry": _marks_of_line,
}
_WATCHED: Final = {
    "instance": "gloss_id, clip_id, split, frame_start, frame_end, url, excluded",
    "extraction": "instance_id, extractor_id, status, error_kind, frames, frames_left, "
    "frames_right, finished_at",
    "clip": "video_id, availability, reason, frames, fps, size_bytes",
    "subset_entry": "subset, video_id, split, class_id",
}
"""Columns whose change changes figures."""


def triggers() -> Iterator[str]:
    """The SQL of the triggers that mark what has changed."""
    for table, marks in _MARKS.items():
        yield _trigger(table, "INSERT", marks("NEW"))
        yield _trigger(table, "DELETE", marks("OLD"))
        yield _trigger(table, f"UPDATE OF {_WATCHED[table]}", marks("OLD") + marks("NEW"))


def _trigger(table: str, event: str, body: str) -> str:
    name = f"tally_{table}_{event.split(maxsplit=1)[0].lower()}"
    return f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN{body}\nEND"
