"""Bad files are told apart before and after the decoder sees them."""

import shutil

import cv2
import numpy as np
import pytest

from capture.errors import UnreadableClipError
from capture.source import VideoSource
from capture.video import ClipReader, check_bytes, iter_frames, probe_clip
from store.words import Availability


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A small clip of 12 frames, 64 x 48, at 20 frames a second."""
    path = tmp_path_factory.mktemp("clips") / "drawn.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 20, (64, 48))
    for index in range(12):
        image = np.full((48, 64, 3), 20 * index, np.uint8)
        writer.write(image)
    writer.release()
    return path


def test_a_good_clip_is_described(drawn):
    probe = probe_clip(drawn)
    assert probe.availability is Availability.AVAILABLE
    assert (probe.frames, probe.header_frames, probe.width, probe.height) == (12, 12, 64, 48)
    assert probe.fps == pytest.approx(20)
    assert probe.size_bytes == drawn.stat().st_size
    assert probe.mtime_ns == drawn.stat().st_mtime_ns
    assert len(probe.sha256 or "") == 64


def test_frames_come_in_order_as_bgr_pictures(drawn):
    frames = list(iter_frames(drawn))
    assert [index for index, _ in frames] == list(range(12))
    assert all(image.shape == (48, 64, 3) and image.dtype == np.uint8 for _, image in frames)
    means = [float(image.mean()) for _, image in frames]
    assert means == sorted(means)


def test_a_source_counts_its_own_time(drawn):
    with VideoSource(drawn) as source:
        times = [frame.time_s for frame in source]
    assert source.name == "drawn.mp4"
    np.testing.assert_allclose(np.diff(times), 0.05)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty: zero bytes"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "a web page"),
        (b"\xef\xbb\xbf\n\n<HTML lang=en>", "a web page"),
        (b'{"error": "video unavailable"}', "plain text"),
        (b"\x00\x01\x02" * 5000, "undecodable"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00" + bytes(64), "undecodable"),
    ],
)
def test_what_is_no_video_is_corrupt_with_a_reason(tmp_path, content, reason):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    probe = probe_clip(path)
    assert probe.availability is Availability.CORRUPT
    assert probe.reason.startswith(reason)
    assert (probe.frames, probe.size_bytes) == (0, len(content))


def test_a_missing_file_is_missing(tmp_path):
    assert probe_clip(tmp_path / "none.mp4").availability is Availability.MISSING
    with pytest.raises(UnreadableClipError, match="not there"):
        check_bytes(tmp_path / "none.mp4")


def test_a_folder_is_no_clip(tmp_path):
    assert probe_clip(tmp_path).availability is Availability.CORRUPT


def test_a_file_cut_short_says_so(drawn, tmp_path):
    path = tmp_path / "short.mp4"
    path.write_bytes(drawn.read_bytes()[: drawn.stat().st_size // 2])
    probe = probe_clip(path)
    assert probe.availability is Availability.CORRUPT
    assert "cut short" in probe.reason


def test_absurd_sizes_are_refused(drawn, monkeypatch):
    monkeypatch.setattr("capture.video.MAX_SIDE", 50)
    probe = probe_clip(drawn)
    assert probe.availability is Availability.CORRUPT
    assert probe.reason == "absurd size: 64 x 48 pixels"
    with pytest.raises(UnreadableClipError), ClipReader(drawn):
        pass


def test_the_damaged_clips_of_the_wild_have_a_reason(real_data):
    for path in sorted((real_data / "corrupt_videos").glob("*.mp4")):
        probe = probe_clip(path)
        assert probe.availability is Availability.CORRUPT, path.name
        assert probe.reason == "undecodable: its bytes were mangled by a text conversion"


def test_real_clips_decode_and_headers_may_lie(real_data):
    probe = probe_clip(real_data / "videos" / "01377.mp4")
    assert (probe.frames, probe.header_frames) == (22, 25)
    assert (probe.width, probe.height) == (288, 192)


def test_a_name_beyond_ascii_is_no_obstacle(drawn, tmp_path):
    path = tmp_path / "größe ☃.mp4"
    shutil.copy(drawn, path)
    assert probe_clip(path).frames == 12
