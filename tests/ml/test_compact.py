"""A compact bundle: as good, for further training as well, nobody's paths in it; then as the starter."""

import json
import platform
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ml import compact
from ml.bundle import CARD, INDEX, KERAS, LITERT, SEEN, WEIGHTS, read_bundle, read_further
from ml.compact import LARGEST_LOSS, export_compact, main, without_places
from ml.errors import CheckpointError, EmptySplitError, ExportError
from ml.live import _recognizer
from ml.readiness import check_training
from ml.recognizer import Recognizer
from ml.references import STARTER, STARTER_FOLDER, default_model, find_model
from ml.warm import read_source
from store.errors import NotInCatalogError, StoreError
from store.jobs import create_job, run_job
from store.library import Library
from store.words import JobKind
from tests.ml.clips import make_library
from tests.ml.conftest import tiny
from tests.ml.test_evaluate import evaluate_here
from tests.ml.test_warm import swap_parts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small(trained, tmp_path_factory) -> Path:
    """The shared run's bundle, made compact."""
    library, run_id = trained
    folder = tmp_path_factory.mktemp("compact") / "small"
    report = export_compact(library, run_id, folder)
    assert (report.n, report.bundle.files) == (8, 7)
    assert abs(report.top1 - report.top1_before) <= LARGEST_LOSS
    return folder


