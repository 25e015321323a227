"""Indexes that have the gloss beside a value, what is excluded, and whose extractions failed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CHANGED = {
    "instance_by_source": ("instance", ["source"], ["gloss_id"]),
    "instance_by_variation": ("instance", ["variation"], ["gloss_id"]),
    "extraction_by_status": (
        "extraction", ["extractor_id", "status", "error_kind"], ["instance_id"],
    ),
}  # fmt: skip
"""Indexes, their columns, and those that they have from now on too."""


def upgrade() -> None:
    for name, (table, columns, more) in _CHANGED.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns + more)
    op.create_index("instance_excluded", "instance", ["excluded"], sqlite_where=sa.text("excluded"))


def downgrade() -> None:
    op.drop_index("instance_excluded", "instance")
    for name, (table, columns, _) in _CHANGED.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
