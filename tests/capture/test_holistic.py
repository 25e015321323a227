"""MediaPipe Holistic behind its seam; it runs in processes of its own, never in pytest's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capture.config import ExtractConfig, HandsConfig, HolisticConfig, LandmarkSet
from capture.extractor import extractor_key, extractor_settings
from store.errors import SettingsError

_ROOT = Path(__file__).resolve().parents[2]


def test_the_key_tells_the_set_and_its_thresholds():
    keys = {
        extractor_key(HandsConfig()),
        extractor_key(HolisticConfig()),
        extractor_key(HolisticConfig(detection_confidence=0.4)),
        extractor_key(HolisticConfig(tracking_confidence=0.4)),
    }
    assert len(keys) == 4
    assert sum(key.startswith("holistic-") for key in keys) == 3
    settings = extractor_settings(HolisticConfig())
    assert settings["landmark_set"] == "holistic"
    assert len(settings["models"]) == 7


def test_a_job_goes_to_the_set_that_was_chosen_and_back():
    config = ExtractConfig(landmarks=LandmarkSet.HOLISTIC)
    assert config.tracker == HolisticConfig()
    assert ExtractConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    before = {"hands": {"complexity": 0}, "workers": 1}
    assert ExtractConfig.from_json(before).tracker == HandsConfig(complexity=0)
    with pytest.raises(SettingsError, match="no landmark set feet"):
        ExtractConfig.from_json({"landmarks": "feet"})
    with pytest.raises(SettingsError, match="between 0 and 1"):
        HolisticConfig(tracking_confidence=1.5)


@pytest.mark.slow
def test_it_gives_what_mediapipes_own_solution_gives(real_data):
    videos = real_data / "videos"
    answer = subprocess.run(
        [
            sys.executable, "-P", "-m", "tests.capture.holistic_child",
            str(videos / "53199.mp4"), str(videos / "01377.mp4"),
        ],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        check=True,
        timeout=200,
    )  # fmt: skip
    seen = json.loads(answer.stdout)
    assert seen["key"] == extractor_key(HolisticConfig())
    assert seen["light"], "the key must not need MediaPipe"
    assert seen["hands_as_legacy"]
    assert seen["body_as_legacy"], "after another clip, as with a tracker of its own"
    assert seen["hands"] > 10
    assert seen["poses"] == seen["lips"] == seen["frames"]
    assert seen["lips_below_nose"]
    assert seen["left_shoulder_on_the_images_right"], "left is the signer's own"
    assert seen["same_slot"] > 10 * (1 + seen["other_slot"])
    assert not seen["tensorflow"]
