"""Super-classes: neighbouring glosses, or clusters of those that a model takes for alike."""

import itertools
import json

import numpy as np
import pytest

from ml.bundle import INDEX
from ml.config import ModelConfig
from ml.errors import CheckpointError, ConfigError, SourceModelError
from ml.hierarchy import CLASSES_FILE, cluster, keep_classes, kept_classes, neighbours
from ml.readiness import check_training
from ml.recognizer import Recognizer
from store.runs import get_run
from tests.ml.conftest import tiny, train_here


def coarse(kind: str, **changes) -> ModelConfig:
    sizes = {"width": 16, "stages": 1, "kernel": 3, "heads": 2, "head_dropout": 0.1}
    return ModelConfig(hierarchy=kind, super_classes=2, **sizes, **changes)


def test_neighbours_are_the_notebooks():
    assert neighbours(7, 3).tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert neighbours(4, 4).tolist() == [0, 1, 2, 3]


def test_clusters_are_found_whatever_the_order_and_the_lengths():
    rng = np.random.default_rng(4)
    middles = rng.normal(size=(5, 30))
    own = np.repeat(np.arange(5), 8)
    points = middles[own] + rng.normal(0, 0.2, (40, 30))
    points *= rng.uniform(0.1, 9, (40, 1))
    for order in (np.arange(40), rng.permutation(40)):
        found = cluster(points[order].astype(np.float32), 5)
        for one, other in itertools.combinations(range(40), 2):
            alike = own[order][one] == own[order][other]
            assert (found[one] == found[other]) == alike


def test_clusters_are_wards():
    """Against the definition: each step takes the two whose join adds least to the squares."""
    rng = np.random.default_rng(8)
    points = rng.normal(size=(12, 4)).astype(np.float32)
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    groups = [[n] for n in range(12)]

    def cost(group: list[int]) -> float:
        return float(((unit[group] - unit[group].mean(axis=0)) ** 2).sum())

    while len(groups) > 4:
        one, other = min(
            itertools.combinations(groups, 2),
            key=lambda pair: cost(pair[0] + pair[1]) - cost(pair[0]) - cost(pair[1]),
        )
        groups = [group for group in groups if group not in (one, other)] + [one + other]
    found = cluster(points, 4)
    assert {frozenset(np.flatnonzero(found == n).tolist()) for n in range(4)} == {
        frozenset(group) for group in groups
    }


def test_as_many_classes_as_glosses_are_one_each():
    assert sorted(cluster(np.eye(3, dtype=np.float32), 3).tolist()) == [0, 1, 2]


def test_kept_classes_come_back_and_damaged_ones_do_not(tmp_path):
    keep_classes(tmp_path, np.array([0, 1, 1]))
    assert kept_classes(tmp_path, 3, 2).tolist() == [0, 1, 1]
    for wrong in ((4, 2), (3, 1)):
        with pytest.raises(CheckpointError):
            kept_classes(tmp_path, *wrong)
    (tmp_path / CLASSES_FILE).write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(CheckpointError):
        kept_classes(tmp_path, 3, 2)


def test_the_notebook_preset_has_its_own():
    with pytest.raises(ConfigError, match=r"model\.hierarchy"):
        tiny(preset="notebook", model=ModelConfig(hierarchy="ids"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ids", "learned"])
def test_a_coarse_head_helps_to_train_and_is_not_exported(own_trained, kind):
    library, _ = own_trained
    config = tiny(model=coarse(kind), epochs=1)
    source = {"classes": "shared"} if kind == "learned" else {}
    run_id = train_here(library, config, **source)
    folder = library.run_dir(run_id)
    recognizer = Recognizer.load(folder / "bundle")
    about = json.loads((folder / "bundle" / INDEX).read_bytes())
    run = get_run(library, run_id)
    assert run.parameters == about["parameters"] + 2 * (4 * 16 + 1)
    assert len(recognizer.labels) == 4
    from ml.warm import read_source
    from ml.weights import read_weights

    _, kernel, bias = read_weights(read_source(library, run_id))
    assert (kernel.shape, bias.shape) == ((64, 4), (4,))
    named = about["config"]["classes"]["name"]
    assert named == ("shared" if kind == "learned" else "")
    assert (folder / CLASSES_FILE).exists() == (kind == "learned")


@pytest.mark.slow
def test_learned_classes_need_a_model_that_knows_all_glosses(own_trained):
    library, _ = own_trained
    config = tiny(model=coarse("learned"))
    [error] = check_training(library, config).errors
    assert "--classes-from" in error.hint
    train_here(library, tiny(name="few", glosses=["book", "wave"], epochs=1))
    [error] = check_training(library, config, classes="few").errors
    assert error.kind == SourceModelError.__name__
    assert "2 of the 4 glosses" in error.message
    assert check_training(library, config, classes="shared").ready


@pytest.mark.slow
def test_both_heads_learn(trained):
    """The coarse targets are those of the clips' super-classes."""
    from ml.fitting import Fitting
    from ml.models import build_model
    from ml.prepare import prepare_data

    library, _ = trained
    config = tiny(model=coarse("ids"))
    data = prepare_data(library, config)
    from ml.dataset import load_part

    part = load_part(library, data.split.val, data.labels)
    fitting = Fitting(
        build_model(config, 4), config, part, part, library.root, "x", classes=neighbours(4, 2)
    )
    _, (groups, glosses) = fitting._batch(np.zeros((8, 12, 1), np.float32), part.targets, 0)
    np.testing.assert_array_equal(groups.argmax(axis=1), part.targets // 2)
    np.testing.assert_array_equal(glosses.argmax(axis=1), part.targets)
