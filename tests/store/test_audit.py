"""What an audit counts, held against counting by hand, by SQL and from WLASL's own files."""

import hashlib
import json
from collections import Counter, defaultdict

import h5py
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from store.audit import audit
from store.audit_rows import AuditRow, read_scope
from store.catalog import get_or_add_extractor
from store.errors import NotInCatalogError
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.library import Library
from store.query import run_query
from store.schema import Clip, Extraction, Gloss, Instance, LandmarkFile
from store.splits import GatePolicy, SplitError, make_split
from tests.ml.clips import make_library

SOURCE = "https://example.org/same.mp4"


@pytest.fixture
def library(tmp_path):
    """4 glosses of 10 clips by 5 signers, all with landmarks: 6 train, 2 val, 2 test of each."""
    made = make_library(tmp_path)
    yield made
    made.close()


def instances(session, gloss, split):
    wanted = select(Gloss.id).where(Gloss.text == gloss).scalar_subquery()
    found = select(Instance).where(Instance.gloss_id == wanted, Instance.split == split)
    return list(session.scalars(found.order_by(Instance.id)))


def counts(found):
    return {count.evidence: count for count in found.counts}


def test_a_clean_library_has_nothing_to_tell(library):
    found = audit(library)
    assert (found.instances, found.excluded, len(found.glosses), len(found.signers)) == (
        40,
        0,
        4,
        5,
    )
    assert found.recordings == ()
    assert found.synonyms == ()
    assert [count.recordings for count in found.counts] == [0, 0, 0, 0]
    assert [count.known for count in found.counts] == [0, 0, 40, 40]
    assert [(p.part, p.instances, p.with_landmarks, p.used) for p in found.parts] == [
        ("train", 24, 24, 24), ("val", 8, 8, 8), ("test", 8, 8, 8),
    ]  # fmt: skip
    assert found.signers_in_several_parts == sum(len(s.parts) > 1 for s in found.signers)


def test_each_kind_of_evidence_is_counted_and_joined(library):
    with library.session() as session:
        book, drink = instances(session, "book", "train"), instances(session, "drink", "train")
        wave = instances(session, "wave", "val")
        book[0].url = drink[0].url = SOURCE
        ids = [drink[0].clip_id, wave[0].clip_id]
        session.execute(update(Clip).where(Clip.id.in_(ids)).values(sha256="c"))
        same = [book[1].id, book[2].id]
        session.execute(
            update(Extraction).where(Extraction.instance_id.in_(same)).values(landmarks_sha256="l")
        )
    found = audit(library)
    by = counts(found)
    assert (by["range"].recordings, by["range"].contradicting, by["range"].crossing) == (1, 1, 0)
    assert (by["content"].recordings, by["content"].contradicting, by["content"].crossing) == (
        1,
        1,
        1,
    )
    assert (by["landmarks"].recordings, by["landmarks"].contradicting) == (1, 0)
    assert (by["range"].known, by["content"].known) == (2, 2)
    assert (by["any"].recordings, by["any"].instances) == (2, 5)
    first, second = found.recordings
    assert first.glosses == ("book", "drink", "wave")
    assert first.parts == ("train", "val")
    assert first.evidence == ("range", "content")
    assert second.evidence == ("landmarks",)
    pairs = {(pair.gloss, pair.other): (pair.recordings, pair.by) for pair in found.synonyms}
    assert pairs["book", "drink"] == (1, {"range": 1, "content": 0, "landmarks": 0})
    assert pairs["drink", "wave"] == (1, {"range": 0, "content": 1, "landmarks": 0})
    assert pairs["book", "wave"][0] == 1, "known through drink alone"
    assert found.crossings == {"train and val": 1}
    # What a training leaves out: two of train for the one in val, and a repeat.
    assert (found.dropped.crossing, found.dropped.repeated) == (2, 1)
    assert [part.used for part in found.parts] == [21, 8, 8]


