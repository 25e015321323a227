"""The length of an instance beside it, so that instances are in its order by index."""

import sqlalchemy as sa
from alembic import op

from store.lengths import SET

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TRIGGERS = (
    "length_instance_insert",
    "length_instance_update",
    "length_clip_update",
    "length_extraction_insert",
    "length_extraction_delete",
    "length_extraction_update",
)


def upgrade() -> None:
    op.add_column("instance", sa.Column("length", sa.Integer(), nullable=True))
    op.create_index("instance_by_length", "instance", ["length"])
    op.execute(SET)


def downgrade() -> None:
    for name in _TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
    op.drop_index("instance_by_length", "instance")
    op.drop_column("instance", "length")
