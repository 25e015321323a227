"""Models that teach another: their answers are learned, they are named, and they hide no leak."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from ml.bundle import CARD, INDEX, SEEN, read_further
from ml.checkpoint import read_checkpoint
from ml.config import FeatureConfig, ModelConfig, TrainConfig, from_json, to_json
from ml.errors import CheckpointError, ConfigError, SourceModelError
from ml.readiness import check_resume, check_training
from ml.resume import LAST
from ml.seen import pack_marks
from ml.teachers import TEACHERS_FILE, kept_teachers
from ml.warm import read_source
from store.jobs import JobStoppedError
from store.run_changes import delete_run
from store.runs import get_run
from store.splits import LeakError
from tests.ml.conftest import newest_run, tiny, train_here
from tests.ml.test_warm import stop_after_first_epoch, swap_parts

pytestmark = pytest.mark.slow
NARROW = ModelConfig(width=16, stages=1, kernel=3, heads=2, head_dropout=0.1, neck=8)


def test_scores_are_narrowed_to_the_same_glosses_and_then_averaged():
    from ml.teaching import mean_scores

    two = np.array([[0.1, 0.3, 0.6], [0.2, 0.2, 0.6]], np.float32)
    other = np.array([[0.5, 0.5], [1.0, 0.0]], np.float32)
    found = mean_scores([two, other], (np.array([1, 0]), np.array([0, 1])))
    np.testing.assert_allclose(found, [[(0.75 + 0.5) / 2, (0.25 + 0.5) / 2], [0.75, 0.25]])
    np.testing.assert_allclose(mean_scores([two * 0], (np.array([0, 2]),)), 0)


def test_labels_are_smoothed_and_the_answers_are_not():
    from ml.fitting import taught

    wanted = np.array([[1, 0]], np.float32)
    answers = np.array([[0.25, 0.75]], np.float32)
    config = TrainConfig(label_smoothing=0.2, distill=0.5)
    np.testing.assert_allclose(taught(wanted, answers, config), [[0.575, 0.425]])
    np.testing.assert_array_equal(taught(wanted, answers, replace(config, distill=1.0)), answers)


def test_what_is_learned_are_the_answers_to_the_very_batch(trained):
    """Of a model that gets its teacher's clips and answers, asked one by one with LiteRT."""
    from ml.dataset import TrainingData, load_part
    from ml.fitting import Fitting
    from ml.models import build_model
    from ml.prepare import prepare_data
    from ml.recognizer import Recognizer
    from ml.teaching import load_teachers

    library, run_id = trained
    source = read_source(library, run_id)
    labels = ["wave", "book"]
    config = tiny(glosses=labels, distill=1.0, teachers=[source.identity], model=NARROW)
    part = load_part(library, prepare_data(library, config).split.train, labels)
    teachers = load_teachers((source, source), labels)
    fitting = Fitting(
        build_model(config, 2), config, part, part, library.root, "x", teachers=teachers
    )
    features, targets = TrainingData(part, config).epoch(3)
    _, wanted = fitting._batch(features, targets, 0)
    recognizer = Recognizer.load(library.run_dir(run_id) / "bundle")
    places = [recognizer.labels.index(gloss) for gloss in labels]
    alone = np.stack([recognizer.scores(clip) for clip in features])[:, places]
    np.testing.assert_allclose(wanted, alone / alone.sum(axis=1, keepdims=True), atol=1e-4)