@pytest.fixture
def starter(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The compact bundle in the place of the one that comes with signtui."""
    monkeypatch.setattr("ml.references.STARTER_FOLDER", small)
    return small


@pytest.fixture
def fresh(tmp_path: Path):
    """A library with the same clips that trained nothing."""
    library = make_library(tmp_path)
    yield library
    library.close()


def test_it_is_smaller_and_scores_as_the_whole_one(small, bundle_folder):
    assert {path.name for path in small.iterdir()} == {
        INDEX, CARD, LITERT, WEIGHTS, SEEN, "labels.json", "features.json",
    }  # fmt: skip
    sizes = [
        sum(path.stat().st_size for path in folder.iterdir()) for folder in (small, bundle_folder)
    ]
    assert sizes[0] < 0.5 * sizes[1]
    one, other = Recognizer.load(small), Recognizer.load(bundle_folder)
    rng = np.random.default_rng(1)
    clip = np.abs(rng.normal(size=(12, 264))).astype(np.float32)[:, : _channels(one)]
    np.testing.assert_allclose(one.scores(clip), other.scores(clip), atol=0.02)
    about = one.bundle.about
    assert about["export"]["weights"] == "float16"
    assert set(about["evaluations"]) == {"val"}
    assert about["calibration"] == other.bundle.about["calibration"]
    assert read_further(small, SEEN) == read_further(bundle_folder, SEEN)


def _channels(recognizer: Recognizer) -> int:
    from ml.features import channels

    return channels(recognizer.features)


def test_its_weights_are_those_of_the_whole_one(small, trained):
    from ml.weights import read_weights

    library, run_id = trained
    assert KERAS not in read_bundle(small).about["files"]
    body, kernel, bias = read_weights(read_source(library, str(small)))
    whole_body, whole_kernel, whole_bias = read_weights(read_source(library, run_id))
    for one, other in zip(body, whole_body, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(kernel, whole_kernel, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(bias, whole_bias, rtol=1e-3, atol=1e-4)


def test_the_head_is_kept_apart_where_the_litert_model_has_none_like_it(trained):
    from ml.export import load_keras_model
    from ml.weights import _unpack, head_of, pack_weights

    library, run_id = trained
    source = read_source(library, run_id)
    model = load_keras_model(source.bundle.folder, source.config, 4)
    other = bytearray(source.bundle.model)
    kernel = np.array(head_of(model).kernel).T.tobytes()
    place = bytes(other).index(kernel)
    other[place : place + len(kernel)] = bytes(len(kernel))
    packed = pack_weights(model, bytes(other))
    assert len(packed) > len(pack_weights(model, source.bundle.model))
    _, found, _ = _unpack(packed, bytes(other), 0)
    np.testing.assert_allclose(found, np.array(head_of(model).kernel), rtol=1e-3, atol=1e-4)


def test_nothing_of_this_machine_is_in_it(small, trained):
    library, _ = trained
    home = str(Path.home())
    for path in small.iterdir():
        data = path.read_bytes()
        assert platform.node().encode() not in data
        assert str(library.root).encode() not in data
        assert b"/tmp/" not in data
        assert len(home) < 2 or f"{home}/".encode() not in data
    said = {"a": ["/home/me/x.h5", "C:\\me\\y.h5", "~/z", "either/or"], "n": 3}
    assert without_places(said) == {"a": ["x.h5", "y.h5", "z", "either/or"], "n": 3}


def test_one_that_is_worse_is_refused(trained, tmp_path, monkeypatch):
    library, run_id = trained
    monkeypatch.setattr(compact, "LARGEST_LOSS", -1.0)
    with pytest.raises(ExportError, match="half precision"):
        export_compact(library, run_id, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_as_a_program_it_says_what_it_did_in_json(trained, tmp_path, capsys):
    library, _ = trained
    target = tmp_path / "given.zip"
    arguments = ["--library", str(library.root), "shared", str(target)]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["bundle"]["path"] == str(target)
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "given")
    assert Recognizer.load(tmp_path / "given").labels
    assert main(arguments) == 1
    assert "--force" in json.loads(capsys.readouterr().out)["hint"]
    with pytest.raises(StoreError):
        export_compact(library, "shared", tmp_path / "nowhere" / "x")


def test_a_reference_means_a_run_the_starter_or_a_folder(trained, starter, fresh, tmp_path):
    library, run_id = trained
    assert find_model(library, "latest").key == run_id
    assert find_model(library, STARTER).folder == starter
    folder = Path(shutil.copytree(starter, tmp_path / "theirs"))
    assert find_model(fresh, str(folder)).key == str(folder)
    assert (default_model(library), default_model(fresh)) == ("latest", STARTER)
    with pytest.raises(NotInCatalogError):
        find_model(fresh, "latest")


def test_without_a_starter_it_says_so(fresh, monkeypatch, tmp_path):
    monkeypatch.setattr("ml.references.STARTER_FOLDER", tmp_path / "none")
    assert default_model(fresh) is None
    with pytest.raises(CheckpointError, match="without a starter"):
        find_model(fresh, STARTER)


def test_live_reads_with_the_starter_narrowed(starter, fresh):
    config = {"run": STARTER, "glosses": ["book", "wave"], "source": "0"}
    with run_job(fresh, create_job(fresh, JobKind.LIVE, config)) as job:
        name, recognizer = _recognizer(job)
    assert name == STARTER
    assert recognizer is not None
    assert recognizer.labels == ("book", "wave")


def test_it_is_measured_on_what_it_has_not_seen_and_nothing_is_kept(starter, fresh, trained):
    library, run_id = trained
    whole = evaluate_here(library, run=run_id, split="val")
    before = (starter / INDEX).read_bytes()
    found = evaluate_here(fresh, run=STARTER, split="val")
    assert (found["run"], found["n"], found["left_out_as_trained"]) == (STARTER, 8, 0)
    assert found["top1"] == pytest.approx(whole["top1"], abs=LARGEST_LOSS)
    narrowed = evaluate_here(fresh, run=STARTER, split="val", glosses=["book", "drink"])
    assert narrowed["narrowed"] == {"glosses": 2, "of": 4}
    swap_parts(fresh)
    with pytest.raises(EmptySplitError):
        evaluate_here(fresh, run=STARTER, split="val")
    mixed = evaluate_here(fresh, run=STARTER, split="test")
    assert (mixed["n"], mixed["left_out_as_trained"]) == (8, 0)
    assert (starter / INDEX).read_bytes() == before
    with pytest.raises(CheckpointError, match="Nobody knows"):
        evaluate_unmarked(fresh, starter)


def evaluate_unmarked(library: Library, starter: Path) -> None:
    about = json.loads((starter / INDEX).read_bytes())
    kept = (starter / INDEX).read_bytes()
    del about["files"][SEEN]
    (starter / INDEX).write_text(json.dumps(about), encoding="utf-8")
    try:
        evaluate_here(library, run=STARTER, split="test")
    finally:
        (starter / INDEX).write_bytes(kept)


def test_training_begins_with_it(starter, fresh):
    from ml.models import build_model
    from ml.weights import take_weights

    assert check_training(fresh, tiny(), start=STARTER).ready
    model = build_model(tiny(), 2)
    assert take_weights(model, ["wave", "new"], read_source(fresh, STARTER)) == 1


def test_the_starter_that_is_there_is_whole_and_small():
    """Where this checkout has one: what it weighs, and that it is what its index says."""
    if not (STARTER_FOLDER / INDEX).is_file():
        pytest.skip("this checkout has no starter model yet")
    files = [path for path in STARTER_FOLDER.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 6_000_000
    assert Recognizer.load(STARTER_FOLDER).labels
    assert {WEIGHTS, SEEN} <= set(read_bundle(STARTER_FOLDER).about["files"])
    assert (STARTER_FOLDER / CARD).is_file()
    here = str(Path(__file__).resolve().parents[2].parent).encode()
    for path in files:
        assert not any(place in path.read_bytes() for place in (b"/tmp/", b"/home/", here))
