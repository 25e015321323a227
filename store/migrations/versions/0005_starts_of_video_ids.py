"""How video ids begin, among the kept figures."""

import sqlalchemy as sa
from alembic import op

from store.tally_marks import GLOSSES

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "tally_by_start",
        "tally",
        [sa.text("a COLLATE NOCASE"), "block", "n1"],
        sqlite_where=sa.text("name = 'start'"),
    )
    # What is kept lacks them: it is counted by the next reader.
    op.execute(
        "INSERT OR IGNORE INTO tally_stale (kind, block) "
        f"SELECT 'gloss', id / {GLOSSES} FROM gloss GROUP BY 2"
    )


def downgrade() -> None:
    op.drop_index("tally_by_start", "tally")
    op.execute("DELETE FROM tally WHERE name = 'start'")
