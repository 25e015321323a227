"""Holistic landmarks from training to live: real clips through a real process, at the end."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from sqlalchemy import update

from capture.config import ExtractConfig, HandsConfig, HolisticConfig, LandmarkSet
from ml.bundle import Bundle, read_bundle
from ml.config import FeatureConfig
from ml.errors import CheckpointError, ConfigError
from ml.features import extract_features
from ml.live import tracker_config
from ml.readiness import check_training
from ml.recognizer import Recognizer, Window
from store.catalog import choose_extractor, list_sequences, load_sequences
from store.errors import NotInCatalogError
from store.landmark_export import export_landmarks
from store.landmarks import Sequence
from store.library import Library
from store.runs import get_run
from store.schema import Extraction
from store.words import JobKind
from tests.ml.conftest import tiny, train_here
from tests.ml.holistic import add_holistic, holistic_clip
from tests.ml.real_clips import CLIPS, add_real_clips, run_child

CONFIG = tiny(features=FeatureConfig(kind="holistic", length=12), epochs=2)


@pytest.fixture(scope="module")
def both_sets(shared_library: Library, tmp_path_factory: pytest.TempPathFactory):
    """A library with both landmark sets of the made-up clips, and the holistic one's extractor."""
    folder = tmp_path_factory.mktemp("holistic")
    shared_library.close()
    library = Library.open(Path(shutil.copytree(shared_library.root, folder / "library")))
    yield library, add_holistic(library)
    library.close()


@pytest.fixture(scope="module")
def holistic_run(both_sets: tuple[Library, int]):
    """The same, and a run on the holistic landmarks."""
    library, extractor_id = both_sets
    return library, train_here(library, CONFIG), extractor_id


def stream(sequence: Sequence) -> Window:
    """The clip as live takes it, named by the tracker."""
    window = Window(None, fps=sequence.fps, aspect=sequence.aspect)
    assert sequence.body is not None
    for index, (hands, body) in enumerate(zip(sequence.landmarks, sequence.body, strict=True)):
        right = np.where(np.isnan(hands[:, 0, 0]), np.nan, [0, 1]).astype(np.float32)
        window.add(index / sequence.fps, hands, right, body)
    return window


def test_a_stream_with_bodies_keeps_the_names_of_its_hands():
    sequence = holistic_clip("wave", 3, 40)
    assert sequence.body is not None
    crossed = replace(sequence, landmarks=sequence.landmarks[:, ::-1].copy())
    for clip in (sequence, crossed):
        assert clip.body is not None
        window = stream(clip)
        np.testing.assert_array_equal(window.sequence().landmarks, clip.landmarks)
        np.testing.assert_array_equal(window.sequence().body, clip.body)
        part = window.since(0.2, 0.8).sequence()
        np.testing.assert_array_equal(part.body, clip.body[5:21])
    short = Window(0.5, fps=25.0)
    for index, body in enumerate(sequence.body[:30]):
        short.add(index / 25, sequence.landmarks[index], np.array([0, 1]), body)
    assert len(short.sequence().body) == len(short) == 13


def test_what_a_model_learnt_from_chooses_what_live_looks_with():
    hands, holistic = FeatureConfig(), FeatureConfig(kind="holistic")
    about = {
        "extractor": {
            "landmark_set": "holistic",
            "settings": {"tracking_confidence": 0.3, "detection_confidence": "x", "models": {}},
        }
    }
    bundle = Bundle(Path(), ("a",), holistic, about, b"")
    assert tracker_config(bundle) == HolisticConfig(tracking_confidence=0.3)
    assert tracker_config(replace(bundle, features=hands, about={})) == HandsConfig()
    for wrong in (
        replace(bundle, features=hands),
        replace(bundle, about={"extractor": {"landmark_set": "feet"}}),
        replace(bundle, about={}),
    ):
        with pytest.raises(CheckpointError, match="was made from"):
            tracker_config(wrong)


def test_without_holistic_landmarks_a_training_says_what_makes_them(shared_library):
    [error] = check_training(shared_library, CONFIG).errors
    assert error.message == "There are no holistic landmarks for these glosses yet."
    assert "signtui extract --landmarks holistic" in error.hint


