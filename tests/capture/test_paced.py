"""Files at their own speed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from capture.source import PacedSource


class Time:
    """A clock that only moves when someone sleeps or works."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (32, 24))
    for shade in range(50):
        writer.write(np.full((24, 32, 3), shade, np.uint8))
    writer.release()
    return path


def test_a_quick_reader_gets_all_frames_in_time(clip):
    time = Time()
    with PacedSource(clip, clock=time, sleep=time.pass_by) as source:
        shown = [(frame.index, time.now - 100.0) for frame in source]
    assert [index for index, _ in shown] == list(range(50))
    assert [at for _, at in shown] == pytest.approx([index / 25 for index in range(50)])
    assert source.dropped == 0


def test_a_slow_reader_loses_frames_but_no_time(clip):
    time = Time()
    indices = []
    with PacedSource(clip, clock=time, sleep=time.pass_by) as source:
        for frame in source:
            indices.append(frame.index)
            time.pass_by(0.1)
            assert time.now - 100.0 - frame.time_s < 0.2
    assert source.dropped == 50 - len(indices)
    assert 18 <= len(indices) <= 22
