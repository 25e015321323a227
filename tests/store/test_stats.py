"""The figures of a library agree with its views and with a count by hand."""

import pytest

from store.catalog import get_or_add_extractor
from store.exclusions import exclude
from store.schema import Clip, Extraction, Instance
from store.stats import Bin, read_stats
from store.tally import MOST_PER_GLOSS


@pytest.fixture
def scanned(filled):
    """Of four instances: two imported sequences, one of ours, one failed, one without a clip."""
    with filled.session() as session:
        theirs = get_or_add_extractor(
            session, key="import-a", landmark_set="hands", origin="a.h5", settings={}
        )
        ours = get_or_add_extractor(
            session, key="hands-a", landmark_set="hands", origin="MediaPipe", settings={}
        )
        for clip in session.query(Clip).filter(Clip.video_id != "00004"):
            clip.availability, clip.frames, clip.fps = "available", 45, 25.0
        found = {"frames": 40, "frames_left": 10, "frames_right": 30}
        session.add_all(
            [
                Extraction(instance_id=1, extractor_id=theirs, status="done", **found),
                Extraction(instance_id=2, extractor_id=theirs, status="done", frames=20,
                           frames_left=20, frames_right=0),
                Extraction(instance_id=1, extractor_id=ours, status="failed", error_kind="crash"),
            ]
        )  # fmt: skip
    return filled


def test_figures_of_a_small_library(scanned):
    stats = read_stats(scanned)
    assert (stats.glosses, stats.instances, stats.excluded, stats.signers) == (2, 4, 0, 2)
    assert stats.availability == {"available": 3, "unknown": 1}
    assert stats.hours == pytest.approx(3 * 45 / 25 / 3600, abs=1e-4)
    assert stats.extraction == {"done": 2, "pending": 1}
    assert (stats.hands.frames, stats.hands.left, stats.hands.right) == (60, 30, 30)
    assert stats.hands.either_at_least == 50
    assert stats.clips_per_gloss == [Bin(2, 2, 2)]
    assert stats.landmarks_per_gloss == [Bin(0, 0, 1), Bin(1, 1, 0), Bin(2, 2, 1)]
    assert stats.lengths == [Bin(20, 29, 1), Bin(30, 39, 0), Bin(40, 49, 2)]


def test_what_extract_would_read_counts_our_own_extractor(scanned):
    assert read_stats(scanned).to_extract == 2
    with scanned.session() as session:
        exclude(session, [3], "wrong gloss")
    stats = read_stats(scanned)
    assert (stats.to_extract, stats.excluded) == (1, 1)


def test_before_the_first_extraction_every_readable_clip_waits(filled):
    assert read_stats(filled).to_extract == 0
    with filled.session() as session:
        session.query(Clip).update({"availability": "available"})
    assert read_stats(filled).to_extract == 4


def test_figures_agree_with_the_views(scanned):
    stats = read_stats(scanned)
    with scanned.connect_read_only() as connection:

        def rows(sql):
            return connection.execute(sql).fetchall()

        columns = "split, instances, glosses, signers, available, extracted"
        assert {(s.split, s.instances, s.glosses, s.signers, s.available, s.extracted)
                for s in stats.splits} == set(rows(f"SELECT {columns} FROM split_stats"))  # fmt: skip
        columns = "subset, split, entries, COALESCE(available, 0), COALESCE(extracted, 0)"
        assert {(s.subset, s.split, s.entries, s.available, s.extracted)
                for s in stats.subsets} == set(rows(f"SELECT {columns} FROM subset_stats"))  # fmt: skip
        assert rows("SELECT COUNT(*) FROM contradictions") == [(stats.contradictions,)]
        names = rows("SELECT name FROM sqlite_master UNION SELECT name FROM sqlite_temp_master")
        assert ("seen",) not in names


def test_contradictions_are_counted(scanned):
    with scanned.session() as session:
        session.query(Instance).filter(Instance.id.in_([1, 4])).update(
            {"url": "https://example.org/same.mp4", "frame_start": 0, "frame_end": None}
        )
    assert read_stats(scanned).contradictions == 1


def test_figures_of_an_empty_library(library):
    stats = read_stats(library)
    assert (stats.instances, stats.hands.frames, stats.to_extract) == (0, 0, 0)
    assert stats.clips_per_gloss == stats.lengths == []


def test_a_gloss_with_very_many_instances_makes_no_list_of_nothing(filled):
    with filled.session() as session:
        session.add_all(
            Instance(gloss_id=1, clip_id=1, frame_start=1000 + place) for place in range(500)
        )
    bins = read_stats(filled).clips_per_gloss
    assert len(bins) <= MOST_PER_GLOSS
    assert bins[-1] == Bin(MOST_PER_GLOSS, None, 1)
