"""How video ids begin, among the kept figures; indexes for the orders of the table of instances."""

import sqlalchemy as sa
from alembic import op

from store.tally_marks import GLOSSES

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = {
    "instance_by_source": ("instance", "source"),
    "instance_by_variation": ("instance", "variation"),
    "clip_by_fps": ("clip", "fps"),
    "clip_by_size": ("clip", "width * height"),
    "extraction_by_hands": (
        "extraction", "(frames_left + frames_right) * 1.0 / frames", "instance_id",
    ),
}  # fmt: skip
_SOMETIMES = {
    "instance_by_reason": ("instance", "excluded_reason"),
    "extraction_by_error": ("extraction", "error"),
    "clip_by_reason": ("clip", "reason"),
}
"""Indexes of what most rows lack."""


def upgrade() -> None:
    for name, (table, *columns) in _INDEXES.items():
        op.create_index(name, table, [sa.text(column) for column in columns])
    for name, (table, column) in _SOMETIMES.items():
        op.create_index(name, table, [column], sqlite_where=sa.text(f"{column} IS NOT NULL"))
    op.create_index(
        "tally_by_start",
        "tally",
        [sa.text("a COLLATE NOCASE"), "block", "n1"],
        sqlite_where=sa.text("name = 'start'"),
    )
    # What is kept lacks them: it is counted anew.
    op.execute(
        "INSERT OR IGNORE INTO tally_stale (kind, block) "
        f"SELECT 'gloss', id / {GLOSSES} FROM gloss GROUP BY 2"
    )


def downgrade() -> None:
    for name, (table, *_) in (_INDEXES | _SOMETIMES).items():
        op.drop_index(name, table)
    op.drop_index("tally_by_start", "tally")
    op.execute("DELETE FROM tally WHERE name = 'start'")
