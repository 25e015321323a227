"""A training that begins with another model: its weights, what it has seen, and going on without it."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from ml.bundle import CARD, INDEX, KERAS, SEEN, read_further, update_about
from ml.checkpoint import read_checkpoint
from ml.config import FeatureConfig, ModelConfig, TrainConfig
from ml.errors import CheckpointError, SourceModelError
from ml.prepare import prepare_data
from ml.readiness import check_training
from ml.resume import LAST
from ml.seen import pack_marks, unpack_marks
from ml.warm import Source, adopt, check_source, read_source
from store.errors import NotInCatalogError
from store.job_lines import list_lines
from store.jobs import JobStoppedError, ask
from store.library import Library
from store.run_changes import delete_run
from store.runs import get_run
from store.schema import Instance
from store.splits import LeakError
from store.words import Request, Status
from tests.ml.clips import make_library
from tests.ml.conftest import newest_run, tiny, train_here

pytestmark = pytest.mark.slow


def forget(folder: Path, name: str) -> None:
    """Take a file out of a bundle as if it had been made without."""
    about = json.loads((folder / INDEX).read_bytes())
    about["files"].pop(name, None)
    (folder / INDEX).write_text(json.dumps(about), encoding="utf-8")
    (folder / name).unlink(missing_ok=True)


def test_all_but_the_head_is_taken_and_of_that_what_both_know(trained):
    from ml.models import build_model
    from ml.weights import body_of, head_of, read_weights, take_weights

    library, run_id = trained
    source = read_source(library, run_id)
    model = build_model(tiny(), 3)
    before = np.array(head_of(model).kernel)
    assert take_weights(model, ["wave", "new", "book"], source) == 2
    body, kernel, bias = read_weights(source)
    for own, theirs in zip(body_of(model), body, strict=True):
        np.testing.assert_array_equal(np.array(own), theirs)
    place = source.bundle.labels.index("wave")
    head = head_of(model)
    np.testing.assert_array_equal(np.array(head.kernel)[:, 0], kernel[:, place])
    assert float(head.bias[0]) == bias[place]
    np.testing.assert_array_equal(np.array(head.kernel)[:, 1], before[:, 1])


def test_it_begins_there_says_so_and_goes_on_without_its_source(own_trained, monkeypatch):
    """Stopped and resumed after the source is gone, it ends as one that nothing happened to."""
    library, source_run = own_trained
    source = read_source(library, source_run)
    config = tiny(
        name="whole", glosses=["book", "drink"], epochs=2, learning_rate=1e-7, warmup_epochs=0
    )
    whole = train_here(library, config, start="shared")
    check_said(library, whole, source)
    stop_after_first_epoch(monkeypatch)
    with pytest.raises(JobStoppedError):
        train_here(library, replace(config, name="broken"), start="shared")
    monkeypatch.undo()
    broken = newest_run(library)
    delete_run(library, source_run)
    train_here(library, tiny(), resume=broken)
    assert get_run(library, broken).status == Status.FINISHED
    folders = [library.run_dir(run) for run in (whole, broken)]
    one, other = (read_checkpoint(folder / LAST) for folder in folders)
    for left, right in zip(one.model + one.optimizer, other.model + other.optimizer, strict=True):
        np.testing.assert_array_equal(left, right)
    starts = [json.loads((folder / "bundle" / INDEX).read_bytes())["start"] for folder in folders]
    assert starts[0] == starts[1]
    for folder in folders:
        seen = read_further(folder / "bundle", SEEN)
        assert seen == pack_marks(source.seen), "what its source has seen it has seen as well"


def check_said(library: Library, run_id: int, source: Source) -> None:
    """The run, its log, its bundle and its card name the source; its weights were begun with."""
    from ml.weights import read_weights

    run = get_run(library, run_id)
    assert run.config["start"] == {"name": "shared", "weights": source.identity.weights}
    said = [line.text for line in list_lines(library, run.job_id or 0)]
    assert "Begins with the weights of shared; it knows 2 of the glosses." in said
    start = json.loads((library.run_dir(run_id) / "bundle" / INDEX).read_bytes())["start"]
    assert (start["glosses"], start["split"]["kind"]) == (4, "official")
    card = (library.run_dir(run_id) / "bundle" / CARD).read_text(encoding="utf-8")
    assert "--from shared" in card
    assert source.identity.weights in card
    before, after = (read_weights(item)[0] for item in (source, read_source(library, run_id)))
    np.testing.assert_allclose(before[0], after[0], atol=1e-5)


def stop_after_first_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    from store.runs import record_epoch as record

    def record_and_stop(where, run_id, epoch, metrics):
        record(where, run_id, epoch, metrics)
        if epoch == 0:
            ask(where, get_run(where, run_id).job_id or 0, Request.STOP)
            time.sleep(0.3)

    monkeypatch.setattr("ml.train.record_epoch", record_and_stop)


@pytest.mark.parametrize(
    ("changes", "named", "offered"),
    [
        ({"model": ModelConfig(width=32, stages=1, kernel=3, heads=2)}, "width 16", "width=16"),
        ({"features": FeatureConfig(length=20)}, "length 12", "--set features.length=12"),
        ({"preset": "notebook"}, "preset default", "--preset default"),
    ],
)
def test_other_sizes_are_refused_and_the_right_ones_offered(trained, changes, named, offered):
    library, _ = trained
    source, config = read_source(library, "shared"), tiny(**changes)
    data = prepare_data(library, config)
    with pytest.raises(SourceModelError) as caught:
        check_source(library, config, data, source)
    assert named in caught.value.message
    assert offered in caught.value.hint
    found = check_training(library, config, start="shared")
    assert [item.kind for item in found.errors] == ["SourceModelError"]


def test_the_sizes_of_the_source_are_adopted(trained):
    library, _ = trained
    source = read_source(library, "latest")
    config = adopt(TrainConfig(glosses=None), source)
    assert config.features == tiny().features
    assert (config.model.width, config.model.heads) == (16, 2)
    assert config.model.dropout == TrainConfig().model.dropout
    assert check_training(library, config, start="latest").ready


def swap_parts(library: Library) -> None:
    """Val becomes train and some of train val, as in another split."""
    with library.session() as session:
        session.execute(update(Instance).where(Instance.split == "val").values(split="other"))
        some = Instance.id % 3 == 0
        session.execute(update(Instance).where(Instance.split == "train", some).values(split="val"))
        session.execute(update(Instance).where(Instance.split == "other").values(split="train"))


def test_a_source_that_saw_what_would_judge_it_is_refused_or_labelled(own_trained):
    library, _ = own_trained
    swap_parts(library)
    source = read_source(library, "shared")
    with pytest.raises(LeakError, match=r"trained on 8 of the 16 clips"):
        check_source(library, tiny(), prepare_data(library, tiny()), source)
    keeping = tiny(duplicates="keep")
    data = prepare_data(library, keeping)
    assert data.split.leaking
    check_source(library, keeping, data, source)


def test_a_bundle_from_elsewhere_knows_its_clips_by_what_they_are(bundle_folder, tmp_path):
    """Another library, other instance ids: the same landmarks are the same clips."""
    library = make_library(tmp_path / "elsewhere")
    copied = Path(shutil.copytree(bundle_folder, tmp_path / "theirs"))
    source = read_source(library, str(copied))
    assert (source.name, source.model.run) == ("theirs", None)
    check_source(library, tiny(), prepare_data(library, tiny()), source)
    swap_parts(library)
    with pytest.raises(LeakError):
        check_source(library, tiny(), prepare_data(library, tiny()), source)
    library.close()


def test_a_bundle_that_says_less_is_believed_less(bundle_folder, trained, tmp_path):
    library, _ = trained
    copied = Path(shutil.copytree(bundle_folder, tmp_path / "theirs"))
    forget(copied, SEEN)
    data = prepare_data(library, tiny())
    check_source(library, tiny(), data, read_source(library, str(copied)))
    update_about(copied, split={"kind": "signer", "leaking": False})
    with pytest.raises(LeakError, match="Nobody knows"):
        check_source(library, tiny(), data, read_source(library, str(copied)))
    update_about(copied, extractor={"landmark_set": "holistic"})
    with pytest.raises(SourceModelError, match="holistic landmarks"):
        check_source(library, tiny(), data, read_source(library, str(copied)))
    update_about(copied, config={"epochs": "many"})
    with pytest.raises(CheckpointError, match="settings of the model theirs"):
        read_source(library, str(copied))
    forget(copied, KERAS)
    with pytest.raises(CheckpointError, match="LiteRT model alone"):
        read_source(library, str(copied))
    with pytest.raises(NotInCatalogError):
        read_source(library, str(tmp_path))


def test_a_run_of_before_is_known_by_its_split(own_trained):
    library, run_id = own_trained
    now = read_source(library, run_id).seen
    forget(library.run_dir(run_id) / "bundle", SEEN)
    before = read_source(library, run_id).seen
    assert now is not None
    assert before is not None
    np.testing.assert_array_equal(now, before)


def test_marks_come_back_as_they_were():
    marks = np.array([1, 2**63, 2**64 - 1], np.uint64)
    np.testing.assert_array_equal(unpack_marks(pack_marks(marks)), marks)
    with pytest.raises(CheckpointError):
        unpack_marks(b"123")
