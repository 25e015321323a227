"""What live can be tried on."""

from pathlib import Path

from sqlalchemy import text

from store.library import Library


def read_clip_paths(library: Library, limit: int = 2000) -> list[str]:
    """Clips that live can be tried on: those of the test split first."""
    sql = """
        SELECT path FROM instances WHERE availability = 'available' AND path IS NOT NULL
        ORDER BY split = 'test' DESC, split = 'val' DESC, video_id LIMIT :limit"""
    with library.reading() as session:
        paths = session.scalars(text(sql), {"limit": limit})
        return [str(path) for path in dict.fromkeys(paths) if Path(path).suffix]
