"""The length of an instance beside it, so that instances are in its order by index."""

import sqlalchemy as sa
from alembic import op

from store.lengths import SET

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("length", sa.Integer(), nullable=True))
    op.create_index("instance_by_length", "instance", ["length"])
    op.execute(SET)


def downgrade() -> None:
    op.drop_index("instance_by_length", "instance")
    op.drop_column("instance", "length")
