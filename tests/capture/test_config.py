import json

import pytest

from capture.config import ExtractConfig, HandsConfig, ScanConfig
from store.errors import SettingsError


def test_settings_survive_json():
    config = ExtractConfig(HandsConfig(detection_confidence=0.3), workers=3, glosses=("a", "b"))
    assert ExtractConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    scan = ScanConfig(full=True, workers=1)
    assert ScanConfig.from_json(json.loads(json.dumps(scan.to_json()))) == scan


def test_defaults_need_nothing():
    assert ExtractConfig.from_json({}) == ExtractConfig()
    assert ExtractConfig().worker_count >= 1


@pytest.mark.parametrize(
    "settings",
    [
        {"workrs": 2},
        {"hands": {"confidence": 0.5}},
        {"hands": {"detection_confidence": 1.5}},
        {"hands": {"complexity": 2}},
        {"workers": -1},
        {"limit": -1},
        {"attempts": 0},
        {"time_limit_s": 0},
    ],
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(SettingsError):
        ExtractConfig.from_json(settings)
