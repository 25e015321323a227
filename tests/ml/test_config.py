"""Configs: whole JSON round trips, and nothing unknown or absurd gets in."""

import json

import pytest

from ml.config import (
    BEFORE_RECORDED,
    PRESETS,
    TrainConfig,
    demo_config,
    from_json,
    to_json,
    train_job,
)
from ml.errors import ConfigError
from store.splits import GatePolicy


@pytest.mark.parametrize("config", [*PRESETS.values(), demo_config()], ids=lambda c: c.preset)
def test_a_config_comes_back_from_json_as_it_was(config):
    assert from_json(TrainConfig, json.loads(json.dumps(to_json(config)))) == config


def test_glosses_may_be_a_subset_a_list_or_all():
    for glosses in ("300", ["book", "drink"], None):
        assert from_json(TrainConfig, {"glosses": glosses}).glosses == glosses


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"epoch": 3}, "epoch"),
        ({"features": {"lenght": 3}}, "lenght"),
        ({"epochs": "3"}, "epochs"),
        ({"epochs": True}, "epochs"),
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"preset": "best"}, "preset"),
        ({"glosses": ["book", 3]}, "glosses"),
        ({"features": []}, "FeatureConfig"),
        ({"features": {"length": 10**9}}, "length"),
        ({"model": {"width": 30, "heads": 4}}, "width"),
        ("default", "TrainConfig"),
    ],
)
def test_what_is_unknown_or_absurd_is_refused_by_name(data, named):
    with pytest.raises(ConfigError, match=named):
        from_json(TrainConfig, data)


def test_a_job_holds_the_config_or_the_run_to_resume():
    job = json.loads(json.dumps(train_job(TrainConfig(), "demo")))
    assert from_json(TrainConfig, job["train"]) == TrainConfig()
    assert job["resume"] == "demo"


def test_the_notebook_preset_is_the_notebooks():
    config = PRESETS["notebook"]
    assert (config.epochs, config.batch_size, config.learning_rate) == (200, 32, 1e-3)
    assert (config.features.kind, config.features.length) == ("notebook", 30)
    assert (config.patience, config.model.super_classes) == (20, 50)
    assert config.augment.copies


def test_a_record_from_before_the_gate_could_be_chosen_means_the_gate_as_it_was():
    older = {
        key: value for key, value in to_json(TrainConfig()).items() if key not in BEFORE_RECORDED
    }
    read = from_json(TrainConfig, older)
    assert {name: getattr(read, name) for name in BEFORE_RECORDED} == dict(BEFORE_RECORDED)
    assert read == TrainConfig()
    assert read.gate == GatePolicy()
