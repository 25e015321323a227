"""Excluded instances: marked with a reason, kept by an import, absent from training."""

import pytest

from store.catalog import get_or_add_extractor, list_sequences
from store.errors import NotInCatalogError, QueryError, StoreError
from store.exclusions import Marking, exclude, find_instances, include
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.schema import Extraction, LandmarkFile
from tests.support.library import instance, small_index, write_dataset


def excluded(library):
    with library.connect_read_only() as connection:
        sql = "SELECT video_id, excluded_reason FROM instances WHERE excluded ORDER BY video_id"
        return connection.execute(sql).fetchall()


def test_exclude_counts_what_changed_and_include_takes_back(filled):
    ids = find_instances(filled, video_ids=["00001", "00003"])
    with filled.session() as session:
        assert exclude(session, ids, " wrong gloss ") == Marking(2, 2)
        assert exclude(session, ids, "wrong gloss") == Marking(2, 0)
        assert exclude(session, ids[:1], "too short") == Marking(1, 1)
    assert excluded(filled) == [("00001", "too short"), ("00003", "wrong gloss")]
    with filled.session() as session:
        assert include(session, [*ids, *find_instances(filled, video_ids=["00002"])]) == Marking(
            3, 2
        )
    assert excluded(filled) == []


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "\x1b[2Jred", "x" * 201])
def test_a_reason_is_one_short_line(filled, reason):
    with pytest.raises(StoreError), filled.session() as session:
        exclude(session, [1], reason)
    assert excluded(filled) == []


def test_instances_are_found_by_clip_and_by_condition(filled):
    by_split = find_instances(filled, condition="split = 'train' -- those to learn from")
    assert len(by_split) == 2
    assert find_instances(filled, video_ids=["00001"], condition="split = 'train'") == by_split
    assert find_instances(filled) == []


def test_unknown_clips_and_wrong_conditions_are_refused(filled):
    with pytest.raises(NotInCatalogError, match="nowhere"):
        find_instances(filled, video_ids=["00001", "nowhere"])
    for condition in ("split = ", "1); DELETE FROM instance; --", "no_such_column = 1"):
        with pytest.raises(QueryError):
            find_instances(filled, condition=condition)


def test_an_import_again_keeps_the_exclusion(filled, tmp_path):
    with filled.session() as session:
        exclude(session, find_instances(filled, video_ids=["00002"]), "wrong gloss")
    index = small_index()
    index[0]["instances"][1] = instance("00002", instance_id=1, split="train", signer_id=9)
    folder = write_dataset(tmp_path / "again", index)
    paths = find_dataset(folder, unpack_to=filled.clips_dir)
    assert store_dataset(filled, read_dataset(paths)).updated == 1
    assert excluded(filled) == [("00002", "wrong gloss")]


def test_training_does_not_see_excluded_instances(filled):
    with filled.session() as session:
        extractor = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="test", settings={}
        )
        session.add(LandmarkFile(id=1, name="a.h5", extractor_id=extractor, sequences=4,
                                 size_bytes=1, created_at=0.0))  # fmt: skip
        session.flush()
        ids = find_instances(filled, condition="1")
        session.add_all(
            Extraction(instance_id=i, extractor_id=extractor, status="done", file_id=1, position=0)
            for i in ids
        )
        session.flush()
        exclude(session, ids[1:3], "wrong gloss")
        rows = list_sequences(session, extractor_id=extractor)
        assert {row.instance_id for row in rows} == {ids[0], ids[3]}
        include(session, ids)
        assert len(list_sequences(session, extractor_id=extractor)) == 4
