"""What failed and why, as the extraction screen asks: the newest extraction of an instance counts."""

import random

import pytest
from sqlalchemy import text

from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.library import Library
from store.tally import freshen
from tests.support.library import instance, write_dataset
from tui.reading import extraction
from tui.reading.extraction import count_available, read_failed_clips, read_failures

INSTANCES = 60


@pytest.fixture
def library(tmp_path):
    index = [
        {"gloss": f"g{number}", "instances": [instance(f"{number}{take}") for take in "ab"]}
        for number in range(INSTANCES // 2)
    ]
    write_dataset(tmp_path / "d", index)
    made = Library.create(tmp_path / "library")
    store_dataset(made, read_dataset(find_dataset(tmp_path / "d", unpack_to=tmp_path)))
    yield made
    made.close()


def change(library, sql):
    with library.session() as session:
        session.execute(text(sql))


def extract(library, seed):
    """Let two extractors end in any way."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    for number in (1, 2):
        change(library, "INSERT INTO extractor VALUES "
               f"({number}, 'hands-{number}', 'hands', 'MediaPipe', '{{}}', 0)")  # fmt: skip
        for one in chance.sample(range(1, INSTANCES + 1), 45):
            kind = chance.choice(("NULL", "'unknown'", "'timeout'", "'no such'"))
            status = chance.choice(("failed", "failed", "done"))
            change(library, "INSERT INTO extraction (instance_id, extractor_id, status, attempts, "
                   "error_kind, error, finished_at) VALUES "
                   f"({one}, {number}, '{status}', 1, {kind}, 'e{one}', {chance.randint(1, 9)})")  # fmt: skip


def failed(library, kind):
    sql = """SELECT video_id, error FROM instances
    WHERE extraction = 'failed' AND COALESCE(error_kind, 'unknown') = :kind ORDER BY video_id"""
    with library.reading() as session:
        return [tuple(row) for row in session.execute(text(sql), {"kind": kind})]


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_failures_are_those_of_the_view(library, seed, kept):
    extract(library, seed)
    if kept:
        freshen(library)
    failures = read_failures(library)
    assert {one.kind for one in failures} == {"unknown", "timeout", "no such"}
    assert [one.clips for one in failures] == sorted((one.clips for one in failures), reverse=True)
    for one in failures:
        expected = failed(library, one.kind)
        clips = read_failed_clips(library, one.kind)
        assert [(clip.video_id, clip.error) for clip in clips] == expected
        assert one.clips == len(expected)
        assert one.example in {f"{video_id}: {error}" for video_id, error in expected}


def test_of_many_some_are_listed_each_once(library, monkeypatch):
    monkeypatch.setattr(extraction, "MOST_CLIPS", 5)
    extract(library, 1)
    clips = read_failed_clips(library, "unknown")
    assert len({clip.video_id for clip in clips}) == 5
    assert [clip.video_id for clip in clips] == sorted(clip.video_id for clip in clips)
    assert {clip.video_id for clip in clips} < {
        video_id for video_id, _ in failed(library, "unknown")
    }


def test_what_is_there_is_counted_after_each_change(library):
    assert count_available(library) == 0
    change(library, "UPDATE clip SET availability = 'available' WHERE id <= 7")
    assert count_available(library) == 7
    freshen(library)
    assert count_available(library) == 7
    change(library, "UPDATE clip SET availability = 'corrupt' WHERE id = 1")
    assert count_available(library) == 6


def test_an_empty_library_has_none(tmp_path):
    made = Library.create(tmp_path / "empty")
    assert (read_failures(made), read_failed_clips(made, "timeout"), count_available(made)) == (
        [],
        [],
        0,
    )
    made.close()
