"""The length that triggers keep beside an instance is the one that the view would find."""

import random
import sqlite3
from contextlib import closing

import pytest

CHANGES = (
    """INSERT INTO extraction (instance_id, extractor_id, status, attempts, frames, finished_at)
    VALUES ({instance}, {extractor}, '{status}', 1, {frames}, {at}) ON CONFLICT DO NOTHING""",
    "UPDATE extraction SET frames = {frames} WHERE instance_id = {instance}",
    "UPDATE extraction SET status = '{status}', finished_at = {at} WHERE id % 3 = {third}",
    """UPDATE OR IGNORE extraction SET instance_id = {instance}
    WHERE extractor_id = {extractor} AND id % 3 = {third}""",
    "DELETE FROM extraction WHERE instance_id = {instance} AND extractor_id = {extractor}",
    "UPDATE clip SET frames = {frames} WHERE id = {clip}",
    "UPDATE instance SET clip_id = {clip} WHERE id = {instance}",
    "INSERT INTO instance (gloss_id, clip_id, frame_start, excluded) VALUES (1, {clip}, {at}, 0)",
    "DELETE FROM instance WHERE id = {instance} AND {third} = 0",
)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_right_whatever_changes(filled, seed):
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    seen = set()
    with closing(sqlite3.connect(filled.catalog_path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for number in (1, 2, 3):
            connection.execute(
                "INSERT INTO extractor (id, key, landmark_set, origin, settings, created_at) "
                f"VALUES ({number}, 'x{number}', 'hands', 'test', '{{}}', 0)"
            )
        clips = [row[0] for row in connection.execute("SELECT id FROM clip")]
        for step in range(150):
            instances = [row[0] for row in connection.execute("SELECT id FROM instance")]
            values = {
                "instance": chance.choice(instances),
                "clip": chance.choice(clips),
                "extractor": chance.randint(1, 3),
                "status": chance.choice(("done", "failed", "no_hands")),
                "frames": chance.choice(("NULL", "10", "20", "30", "40")),
                "at": chance.choice(("5", "6", f"{step + 10}")),
                "third": chance.randint(0, 2),
            }
            try:
                connection.execute(chance.choice(CHANGES).format(**values))
            except sqlite3.IntegrityError:
                continue
            rows = connection.execute(
                "SELECT length, COALESCE(frames, clip_frames), frames FROM instances"
            ).fetchall()
            assert [row[0] for row in rows] == [row[1] for row in rows], step
            seen |= {row[1:] for row in rows}
    assert {kept is None for _, kept in seen} == {True, False}, "of clips and of extractions"


def test_it_is_found_without_sorting(filled):
    with closing(filled.connect_read_only()) as connection:
        for way in ("", " DESC"):
            sql = f"SELECT instance_id FROM instances ORDER BY length{way} NULLS LAST, instance_id{way}"
            plan = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert "USING INDEX instance_by_length" in plan[0]
            assert not [line for line in plan if "TEMP B-TREE" in line]