def test_sql_tells_the_same(library):
    with library.session() as session:
        book, drink = instances(session, "book", "train"), instances(session, "drink", "val")
        book[0].url = drink[0].url = book[1].url = SOURCE
        ids = [book[3].id, drink[1].id]
        session.execute(
            update(Extraction).where(Extraction.instance_id.in_(ids)).values(landmarks_sha256="l")
        )
    found = audit(library)
    rows = run_query(
        library, "SELECT evidence, instances, glosses, splits FROM same_recordings"
    ).rows
    assert sorted(map(tuple, rows)) == [("landmarks", 2, 2, 2), ("range", 3, 2, 2)]
    rows = run_query(library, "SELECT evidence, gloss, other, recordings FROM synonyms").rows
    (pair,) = found.synonyms
    assert sorted(map(tuple, rows)) == [
        (name, pair.gloss, pair.other, pair.by[name]) for name in ("landmarks", "range")
    ]


def test_excluded_instances_do_not_count(library):
    with library.session() as session:
        book, drink = instances(session, "book", "train"), instances(session, "drink", "val")
        book[0].url = drink[0].url = SOURCE
        book[0].excluded = True
    found = audit(library)
    assert (found.excluded, found.instances, found.recordings) == (1, 39, ())
    assert run_query(library, "SELECT * FROM same_recordings").rows == []
    assert run_query(library, "SELECT * FROM synonyms").rows == []


def test_gaps_are_counted_by_index_and_by_what_is_used(library):
    with library.session() as session:
        ids = [row.id for row in instances(session, "book", "val")]
        session.execute(delete(Extraction).where(Extraction.instance_id.in_(ids)))
        for row in instances(session, "wave", "test"):
            row.split = None
    found = audit(library)
    lacking = {part.part: (part.lacking, part.lacking_used) for part in found.parts}
    assert lacking == {"train": (0, 0), "val": (0, 1), "test": (1, 1)}
    book = next(row for row in found.glosses if row.gloss == "book")
    assert (book.instances["val"], book.used["val"], book.used["train"]) == (2, 0, 6)
    assert found.dropped.no_part == 2


def test_nobody_is_in_two_parts_of_the_signer_split(library):
    found = audit(library, split="signer")
    assert found.signers_in_several_parts == 0
    assert sum(part.instances for part in found.parts) == 40
    assert not found.leaking
    with library.session() as session:
        session.execute(update(Instance).values(signer_id=None))
    with pytest.raises(SplitError):
        audit(library, split="signer")


def test_the_notebook_split_is_told_to_leak(library):
    with library.session() as session:
        session.execute(update(Instance).where(Instance.number == 9).values(excluded=True))
    found = audit(library, split="notebook")
    assert found.leaking
    assert found.own_copies > 0, "glosses with few clips are copied, and copies land on both sides"
    train, val, test = (part.used for part in found.parts)
    assert (train + val - found.own_copies, test) == (36, 0)


def test_without_landmarks_the_index_alone_is_audited(library):
    with library.session() as session:
        session.execute(delete(Extraction))
    found = audit(library)
    assert [part.used for part in found.parts] == [0, 0, 0]
    assert [part.instances for part in found.parts] == [24, 8, 8]
    with pytest.raises(NotInCatalogError):
        audit(library, split="signer")
    with pytest.raises(NotInCatalogError, match="The subset 100"):
        audit(library, "100")


copies = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["train", "val", "test"]), st.integers(0, 5)),
    max_size=20,
)


@settings(deadline=None, max_examples=50)
@given(copies)
def test_counts_agree_with_counting_groups(items):
    from store.audit import _count, _crossings, _same_recordings

    rows = [
        AuditRow(n, str(n), gloss, "1", f"u{url}", 0, None, None, None, (), (part,), False)
        for n, (gloss, part, url) in enumerate(items)
    ]
    groups = defaultdict(list)
    for gloss, part, url in items:
        groups[url].append((gloss, part))
    several = [group for group in groups.values() if len(group) > 1]
    recordings = list(_same_recordings(rows))
    by = {count.evidence: count for count in _count(rows, recordings)}
    assert by["any"].recordings == by["range"].recordings == len(several)
    assert by["any"].instances == sum(map(len, several))
    assert by["any"].contradicting == sum(len({g for g, _ in group}) > 1 for group in several)
    assert by["any"].crossing == sum(len({p for _, p in group}) > 1 for group in several)
    assert sum(_crossings(recordings).values()) == by["any"].crossing


