"""The triggers that keep how many frames an instance has, `instance.length`, so that it has an index.

It is what the `instances` view would find: the frames of the newest extraction, or of the clip.
"""

from collections.abc import Iterator
from typing import Final

_NEWEST: Final = """SELECT frames FROM extraction WHERE instance_id = instance.id
    ORDER BY status IN ('done', 'no_hands') DESC, COALESCE(finished_at, 0) DESC, id DESC LIMIT 1"""
"""The extraction that the view calls newest: see `store.views`."""
SET: Final = f"""UPDATE instance SET length = COALESCE(({_NEWEST}),
    (SELECT frames FROM clip WHERE id = instance.clip_id))"""  # noqa: S608 - no outside text
"""The SQL that finds the length of each instance anew."""
_CHANGES: Final = {
    ("instance", "INSERT"): "id = NEW.id",
    ("instance", "UPDATE OF clip_id"): "id = NEW.id",
    ("clip", "UPDATE OF frames"): "clip_id = NEW.id",
    ("extraction", "INSERT"): "id = NEW.instance_id",
    ("extraction", "DELETE"): "id = OLD.instance_id",
    (
        "extraction",
        "UPDATE OF instance_id, status, frames, finished_at",
    ): "id IN (OLD.instance_id, NEW.instance_id)",
}
"""What changes the length of which instances."""


def triggers() -> Iterator[str]:
    """The SQL of the triggers."""
    for (table, event), whose in _CHANGES.items():
        name = f"length_{table}_{event.split(maxsplit=1)[0].lower()}"
        yield f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN\n  {SET} WHERE {whose};\nEND"
