"""What a user means by a source."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capture.address import Address, SourceKind, find_camera, list_cameras, parse_address
from capture.errors import SourceError


@pytest.mark.parametrize(
    ("text", "value"), [("0", "0"), (" 2 ", "2"), ("/dev/video7", "7"), ("007", "7")]
)
def test_numbers_and_devices_are_cameras(text, value):
    assert parse_address(text) == Address(SourceKind.CAMERA, value)
    assert parse_address(text).live


@pytest.mark.parametrize("text", ["rtsp://cam.local/1", "http://127.0.0.1:8080/video.mjpg"])
def test_addresses_on_the_net_are_streams(text):
    assert parse_address(text) == Address(SourceKind.STREAM, text)


def test_files_and_folders_are_told_apart(tmp_path):
    clip = tmp_path / "5"
    clip.write_bytes(b"x")
    assert parse_address(str(clip)) == Address(SourceKind.FILE, str(clip))
    assert parse_address(str(tmp_path)) == Address(SourceKind.FOLDER, str(tmp_path))
    assert not parse_address(str(tmp_path)).live


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "no such thing.mp4",
        "x" * 5000,
        "ftp://host/x",
        "http://",
        "rtsp://[bad",
        "file:///etc",
    ],
)
def test_anything_else_is_one_clear_error(text):
    with pytest.raises(SourceError) as caught:
        parse_address(text)
    assert caught.value.hint


def test_a_password_is_never_shown():
    shown = parse_address("rtsp://anna:secret@cam.local:554/main?token=abc").name
    assert shown == "rtsp://cam.local:554/main"


def test_cameras_are_found_by_their_names(tmp_path):
    for number, name in ((0, "Integrated Camera: IR"), (2, "Logitech C920")):
        (tmp_path / f"video{number}").mkdir()
        (tmp_path / f"video{number}" / "name").write_text(f"{name}\n", encoding="utf-8")
    (tmp_path / "video-x").mkdir()
    (tmp_path / "video5").mkdir()
    assert list_cameras(tmp_path) == {0: "Integrated Camera: IR", 2: "Logitech C920"}
    assert find_camera("logi", tmp_path) == 2
    assert find_camera("", tmp_path) is None
    assert find_camera("none", tmp_path) is None


@given(st.text(max_size=60))
@example("http://\x00")
@example("~0")
@example("²")
def test_no_text_breaks_it(text):
    with suppress(SourceError):
        assert parse_address(text).value