def test_it_is_named_marked_and_goes_on_as_if_never_stopped(own_trained, monkeypatch):
    library, run_id = own_trained
    source = read_source(library, run_id)
    config = tiny(name="whole", glosses=["book", "drink"], epochs=2, model=NARROW)
    whole = train_here(library, config, teachers=["shared"])
    named = {"name": "shared", "weights": source.identity.weights}
    assert get_run(library, whole).config["teachers"] == [named]
    bundle = library.run_dir(whole) / "bundle"
    card = (bundle / CARD).read_text(encoding="utf-8")
    assert "the answers of 1 other model " in card
    assert source.identity.weights in card
    assert "--teacher shared" in card
    assert json.loads((bundle / INDEX).read_bytes())["config"]["teachers"] == [named]
    seen = read_further(bundle, SEEN)
    assert seen == pack_marks(source.seen), "what its teacher has seen is in its weights as well"
    stop_after_first_epoch(monkeypatch)
    with pytest.raises(JobStoppedError):
        train_here(library, replace(config, name="broken"), teachers=["shared"])
    monkeypatch.undo()
    broken = newest_run(library)
    assert check_resume(library, broken).ready
    train_here(library, tiny(), resume=broken)
    one, other = (read_checkpoint(library.run_dir(run) / LAST) for run in (whole, broken))
    for left, right in zip(one.model + one.optimizer, other.model + other.optimizer, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_run_whose_teacher_is_gone_or_another_does_not_go_on(own_trained, monkeypatch):
    library, run_id = own_trained
    stop_after_first_epoch(monkeypatch)
    with pytest.raises(JobStoppedError):
        train_here(library, tiny(name="taught", epochs=2), teachers=["shared"])
    monkeypatch.undo()
    folder = library.run_dir(newest_run(library))
    kept = (folder / TEACHERS_FILE).read_text(encoding="utf-8")
    (folder / TEACHERS_FILE).write_text('[{"model": 1}]', encoding="utf-8")
    with pytest.raises(CheckpointError, match="does not name"):
        kept_teachers(library, folder)
    weights = read_source(library, run_id).identity.weights
    (folder / TEACHERS_FILE).write_text(kept.replace(weights, "0" * 64), encoding="utf-8")
    with pytest.raises(CheckpointError, match="another one than when it began"):
        kept_teachers(library, folder)
    (folder / TEACHERS_FILE).write_text(kept, encoding="utf-8")
    delete_run(library, run_id)
    [error] = check_resume(library, "taught").errors
    assert "teaches this run is gone" in error.message


def test_who_cannot_teach_is_refused_by_name(own_trained, tmp_path):
    library, _ = own_trained
    found = check_training(
        library, tiny(features=FeatureConfig(length=20)), teachers=["shared", "shared"]
    )
    [error] = found.errors
    assert error.kind == SourceModelError.__name__
    assert "--set features.length=12" in error.hint
    train_here(library, tiny(name="few", glosses=["book", "wave"], epochs=1))
    [error] = check_training(library, tiny(), teachers=["few"]).errors
    assert "2 of the 4 glosses" in error.message
    [error] = check_training(library, tiny(), teachers=["nobody"]).errors
    assert "nobody" in error.message
    assert check_training(library, tiny(model=NARROW), teachers=["shared"]).ready
    copied = shutil.copytree(library.run_dir(1) / "bundle", tmp_path / "theirs")
    swap_parts(library)
    [error] = check_training(library, tiny(), teachers=[str(copied)]).errors
    assert error.kind == LeakError.__name__


def test_teachers_stay_on_one_machine(own_trained, monkeypatch):
    """Workers have no library; the refusal comes before anybody waits for them."""
    monkeypatch.setattr("ml.distribute.open_replicas", None)
    library, _ = own_trained
    with pytest.raises(ConfigError, match="one machine"):
        train_here(library, tiny(), teachers=["shared"], strategy="multiworker")
    stop_after_first_epoch(monkeypatch)
    with pytest.raises(JobStoppedError):
        train_here(library, tiny(name="taught", epochs=2), teachers=["shared"])
    with pytest.raises(ConfigError, match="one machine"):
        train_here(library, tiny(), resume=newest_run(library), strategy="multiworker")


def test_teachers_are_recorded_and_the_notebook_has_none(trained):
    library, run_id = trained
    config = tiny(teachers=[read_source(library, run_id).identity])
    assert from_json(TrainConfig, json.loads(json.dumps(to_json(config)))) == config
    with pytest.raises(ConfigError, match="teachers"):
        tiny(preset="notebook", teachers=config.teachers)
    with pytest.raises(ConfigError, match="ModelName"):
        from_json(TrainConfig, {**to_json(config), "teachers": ["shared"]})
