"""train --set and --from: what is given wins over the source, and that over the preset."""

import json

import pytest
import typer

from ml.config import PRESETS, ModelConfig, ModelName, TrainConfig
from ml.errors import ConfigError
from ml.warm import adopt
from store.jobs import list_jobs
from tests.tui.conftest import add_run
from tui.commands.train_settings import make_config, read_settings


class Theirs:
    """What `adopt` asks of a source."""

    config = TrainConfig(model=ModelConfig(width=64, stages=3, heads=2, dropout=0.7))
    identity = ModelName("theirs", "ab")

    class bundle:  # noqa: N801 - as the attribute is called
        features = TrainConfig().features


def test_values_are_numbers_lists_or_words():
    given = ["epochs=3", "mixup=0.2", "features.kind = slots", 'glosses=["a","b"]', "name=x=y"]
    assert read_settings(given) == {
        "epochs": 3, "mixup": 0.2, "features.kind": "slots", "glosses": ["a", "b"], "name": "x=y",
    }  # fmt: skip
    for wrong in ("epochs", "=3"):
        with pytest.raises(typer.BadParameter):
            read_settings([wrong])


def test_what_is_given_changes_the_preset_alone(library):
    config = make_config(library, "notebook", {"epochs": 3, "glosses": None}, None)
    assert (config.preset, config.epochs, config.glosses) == ("notebook", 3, None)
    assert config.augment == PRESETS["notebook"].augment
    for name in ("epoch", "model", "model.widths", "model.width.x", ""):
        with pytest.raises(ConfigError, match="no setting"):
            make_config(library, None, {name: 3}, None)
    with pytest.raises(ConfigError, match="width"):
        make_config(library, None, {"model.width": "wide"}, None)


def test_what_is_given_wins_over_the_source(library, monkeypatch):
    monkeypatch.setattr("ml.warm.read_source", lambda *_: Theirs)
    config = make_config(library, None, {"model.stages": 1, "epochs": 9}, "theirs")
    assert (config.model.width, config.model.heads, config.model.stages) == (64, 2, 1)
    assert (config.epochs, config.model.dropout) == (9, TrainConfig().model.dropout)
    assert config.start == Theirs.identity
    other = adopt(PRESETS["notebook"], Theirs)
    assert other.model == PRESETS["notebook"].model


def test_on_the_command_line_all_that_is_wrong_is_said_before_anything_starts(signtui, library):
    add_run(library, "mine")
    assert signtui("train", "--set", "epochs")[0] == 2
    for arguments, said in (
        (("--set", "colour=red"), "There is no setting colour."),
        (("--set", "model.width=1e9"), "It takes a whole number."),
        (("--set", "model.hierarchy=deep"), "It takes one of: none, ids, learned."),
        (("--from", "nobody"), "There is no run nobody."),
        (("--classes-from", "nobody"), "There is no run nobody."),
        (("--set", "model.hierarchy=learned"), "Learned super-classes need a model"),
    ):
        code, out, err = signtui("train", "--glosses", "all", "--check", *arguments)
        assert (code, said in out + err) == (1, True), (arguments, out, err)
    code, out, _ = signtui(
        "train", "--glosses", "all", "--check", "--set", "model.width=64", "--json"
    )
    wide = json.loads(out)["plan"]["parameters"]
    out = signtui("train", "--glosses", "all", "--check", "--set", "model.width=32", "--json")[1]
    assert json.loads(out)["plan"]["parameters"] < wide
    assert list_jobs(library) == []
