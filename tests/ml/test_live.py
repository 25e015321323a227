"""Live from real clips, as a real process: what it says at the end is what evaluation would say."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capture.config import ExtractConfig
from ml.bundle import Bundle
from ml.config import FeatureConfig
from ml.decide import DecideConfig, Decider
from ml.features import extract_features
from ml.live import tracker_config
from ml.recognizer import Recognizer
from ml.stream import Clock
from store.catalog import choose_extractor, list_sequences, load_sequences
from store.jobs import create_job, get_job
from store.landmarks import Sequence
from store.library import Library
from store.words import JobKind, Status
from tests.ml.real_clips import CLIPS, ROOT, add_real_clips, run_child


@pytest.fixture(scope="module")
def real_library(real_data: Path, tmp_path_factory: pytest.TempPathFactory, trained):
    """Two short real clips, extracted, and the run of the made-up ones to recognise with."""
    folder = tmp_path_factory.mktemp("live")
    shared, run_id = trained
    shared.close()
    shutil.copytree(shared.root, folder / "library")
    library = Library.open(folder / "library")
    videos = add_real_clips(library, real_data, folder)
    run_child(library, "capture.extract", JobKind.EXTRACT, ExtractConfig(workers=1).to_json())
    yield library, run_id, videos
    library.close()


class Watched(Recognizer):
    """Keeps the features that it read last."""

    def scores(self, features):
        self.latest = features
        return super().scores(features)


def compare_stretch(sign: dict[str, Any], sequence: Sequence, recognizer: Watched) -> None:
    """What live read of a stretch is what the same frames give offline, features and glosses."""
    decider = Decider(recognizer, DecideConfig(stride=8))
    right = np.array([0.1, 0.9], np.float32)
    decided = [
        decider.add(n / sequence.fps, frame, right, aspect=sequence.aspect, fps=sequence.fps)
        for n, frame in enumerate(sequence.landmarks)
    ]
    [decision] = [one for one in [*decided, decider.end()] if one is not None]
    streamed = recognizer.latest
    times = np.arange(len(sequence)) / sequence.fps
    part = (times >= decision.start_s) & (times <= decision.end_s)
    stretch = Sequence(sequence.landmarks[part], sequence.fps, sequence.aspect)
    offline = extract_features(stretch, recognizer.features)
    np.testing.assert_allclose(streamed, offline, atol=1e-6)
    assert (sign["start_s"], sign["end_s"], sign["early"]) == (
        pytest.approx(decision.start_s, abs=1e-4),
        pytest.approx(decision.end_s, abs=1e-4),
        decision.early,
    )
    for said, (gloss, score) in zip(sign["top"], recognizer.predict(stretch).top, strict=True):
        assert (said["gloss"], said["score"]) == (gloss, pytest.approx(score, abs=2e-6))


@pytest.mark.slow
def test_live_ends_where_evaluation_does(real_library):
    library, run_id, videos = real_library
    recognizer = Recognizer.load(library.run_dir(run_id) / "bundle")
    with library.reading() as session:
        rows = [
            row
            for extractor in (1, 2)
            for row in list_sequences(session, extractor_id=extractor)
            if row.video_id in videos
        ]
        assert choose_extractor(session) == 1
    assert len(rows) == CLIPS
    for row, sequence in zip(rows, load_sequences(library, rows), strict=True):
        config = {"run": run_id, "source": str(videos[row.video_id]), "stride": 8}
        said = run_child(library, "ml.live", JobKind.LIVE, config)
        events = [json.loads(line) for line in said.splitlines()]
        final = events[-1]
        assert [event["event"] for event in events[:1] + events[-1:]] == ["start", "final"]
        assert final["frames"] == len(sequence)
        assert final["hands"] == int(sequence.present.any(axis=1).sum())
        offline = recognizer.predict(sequence)
        assert [part["gloss"] for part in final["top"]] == [gloss for gloss, _ in offline.top]
        for part, (_, score) in zip(final["top"], offline.top, strict=True):
            assert part["score"] == pytest.approx(score, abs=2e-6)
        predictions = [event for event in events if event["event"] == "prediction"]
        assert len(predictions) == len(sequence) // 8
        assert {event["state"] for event in predictions} <= {"idle", "signing", "decided"}
        signs = [event for event in events if event["event"] == "sign"]
        assert final["signs"] == len(signs) == 1
        assert 0 <= signs[0]["start_s"] < signs[0]["end_s"] <= final["time_s"]
        compare_stretch(signs[0], sequence, Watched(recognizer.bundle))
        stages = {"capture", "landmarks", "features", "model", "total"}
        assert {"capture", "landmarks", "total"} <= set(predictions[0]["latency_ms"]) <= stages
        assert all(set(final["latency_ms"][stage]) == {"p50", "p95"} for stage in stages)


@pytest.mark.slow
def test_a_folder_is_read_clip_by_clip_at_its_own_speed(real_library, tmp_path):
    library, run_id, videos = real_library
    for path in videos.values():
        shutil.copy(path, tmp_path)
    (tmp_path / "notes.txt").write_text("no clip", encoding="utf-8")
    config = {"run": run_id, "source": str(tmp_path), "realtime": True}
    events = [
        json.loads(line)
        for line in run_child(library, "ml.live", JobKind.LIVE, config).splitlines()
    ]
    starts = [event["source"] for event in events if event["event"] == "start"]
    assert starts == sorted(path.name for path in videos.values())
    finals = [event for event in events if event["event"] == "final"]
    assert all(event["frames"] > 10 for event in finals)
    assert len(finals) == CLIPS


@pytest.mark.slow
def test_a_source_that_is_no_clip_is_one_clear_error(real_library, real_data):
    library, run_id, _ = real_library
    source = next(iter(sorted((real_data / "corrupt_videos").iterdir())))
    job_id = create_job(library, JobKind.LIVE, {"run": run_id, "source": str(source)})
    command = [sys.executable, "-m", "ml.live", "--library", str(library.root), "--job"]
    said = subprocess.run([*command, str(job_id)], cwd=ROOT, capture_output=True, check=False)
    assert said.returncode == 1
    row = get_job(library, job_id)
    assert row.status == Status.FAILED
    assert row.error == (
        f"The clip {source.name} cannot be read: "
        "undecodable: its bytes were mangled by a text conversion."
    )
    assert row.hint


def test_clock_sums_up():
    clock = Clock()
    for _ in range(3):
        with clock.measure("model"):
            pass
    assert set(clock.summary()) == {"model"}
    assert clock.summary()["model"]["p50"] >= 0


def test_live_uses_the_thresholds_that_training_saw():
    settings = {"detection_confidence": 0.3, "complexity": "x", "unknown": 1}
    about = {"extractor": {"settings": settings}}
    bundle = Bundle(Path(), ("a",), FeatureConfig(), about, b"")
    config = tracker_config(bundle)
    assert (config.detection_confidence, config.complexity) == (0.3, 1)
    assert tracker_config(replace(bundle, about={})).detection_confidence == 0.5
