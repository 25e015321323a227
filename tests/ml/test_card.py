"""The model card: it says what was measured, and foreign words in it are only words."""

import dataclasses
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from capture.demo.dataset import SOURCE as DEMO
from ml.bundle import CARD, INDEX, Bundle, read_bundle
from ml.bundle_export import export_bundle
from ml.card import plain, render_card
from ml.config import PRESETS, ModelConfig, ModelName, TrainConfig, change, to_json
from ml.recipe import train_command
from store.provenance import DRAWN, NOT_STATED, WLASL_SITES, list_origins
from store.runs import list_evaluations
from tests.ml.conftest import tiny
from tests.ml.test_evaluate import evaluate_here
from tui.commands.train_settings import read_settings


def bundle(**about) -> Bundle:
    return Bundle(Path("/secret/place"), ("book", "drink"), TrainConfig().features, about, b"")


DEFAULT = PRESETS["default"]
HOSTILE = "[a](http://evil.example) <script>x</script>\n# **big** | `rm` \x1b[31m ![i](file:///etc)"


def test_foreign_words_are_only_words():
    said = plain(HOSTILE)
    assert "\n" not in said
    assert "\x1b" not in said
    bare = re.sub(r"\\.", "", said)
    assert not set("[]<>*`|_") & set(bare)
    assert "://" not in bare


def test_nothing_in_a_bundle_breaks_its_card():
    config = to_json(TrainConfig(name=HOSTILE, glosses=[HOSTILE]))
    extractor = {"key": HOSTILE, "origin": "/home/someone/marks.h5", "landmark_set": HOSTILE}
    card = render_card(
        bundle(
            config=config, extractor=extractor, data=[{"name": HOSTILE, "clips": "many"}, 3],
            split={"kind": HOSTILE, "dropped": {"crossing": 3}}, calibration={"n": 10**400},
            parameters=float("nan"), evaluations={"val": {"per_instance": {"top1": 4}}},
        )
    )  # fmt: skip
    assert "/home" not in card
    assert "/secret" not in card
    assert "<script>" not in card
    assert len(re.findall(r"^#", card, re.MULTILINE)) == 7
    assert "3 left out, as they are in a later part" in card


@pytest.mark.parametrize("about", [{}, {"config": 3, "evaluations": [], "files": None, "data": {}}])
def test_a_bundle_that_says_nothing_has_a_card_that_says_so(about):
    card = render_card(bundle(**about))
    assert "Not measured." in card
    assert NOT_STATED in card


def test_the_command_trains_with_the_same_settings():
    config = dataclasses.replace(DEFAULT, glosses="300", seed=3, warmup_epochs=9)
    command = train_command(config, PRESETS["default"])
    wanted = "signtui train --preset default --glosses 300 --split official --seed 3"
    assert command == [*wanted.split(), "--set", "warmup_epochs=9"]
    command = train_command(tiny(glosses=["a", "b"]), PRESETS["default"])
    assert command[5] == "glosses.txt"
    assert "model.width=16" in command
    assert "--set" not in train_command(PRESETS["notebook"], PRESETS["notebook"])
    warm = dataclasses.replace(DEFAULT, start=ModelName("before", "ab"))
    command = train_command(warm, PRESETS["default"])
    assert command[command.index("--from") + 1] == "before"
    assert "model.width=144" in command, "it would adopt the sizes of another before"


def test_the_settings_of_the_command_make_the_same_config():
    config = tiny(mixup=0.2, model=ModelConfig(hierarchy="ids"), glosses="100")
    command = train_command(config, PRESETS["default"])
    given = read_settings([after for flag, after in pairwise(command) if flag == "--set"])
    beside = {name: getattr(config, name) for name in ("epochs", "batch_size", "learning_rate")}
    assert change(PRESETS["default"], {**given, **beside}) == config


def test_the_command_has_only_options_that_there_are():
    import inspect

    from tui.commands.runs import train

    odd = dataclasses.replace(
        DEFAULT, split_seed=2, duplicates="keep", contradictions="drop", epochs=3, batch_size=4,
        learning_rate=0.1, seed=1,
    )  # fmt: skip
    command = train_command(odd, PRESETS["default"])
    named = {part[2:].replace("-", "_") for part in command if part.startswith("--")}
    assert named <= set(inspect.signature(train).parameters)
    assert len(named) == 10


def test_where_clips_come_from(shared_library):
    (made,) = list_origins(shared_library, 1, ["book", "wave", "no such gloss"])
    assert (made.name, made.licence, made.clips) == ("made", NOT_STATED, 20)
    assert DRAWN == DEMO


def test_the_sources_of_wlasl_are_those_of_its_index(real_data):
    index = json.loads((real_data / "WLASL_v0.3.json").read_text(encoding="utf-8"))
    assert {one["source"] for entry in index for one in entry["instances"]} == WLASL_SITES


@pytest.mark.slow
def test_the_card_of_a_run_is_renewed_when_it_is_evaluated(own_trained):
    library, run_id = own_trained
    folder = library.run_dir(run_id) / "bundle"
    before = (folder / CARD).read_text(encoding="utf-8")
    (val,) = [row for row in list_evaluations(library, run_id) if row.split == "val"]
    assert f"| val | clips | {val.n} | {100 * val.top1:.1f} % [{100 * val.low:.1f} % to" in before
    assert "| test | clips" not in before
    assert f"- Clips: 24 train, {val.n} val, 8 test" in before
    assert "| made | 40 | not stated |" in before
    assert str(library.root) not in before
    evaluate_here(library, run=run_id, split="test")
    after = (folder / CARD).read_text(encoding="utf-8")
    assert "| test | clips | 8 |" in after
    assert "| val | clips | 8 |" in after
    assert read_bundle(folder).about["evaluations"]["val"] == val.detail


@pytest.mark.slow
def test_bundles_without_a_card_are_as_good(own_trained, tmp_path):
    library, run_id = own_trained
    with_card = export_bundle(library, run_id, tmp_path / "with")
    assert (tmp_path / "with" / CARD).is_file()
    folder = library.run_dir(run_id) / "bundle"
    (folder / CARD).unlink()
    without = export_bundle(library, run_id, tmp_path / "without")
    assert without.files == with_card.files - 1
    assert read_bundle(tmp_path / "without").labels == read_bundle(tmp_path / "with").labels


@pytest.mark.slow
def test_an_export_takes_no_other_file_along(own_trained, tmp_path):
    library, run_id = own_trained
    folder = library.run_dir(run_id) / "bundle"
    about = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    (folder.parent / "secret").write_text("x", encoding="utf-8")
    about["files"]["../secret"] = {"sha256": "", "bytes": 1}
    (folder / INDEX).write_text(json.dumps(about), encoding="utf-8")
    export_bundle(library, run_id, tmp_path / "out")
    assert not (tmp_path / "secret").exists()
    shutil.rmtree(tmp_path / "out")
