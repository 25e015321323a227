"""What is said before a training starts is what the training itself would say."""

import os
import platform
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
from sqlalchemy import delete, select, update

from ml.checkpoint import Checkpoint, write_checkpoint
from ml.config import ModelConfig, TrainConfig, to_json
from ml.findings import Level
from ml.prepare import prepare_data
from ml.readiness import check_resume, check_training
from ml.resume import LAST
from ml.size import count_parameters, run_bytes
from store.errors import SigntuiError
from store.jobs import create_job
from store.library import Library
from store.runs import create_run, finish_run, get_run, start_run
from store.schema import Clip, Extraction, Gloss, Instance, Job, SubsetEntry
from store.words import JobKind, Status
from tests.ml.clips import make_library
from tests.ml.conftest import tiny, tiny_notebook

ALL = TrainConfig(glosses=None)


@pytest.fixture
def library(tmp_path):
    made = make_library(tmp_path)
    yield made
    made.close()


def kinds(library, config=ALL):
    return {finding.kind: finding for finding in check_training(library, config).findings}


def move(library, gloss, split):
    """Say that all instances of a gloss belong to one split."""
    with library.session() as session:
        wanted = select(Gloss.id).where(Gloss.text == gloss).scalar_subquery()
        session.execute(update(Instance).where(Instance.gloss_id == wanted).values(split=split))


def test_the_plan_is_what_prepare_data_gives(library):
    found = check_training(library, ALL)
    split = prepare_data(library, ALL).split
    assert found.ready
    assert found.plan.glosses == 4
    assert (found.plan.train, found.plan.val, found.plan.test) == tuple(
        len(split.part(name)) for name in ("train", "val", "test")
    )


@pytest.mark.parametrize("case", ["no landmarks", "no val", "unknown subset", "one signer"])
def test_what_stops_a_training_stops_the_check_with_the_same_words(library, case):
    config = ALL
    with library.session() as session:
        if case == "no landmarks":
            session.execute(delete(Extraction))
        if case == "no val":
            session.execute(update(Instance).where(Instance.split == "val").values(split="test"))
        if case == "one signer":
            session.execute(update(Instance).values(signer_id=1))
            config = replace(ALL, split="signer")
        if case == "unknown subset":
            config = replace(ALL, glosses="400")
    with pytest.raises(SigntuiError) as raised:
        prepare_data(library, config)
    found = check_training(library, config)
    assert not found.ready
    assert found.plan is None
    first = found.findings[0]
    assert (first.level, first.message) == (Level.ERROR, raised.value.message)
    assert first.hint == raised.value.hint
    assert found.as_json()["findings"][0]["level"] == "error"


def test_glosses_that_cannot_be_learnt_or_judged_are_named(library):
    assert not {"no_train_clip", "no_val_clip"} & set(kinds(library))
    move(library, "book", "train")
    move(library, "wave", "val")
    found = kinds(library)
    assert "1 gloss (wave) without a train clip" in found["no_train_clip"].message
    assert "1 gloss (book) without a val clip" in found["no_val_clip"].message
    assert found["no_train_clip"].level is Level.WARNING


def test_glosses_without_landmarks_are_named(library):
    found = kinds(library, replace(ALL, glosses=["book", "drink", "never signed"]))
    assert "(never signed)" in found["no_landmarks"].message
    assert "one_gloss" in kinds(library, replace(ALL, glosses=["book"]))


def test_a_leak_has_its_name_and_stops_nothing(library):
    found = check_training(library, replace(ALL, split="notebook"))
    assert found.ready
    assert found.findings[0].kind == "leak"
    assert found.findings[0].level is Level.WARNING


def test_identical_clips_are_counted(library):
    with library.session() as session:
        train = session.scalars(select(Instance).where(Instance.split == "train")).first()
        val = session.scalars(select(Instance).where(Instance.split == "val")).first()
        train.url = val.url = "https://example.org/same.mp4"
        train.frame_end = val.frame_end = 20
    found = kinds(library)
    assert found["crossing"].message.startswith("1 clip left out of train or val")


def test_what_the_gate_does_is_said(library):
    with library.session() as session:
        train, val = (
            list(session.scalars(select(Instance).where(Instance.split == name)))
            for name in ("train", "val")
        )
        for clips, url in (
            (train[:2], "a"),
            ((train[2], train[-1]), "b"),
            ((val[0], val[-1]), "c"),
        ):
            for clip in clips:
                clip.url, clip.frame_end = f"https://example.org/{url}.mp4", 20
    found = kinds(library)
    assert found["repeated"].message.startswith("1 clip left out of train")
    assert found["contradicting"].message.startswith("2 clips of train")
    assert found["judged_contradicting"].message.startswith("2 clips of val or test")
    found = kinds(library, replace(ALL, contradictions="drop"))
    assert "contradicting" not in found
    assert found["disputed"].message.startswith("2 clips left out of train")
    with library.session() as session:
        held = select(Instance.id).where(Instance.split == "val").limit(1).scalar_subquery()
        session.execute(
            update(Instance)
            .where(Instance.id.in_([train[3].id, held]))
            .values(url="https://example.org/d.mp4", frame_end=20)
        )
    found = kinds(library, replace(ALL, duplicates="keep"))
    assert found["leak"].level is Level.WARNING
    assert "1 clip of train or val is in a later part" in found["leak"].message


