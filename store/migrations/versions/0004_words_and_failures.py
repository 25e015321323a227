"""Indexes by which the beginning of a word and a kind of failure are found, and failures among the kept figures."""

import sqlalchemy as sa
from alembic import op

from store.tally_marks import CLIPS, GLOSSES, ROOTLESS

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # LIKE does not tell capitals from small letters, and uses no index that does.
    op.create_index("gloss_by_word", "gloss", [sa.text("text COLLATE NOCASE")])
    op.create_index("clip_by_word", "clip", [sa.text("video_id COLLATE NOCASE")])
    op.drop_index("extraction_by_status", "extraction")
    op.create_index("extraction_by_status", "extraction", ["extractor_id", "status", "error_kind"])
    op.drop_index("tally_by_block", "tally")
    op.create_index("tally_by_block", "tally", ["kind", "block", "name"])
    # What is kept lacks the failures and the sums of blocks: it is counted by the next reader.
    op.execute(
        "INSERT OR IGNORE INTO tally_stale (kind, block) "
        f"SELECT 'gloss', id / {GLOSSES} FROM gloss GROUP BY 2 "
        f"UNION SELECT 'gloss', {ROOTLESS} UNION SELECT 'clip', id / {CLIPS} FROM clip GROUP BY 2"
    )


def downgrade() -> None:
    op.execute("DELETE FROM tally WHERE kind IN ('gloss+', 'clip+')")
    op.drop_index("tally_by_block", "tally")
    op.create_index("tally_by_block", "tally", ["kind", "block"])
    op.drop_index("extraction_by_status", "extraction")
    op.create_index("extraction_by_status", "extraction", ["extractor_id", "status"])
    op.drop_index("clip_by_word", "clip")
    op.drop_index("gloss_by_word", "gloss")
