"""What an evaluation keeps: the parts it rests on, and synonyms beside strict answers."""

import pytest
from sqlalchemy import select, update

from ml.figures import count_named, count_synonyms
from store.catalog import SequenceRow
from store.runs import list_evaluations
from store.schema import Clip, Gloss, Instance
from store.splits import Sample
from tests.ml.test_evaluate import evaluate_here


def samples_of(library, *video_ids):
    with library.reading() as session:
        rows = session.execute(
            select(Instance.id, Clip.video_id, Gloss.text)
            .join(Clip, Clip.id == Instance.clip_id)
            .join(Gloss, Gloss.id == Instance.gloss_id)
        )
        found = {video_id: (number, gloss) for number, video_id, gloss in rows}
    return tuple(
        Sample(
            SequenceRow(
                found[name][0], name, found[name][1], None, "val", None, None, 0, None, None, None,
                10, "file", 0,
            )
        )
        for name in video_ids
    )  # fmt: skip


def same_recording(library, *video_ids):
    with library.session() as session:
        clips = select(Clip.id).where(Clip.video_id.in_(video_ids))
        session.execute(
            update(Instance)
            .where(Instance.clip_id.in_(clips))
            .values(url="http://one.example", frame_end=20)
        )


@pytest.fixture
def shared_recording(tmp_path):
    """`book` 00003 and `circle` 01003 are one recording; both are val."""
    from tests.ml.clips import make_library

    library = make_library(tmp_path)
    same_recording(library, "00003", "01003")
    yield library
    library.close()


def test_synonyms_count_by_what_other_recordings_say(shared_recording):
    samples = samples_of(shared_recording, "00003", "00008", "01008", "02003")
    labels = ["book", "circle", "drink", "wave"]
    found = count_synonyms(
        shared_recording, samples, ["circle", "circle", "circle", "wave"], labels
    )
    assert found["pairs"] == 1
    assert found["value"] == 0.5, "00008 by its synonym, 01008 strictly"
    assert found["low"] < 0.5 < found["high"]
    assert (found["clips"], found["several"], found["several_right"]) == (1, 1, 1)


def test_the_index_tells_how_many_clips_there_could_be(shared_recording):
    assert count_named(shared_recording, "val", ["book", "wave", "no such gloss"]) == 4
    assert count_named(shared_recording, "val", []) == 0


@pytest.mark.slow
def test_an_evaluation_keeps_it_all(own_trained):
    library, run_id = own_trained
    with library.session() as session:
        clip = session.scalar(select(Clip.id).where(Clip.video_id == "00009"))
        session.execute(update(Instance).where(Instance.clip_id == clip).values(excluded=True))
    result = evaluate_here(library, run=run_id, split="test")
    (row,) = (row for row in list_evaluations(library, run_id) if row.split == "test")
    assert row.n == 7
    assert row.detail.items() <= result.items()
    assert row.detail["rests_on"] == {
        "clips": 7, "clips_named": 8, "glosses": 4, "glosses_of_run": 4,
    }  # fmt: skip
    assert row.detail["per_instance"]["top1"] == {
        "value": row.top1, "low": row.low, "high": row.high,
    }  # fmt: skip
    assert row.detail["per_gloss"]["top1"]["value"] == pytest.approx(row.detail["top1_per_gloss"])
    assert row.detail["synonyms"]["value"] == row.top1