def test_hands_are_what_is_taken_where_nobody_says(both_sets):
    library, extractor_id = both_sets
    with library.session() as session:
        assert choose_extractor(session, landmark_set="holistic") == extractor_id
        one = Extraction.extractor_id != extractor_id
        session.execute(
            update(Extraction).where(one, Extraction.position > 3).values(status="failed")
        )
        for landmark_set in ("hands", None):
            assert choose_extractor(session, landmark_set=landmark_set) != extractor_id
        session.execute(update(Extraction).where(one).values(status="failed"))
        assert choose_extractor(session, landmark_set=None) == extractor_id
        with pytest.raises(NotInCatalogError, match="no landmarks"):
            choose_extractor(session)
        session.rollback()


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_an_export_has_the_bodies(both_sets, tmp_path, suffix):
    library, extractor_id = both_sets
    path = tmp_path / f"marks.{suffix}"
    report = export_landmarks(library, path, extractor=extractor_id)
    plain = tmp_path / f"hands.{suffix}"
    export_landmarks(library, plain)
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=extractor_id)
    bodies = [
        sequence.body for sequence in load_sequences(library, rows) if sequence.body is not None
    ]
    assert report.frames == sum(map(len, bodies))
    with opened(path) as found, opened(plain) as hands:
        np.testing.assert_array_equal(found["body"][()], np.concatenate(bodies))
        assert "body" not in hands
        assert len(found["landmarks"]) == report.frames


def opened(path: Path) -> Any:
    return h5py.File(path) if path.suffix == ".h5" else np.load(path)


@pytest.mark.slow
def test_each_run_takes_the_landmarks_that_its_features_are_made_of(holistic_run):
    library, run_id, extractor_id = holistic_run
    run = get_run(library, run_id)
    assert run.extractor_id == extractor_id
    bundle = read_bundle(library.run_dir(run_id) / "bundle")
    assert bundle.about["extractor"]["landmark_set"] == "holistic"
    assert bundle.features.kind == "holistic"
    recognizer = Recognizer(bundle)
    sequence = holistic_clip("drink", 99)
    window = stream(sequence)
    said = recognizer.predict(window.sequence(), timestamps=window.timestamps())
    assert said == recognizer.predict(sequence)
    with pytest.raises(ConfigError, match="hands alone"):
        recognizer.predict(replace(sequence, body=None))
    plain = check_training(library, tiny())
    assert plain.ready, "hands are still there, and are what is taken unless it is said"
    both = check_training(library, CONFIG)
    assert both.plan is not None
    assert plain.plan is not None
    assert both.plan.parameters > plain.plan.parameters


@pytest.mark.slow
def test_live_says_of_real_clips_what_evaluation_says(holistic_run, real_data, tmp_path):
    library, run_id, extractor_id = holistic_run
    videos = add_real_clips(library, real_data, tmp_path)
    wanted = ExtractConfig(workers=1, landmarks=LandmarkSet.HOLISTIC)
    run_child(library, "capture.extract", JobKind.EXTRACT, wanted.to_json())
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=extractor_id + 1)
    assert {row.video_id for row in rows} == set(videos)
    assert len(rows) == CLIPS
    recognizer = Recognizer.load(library.run_dir(run_id) / "bundle")
    for row, sequence in zip(rows, load_sequences(library, rows), strict=True):
        config = {"run": run_id, "source": str(videos[row.video_id]), "stride": 8}
        said = run_child(library, "ml.live", JobKind.LIVE, config)
        final = json.loads(said.splitlines()[-1])
        assert (final["event"], final["frames"]) == ("final", len(sequence))
        assert final["hands"] == int(sequence.present.any(axis=1).sum())
        offline = recognizer.predict(sequence)
        assert [part["gloss"] for part in final["top"]] == [gloss for gloss, _ in offline.top]
        for part, (_, score) in zip(final["top"], offline.top, strict=True):
            assert part["score"] == pytest.approx(score, abs=2e-6)
        window = stream(sequence)
        np.testing.assert_allclose(
            extract_features(
                window.sequence(), recognizer.features, timestamps=window.timestamps()
            ),
            extract_features(sequence, recognizer.features),
            atol=1e-6,
        )