def test_wlasl_as_its_own_files_have_it(real_data, tmp_path):
    """Against a few lines that know nothing of the catalog."""
    library = Library.create(tmp_path / "library")
    index = real_data / "WLASL_v0.3.json"
    store_dataset(library, read_dataset(find_dataset(None, index=index, unpack_to=tmp_path)))
    with h5py.File(real_data / "wlasl_hands_trainval.h5") as file:
        marks, offsets = file["landmarks"][()], file["offsets"][()]
        hashes = {
            video_id: hashlib.sha256(marks[offsets[i] : offsets[i + 1]].tobytes()).hexdigest()
            for i, video_id in enumerate(file["video_id"].asstr()[()])
        }
    _store_hashes(library, hashes)
    for subset in ("100", "300"):
        found = audit(library, subset)
        rows = _rows_of(real_data, subset)
        by = counts(found)
        ranges, landmarks = defaultdict(list), defaultdict(list)
        for row in rows:
            ranges[row["url"], row["frame_start"], row["frame_end"]].append(row)
            if row["video_id"] in hashes:
                landmarks[hashes[row["video_id"]]].append(row)
        assert found.instances == len(rows)
        for name, groups in (("range", ranges), ("landmarks", landmarks)):
            several = [group for group in groups.values() if len(group) > 1]
            assert by[name].recordings == len(several)
            assert by[name].instances == sum(map(len, several))
            for key, counted in (("gloss", "contradicting"), ("split", "crossing")):
                mixed = sum(len({row[key] for row in group}) > 1 for group in several)
                assert getattr(by[name], counted) == mixed
        parts = Counter(row["split"] for row in rows if row["video_id"] in hashes)
        assert [part.with_landmarks for part in found.parts[:2]] == [parts["train"], parts["val"]]
        assert found.parts[1].used == parts["val"], "val is never thinned out by train"
    assert counts(audit(library, "100"))["any"].contradicting == 6
    _check_splits(library)
    library.close()


def _check_splits(library):
    official = read_scope(library, "100", "official", GatePolicy(), 0).split
    assert (len(official.train), len(official.val)) == (741, 165)
    assert official.hash.startswith("85c359aa06e1"), "what earlier runs were trained on"
    signer = audit(library, "100", "signer")
    _, val, test = signer.parts
    assert max(val.lacking_used, test.lacking_used) <= 5
    assert all(0.13 < part.instances / 913 < 0.17 for part in (val, test))
    assert signer.signers_in_several_parts == 0


def _rows_of(folder, subset):
    entries = json.loads((folder / f"nslt_{subset}.json").read_text(encoding="utf-8"))
    index = json.loads((folder / "WLASL_v0.3.json").read_text(encoding="utf-8"))
    named = [g for g in index if any(i["video_id"] in entries for i in g["instances"])]
    return [{**row, "gloss": g["gloss"]} for g in named for row in g["instances"]]


def _store_hashes(library, hashes):
    with library.session() as session:
        extractor = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="test", settings={}
        )
        file = LandmarkFile(
            name="x.h5", extractor_id=extractor, sequences=1, size_bytes=1, created_at=0.0
        )
        session.add(file)
        session.flush()
        known = select(Instance.id, Clip.video_id).join(Clip, Clip.id == Instance.clip_id)
        session.add_all(
            Extraction(
                instance_id=instance_id, extractor_id=extractor, status="done", attempts=1,
                frames=40, file_id=file.id, position=0, landmarks_sha256=hashes[video_id],
            )
            for instance_id, video_id in session.execute(known)
            if video_id in hashes
        )  # fmt: skip


def test_what_is_used_is_what_a_training_gets(library):
    from ml.config import TrainConfig
    from ml.prepare import prepare_data

    with library.session() as session:
        book, drink = instances(session, "book", "train"), instances(session, "drink", "val")
        book[0].url = drink[0].url = SOURCE
    for kind in ("official", "signer", "notebook"):
        data = prepare_data(library, TrainConfig(glosses=None, split=kind))
        found = audit(library, split=kind)
        assert found.dropped == data.split.dropped
        for part in found.parts:
            clips = {sample.row.instance_id for sample in data.split.part(part.part)}
            assert part.used == len(clips)
        assert data.split.hash == make_split(data.rows, kind).hash