def test_few_clips_are_a_warning_with_what_they_mean(library):
    found = kinds(library)
    assert found["few_val_clips"].message.startswith("Val has 8 clips")
    assert "few_train_clips" not in found
    with library.session() as session:
        some = select(Instance.id).where(Instance.number > 1, Instance.split == "train")
        session.execute(update(Instance).where(Instance.id.in_(some)).values(excluded=True))
    assert "2 train clips or fewer" in kinds(library)["few_train_clips"].message


def test_what_a_subset_names_and_the_library_lacks_is_counted(library):
    with library.session() as session:
        for number, video_id in enumerate((*session.scalars(select(Clip.video_id)), "99999")):
            session.add(
                SubsetEntry(
                    subset="4", video_id=video_id, split="train", class_id=number, frame_start=0
                )
            )
        session.execute(delete(Extraction).where(Extraction.instance_id == 1))
    found = kinds(library, replace(ALL, glosses="4"))
    assert "1 clips that the index lacks (99999)" in found["not_in_index"].message
    assert found["not_extracted"].message.startswith("2 of the subset's 41 clips")


def test_a_full_disk_is_an_error(library, monkeypatch):
    monkeypatch.setattr("ml.readiness.shutil.disk_usage", lambda _: SimpleNamespace(free=2**20))
    found = check_training(library, ALL)
    assert not found.ready
    assert found.findings[0].kind == "disk"
    assert found.findings[0].message.endswith("1 MiB free.")


def test_what_runs_beside_it_is_said(library):
    extractor = prepare_data(library, ALL).extractor_id
    create_run(library, name="mine", preset="default", config={}, extractor_id=extractor)
    for kind in (JobKind.TRAIN, JobKind.EXTRACT):
        job = create_job(library, kind, {})
        with library.session() as session:
            alive = {
                "status": Status.RUNNING, "pid": os.getpid(), "host": platform.node(),
                "process_started_at": psutil.Process().create_time(),
            }  # fmt: skip
            session.execute(update(Job).where(Job.id == job).values(alive))
    found = kinds(library, replace(ALL, name="mine"))
    assert {"training_runs", "extraction_runs", "name_taken"} <= set(found)
    with library.session() as session:
        session.execute(update(Job).values(pid=None))
    assert not {"training_runs", "extraction_runs"} & set(kinds(library))


def test_the_check_starts_no_tensorflow():
    code = (
        "import sys, ml.readiness\n"
        "heavy = {'tensorflow', 'keras', 'mediapipe', 'cv2'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "n_glosses"),
    [
        (TrainConfig(), 100),
        (tiny(), 4),
        (TrainConfig(model=ModelConfig(width=48, stages=3, kernel=7, heads=6)), 17),
        (tiny_notebook(), 300),
        (tiny_notebook(), 12),
    ],
)
def test_parameters_are_counted_as_keras_counts_them(config, n_glosses):
    from ml import backend, models  # the backend first: it sets what TensorFlow reads once

    model = models.build_model(config, n_glosses)
    assert count_parameters(config, n_glosses) == backend.keras.Model.count_params(model)


@pytest.mark.slow
def test_the_plan_is_what_the_run_then_has(trained: tuple[Library, int]):
    library, run_id = trained
    run = get_run(library, run_id)
    config = tiny()
    plan = check_training(library, config).plan
    said = (plan.glosses, plan.train, plan.val, plan.test, plan.parameters)
    assert said == (run.n_glosses, run.n_train, run.n_val, run.n_test, run.parameters)
    files = [path for path in library.run_dir(run_id).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < run_bytes(config, plan.glosses)


def interrupted(library, *, split=None, status=Status.INTERRUPTED):
    """A run that was left after its first epoch."""
    data = prepare_data(library, ALL)
    run = create_run(
        library, name="left", preset="default", config=to_json(ALL), extractor_id=data.extractor_id
    )
    finish_run(library, run, status=status)
    state = {"split": split or data.split.hash}
    write_checkpoint(library.run_dir(run) / LAST, Checkpoint(0, (), (), state))
    return run


def test_a_run_that_was_left_can_go_on(library):
    found = check_resume(library, interrupted(library))
    assert found.ready
    assert found.plan == check_training(library, ALL).plan


def test_what_keeps_a_run_from_going_on_is_said(library):
    assert (
        "clips of this run have changed"
        in check_resume(library, interrupted(library, split="another")).findings[0].message
    )
    whole = interrupted(library, status=Status.FINISHED)
    assert "is finished" in check_resume(library, whole).findings[0].message
    bare = interrupted(library)
    (library.run_dir(bare) / LAST).unlink()
    assert "has no checkpoint" in check_resume(library, bare).findings[0].message
    assert not check_resume(library, "nowhere").ready


def test_a_run_is_not_trained_twice_at_once(library):
    run = interrupted(library)
    job = create_job(library, JobKind.TRAIN, {})
    start_run(library, run, job_id=job)
    assert "is being trained" in check_resume(library, run).findings[0].message
