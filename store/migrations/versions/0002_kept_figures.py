"""Kept figures, and indexes by which statistics need not look at every instance."""

import sqlalchemy as sa
from alembic import op

from store.tally_marks import CLIPS, GLOSSES, ROOTLESS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXTS = ("a", "b", "c")
_NUMBERS = ("n1", "n2", "n3", "n4", "n5", "n6")


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in _TEXTS),
        *(sa.Column(name, sa.Double(), nullable=True) for name in _NUMBERS),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tally_by_block", "tally", ["kind", "block"])
    op.create_table(
        "tally_stale",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "block"),
    )
    op.create_index("subset_entry_by_video", "subset_entry", ["video_id"])
    op.create_index("instance_by_signer", "instance", ["signer_id", "split"])
    op.drop_index("ix_instance_signer_id", "instance")
    op.create_index(
        "instance_recorded", "instance", ["signer_id"], sqlite_where=sa.text("source = 'recorded'")
    )
    # What is there is counted by the next reader.
    op.execute(
        f"INSERT INTO tally_stale (kind, block) SELECT 'gloss', id / {GLOSSES} FROM gloss GROUP BY 2 "
        f"UNION SELECT 'gloss', {ROOTLESS} UNION SELECT 'clip', id / {CLIPS} FROM clip GROUP BY 2"
    )


def downgrade() -> None:
    op.create_index("ix_instance_signer_id", "instance", ["signer_id"])
    op.drop_index("instance_recorded", "instance")
    op.drop_index("instance_by_signer", "instance")
    op.drop_index("subset_entry_by_video", "subset_entry")
    op.drop_table("tally_stale")
    op.drop_table("tally")
