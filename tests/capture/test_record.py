"""Recordings: as long as it took, whole or not at all."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from capture.errors import RecordError
from capture.record import FPS, Recorder
from capture.source import Frame
from capture.video import ClipReader


def frames(count: int, fps: float, *, start_s: float = 3.0, size=(48, 64)) -> list[Frame]:
    return [
        Frame(i, start_s + i / fps, np.full((*size, 3), 4 * i % 250, np.uint8))
        for i in range(count)
    ]


@pytest.mark.parametrize("fps", [8.0, 15.0, 25.0, 30.0, 60.0])
def test_a_take_lasts_as_long_as_it_took(tmp_path, fps):
    recorder = Recorder(tmp_path / "new")
    recorder.start()
    assert recorder.recording
    for frame in frames(round(2 * fps) + 1, fps):
        assert recorder.see(frame)
    take = recorder.stop()
    assert take is not None
    assert not recorder.recording
    assert take.seconds == pytest.approx(2.0, abs=1.5 / FPS)
    assert (take.width, take.height, take.fps) == (64, 48, FPS)
    with ClipReader(take.path) as reader:
        assert reader.fps == FPS
        assert sum(1 for _ in reader) == take.frames


def test_nothing_is_kept_of_what_was_not_stopped(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.start()
    for frame in frames(10, 25.0):
        recorder.see(frame)
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_stopping_without_a_frame_is_no_take(tmp_path):
    recorder = Recorder(tmp_path)
    assert recorder.stop() is None
    recorder.start()
    assert recorder.stop() is None
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_another_size_are_left_out(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.start()
    for frame in [*frames(10, 25.0), *frames(5, 25.0, start_s=3.4, size=(50, 70))]:
        assert recorder.see(frame)
    take = recorder.stop()
    assert take is not None
    assert (take.width, take.height, take.frames) == (64, 48, 10)


def test_a_take_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr("capture.record.LONGEST_S", 1.0)
    recorder = Recorder(tmp_path)
    recorder.start()
    seen = [recorder.see(frame) for frame in frames(40, 25.0)]
    assert seen.index(False) == 24
    take = recorder.stop()
    assert take is not None
    assert take.frames == 25


def test_a_folder_that_cannot_be_is_one_error(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(RecordError) as caught:
        Recorder(tmp_path / "file" / "folder").start()
    assert caught.value.hint


def test_a_clip_that_was_not_written_whole_is_no_take(tmp_path, monkeypatch):
    class Empty:
        def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
            return True

        def write(self, _image) -> None:
            pass

        def release(self) -> None:
            pass

    monkeypatch.setattr(cv2, "VideoWriter", type("Writer", (), {
        "__new__": lambda _cls, *_: Empty(), "fourcc": staticmethod(lambda *_: 0)
    }))  # fmt: skip
    recorder = Recorder(tmp_path)
    recorder.start()
    recorder.see(frames(1, 25.0)[0])
    with pytest.raises(RecordError, match="not written whole"):
        recorder.stop()
    assert list(Path(tmp_path).iterdir()) == []
