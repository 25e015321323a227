"""Bundles: whole or not there, and nothing foreign is believed."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.bundle import CARD, FEATURES, INDEX, KERAS, LABELS, LITERT, SEEN, read_bundle, write_bundle
from ml.errors import CheckpointError
from ml.recognizer import Recognizer
from store.errors import DiskFullError

pytestmark = pytest.mark.slow


@pytest.fixture
def copied(bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_folder, tmp_path / "bundle"))


def put(folder: Path, name: str, content: bytes) -> None:
    """Change a file the way a forger would: with the hash in the index that fits it."""
    (folder / name).write_bytes(content)
    about = json.loads((folder / INDEX).read_bytes())
    digest = hashlib.sha256(content).hexdigest()
    about["files"][name] = {"sha256": digest, "bytes": len(content)}
    (folder / INDEX).write_text(json.dumps(about), encoding="utf-8")


def put_json(folder: Path, name: str, value: Any) -> None:
    put(folder, name, json.dumps(value).encode())


def test_a_bundle_says_what_it_is(bundle_folder):
    bundle = read_bundle(bundle_folder)
    assert set(bundle.labels) == {"book", "circle", "drink", "wave"}
    about = bundle.about
    assert about["metrics"]["val"]["n"] == 8
    assert about["metrics"]["val"]["low"] <= about["metrics"]["val"]["top1"]
    assert len(about["split"]["hash"]) == 64
    assert about["split"]["leaking"] is False
    assert about["export"]["largest_difference"] < 1e-4
    assert set(about["files"]) == {LITERT, KERAS, SEEN, LABELS, FEATURES}
    assert {"keras", "numpy", "python", "signtui"} <= set(about["versions"])
    assert about["extractor"]["key"]
    assert (bundle_folder / CARD).is_file()
    assert not list(bundle_folder.parent.glob("*.partial*"))


def test_only_built_in_operators(bundle_folder):
    model = (bundle_folder / LITERT).read_bytes()
    assert b"Flex" not in model


def test_keras_and_litert_say_the_same_after_loading(bundle_folder, trained):
    from ml.config import TrainConfig, from_json
    from ml.dataset import load_part, plain_features
    from ml.export import load_keras_model
    from ml.fitting import predict
    from ml.prepare import prepare_data

    library, _ = trained
    recognizer = Recognizer.load(bundle_folder)
    config = from_json(TrainConfig, recognizer.bundle.about["config"])
    data = prepare_data(library, config)
    part = load_part(library, data.split.test, data.labels)
    features = plain_features(part, config.features)
    model = load_keras_model(bundle_folder, config, len(recognizer.labels))
    lite = np.stack([recognizer.scores(clip) for clip in features])
    np.testing.assert_allclose(lite, predict(model, features), atol=1e-5)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "no index": lambda folder: (folder / INDEX).unlink(),
    "no model": lambda folder: (folder / LITERT).unlink(),
    "index is a list": lambda folder: (folder / INDEX).write_text("[]", encoding="utf-8"),
    "index is deep": lambda folder: (folder / INDEX).write_text("[" * 10**5, encoding="utf-8"),
    "index is not text": lambda folder: (folder / INDEX).write_bytes(b"\xff\xfe\x00"),
    "index is huge": lambda folder: (folder / INDEX).write_bytes(b" " * (9 * 2**20)),
    "model changed": lambda folder: (folder / LITERT).write_bytes(b"\0\0\0\0TFL3"),
    "model is garbage": lambda folder: put(folder, LITERT, b"\x1c\0\0\0TFL3" + bytes(200)),
    "model is a pickle": lambda folder: put(folder, LITERT, b"\x80\x04N."),
    "model is cut": lambda folder: put(
        folder, LITERT, (folder / LITERT).read_bytes()[: (folder / LITERT).stat().st_size // 2]
    ),
    "labels too many": lambda folder: put_json(folder, LABELS, ["a", "b", "c", "d", "e"]),
    "labels twice": lambda folder: put_json(folder, LABELS, ["a", "a", "b", "c"]),
    "labels no text": lambda folder: put_json(folder, LABELS, [1, 2, 3, 4]),
    "label too long": lambda folder: put_json(folder, LABELS, ["a" * 10_000, "b", "c", "d"]),
    "features unknown": lambda folder: put_json(folder, FEATURES, {"eval": "1"}),
    "features absurd": lambda folder: put_json(folder, FEATURES, {"length": 10**12}),
    "features of another model": lambda folder: put_json(folder, FEATURES, {"length": 99}),
    "newer format": lambda folder: (folder / INDEX).write_text(
        json.dumps({"format": 99, "files": {}}), encoding="utf-8"
    ),
    "files of wrong type": lambda folder: (folder / INDEX).write_text(
        json.dumps({"format": 1, "files": {LABELS: 3}}), encoding="utf-8"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_gets_one_clear_error(copied, name):
    HOSTILE[name](copied)
    with pytest.raises(CheckpointError) as caught:
        Recognizer.load(copied)
    assert caught.value.hint
    assert "\n" not in caught.value.message.strip()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        Recognizer.load(tmp_path / "nowhere")


def test_keras_weights_of_another_kind_are_refused(copied):
    from ml.export import load_keras_model
    from tests.ml.conftest import tiny

    put(copied, KERAS, b"\x80\x04N.")
    with pytest.raises(CheckpointError):
        load_keras_model(copied, tiny(), 4)


def test_an_archive_that_carries_code_never_runs_it(copied, tmp_path):
    """A `.keras` file whose config names a function: only its weights are read."""
    import zipfile

    from ml.export import load_keras_model
    from tests.ml.conftest import tiny

    touched = tmp_path / "touched"
    evil = {
        "module": "pathlib", "class_name": "Path", "registered_name": None,
        "config": {"name": "touch", "args": [str(touched)]},
    }  # fmt: skip
    forged = tmp_path / "forged.keras"
    with zipfile.ZipFile(copied / KERAS) as old, zipfile.ZipFile(forged, "w") as new:
        for item in old.namelist():
            new.writestr(item, json.dumps(evil) if item == "config.json" else old.read(item))
    put(copied, KERAS, forged.read_bytes())
    load_keras_model(copied, tiny(), 4)
    assert not touched.exists()


def test_a_full_disk_leaves_the_older_bundle_as_it_was(copied, monkeypatch):
    before = {path.name: path.read_bytes() for path in copied.iterdir()}

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ml.bundle._sync_all", full)
    with pytest.raises(DiskFullError):
        write_bundle(copied, litert=b"", further={}, labels=[], features={}, about={})
    assert {path.name: path.read_bytes() for path in copied.iterdir()} == before
    assert [path.name for path in copied.parent.iterdir()] == ["bundle"]


def test_an_export_that_says_something_else_is_refused(trained):
    from ml.backend import make_repeatable
    from ml.errors import ExportError
    from ml.export import check_export, to_litert
    from ml.models import build_model
    from tests.ml.conftest import tiny

    make_repeatable(5)
    model, other = build_model(tiny(), 4), build_model(tiny(), 4)
    features = np.random.default_rng(0).normal(0, 1, (4, *model.input_shape[1:]))
    features = features.astype(np.float32)
    litert = to_litert(model)
    assert check_export(litert, model, features) < 1e-5
    with pytest.raises(ExportError):
        check_export(litert, other, features)
