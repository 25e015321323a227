"""Small pictures of a clip, from a child process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from capture.thumbnails import MAX_PICTURES, fitted
from capture.video import iter_frames

ROOT = Path(__file__).resolve().parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def run(path: Path, first: int, last: int, box=(120, 90)):
    command = [sys.executable, "-P", "-m", "capture.thumbnails", str(path)]
    done = subprocess.run(
        [*command, *map(str, (first, last, *box))],
        capture_output=True, cwd=ROOT, env=ENV, timeout=60, check=False,
    )  # fmt: skip
    head, _, body = done.stdout.partition(b"\n")
    return done.returncode, json.loads(head), body


def pictures(head, body):
    size = 4 + head["width"] * head["height"] * 3
    assert len(body) % size == 0
    cut = [body[start : start + size] for start in range(0, len(body), size)]
    shape = (head["height"], head["width"], 3)
    return {int.from_bytes(one[:4]): np.frombuffer(one[4:], np.uint8).reshape(shape) for one in cut}


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1920, 1080, (120, 68)), (288, 192, (120, 80)), (100, 400, (22, 90)), (40, 30, (40, 30)),
     (8000, 10, (120, 1))],
)  # fmt: skip
def test_pictures_keep_their_shape_in_the_box(width, height, expected):
    assert fitted(width, height, (120, 90)) == expected


def test_the_frames_of_a_range_come_small_and_in_order(real_data):
    path = min((real_data / "videos").glob("*.mp4"), key=lambda path: path.stat().st_size)
    code, head, body = run(path, 5, 15)
    assert code == 0
    found = pictures(head, body)
    assert list(found) == list(range(5, 15))
    whole = dict(iter_frames(path))
    for index, small in found.items():
        colour = whole[index].reshape(-1, 3).mean(0)[::-1]
        assert np.abs(small.reshape(-1, 3).mean(0) - colour).max() < 2


def test_a_long_clip_is_thinned_out(real_data):
    counted = {
        path: sum(1 for _ in iter_frames(path))
        for path in sorted((real_data / "videos").glob("*.mp4"), key=lambda p: -p.stat().st_size)[
            :1
        ]
    }
    (path, frames), = counted.items()  # fmt: skip
    code, head, body = run(path, 0, MAX_PICTURES * 3, (16, 16))
    assert code == 0
    assert list(pictures(head, body)) == list(range(0, frames, 3))


@pytest.mark.parametrize("range_", [(0, -1), (3, 9)])
def test_a_damaged_clip_is_a_sentence(real_data, range_):
    for path in sorted((real_data / "corrupt_videos").glob("*.mp4"))[:2]:
        code, head, body = run(path, *range_)
        assert (code, body) == (1, b"")
        assert "mangled" in head["error"]


def test_what_is_not_there_is_a_sentence(tmp_path, real_data):
    assert run(tmp_path / "no.mp4", 0, -1)[:2] == (1, {"error": "the file is not there"})
    path = next((real_data / "videos").glob("*.mp4"))
    code, head, _ = run(path, 100_000, -1)
    assert code == 1
    assert head == {"error": "the clip ends before frame 100000"}


def test_it_ends_when_nobody_reads_any_more(real_data):
    path = max((real_data / "videos").glob("*.mp4"), key=lambda path: path.stat().st_size)
    command = [sys.executable, "-P", "-m", "capture.thumbnails", str(path), "0", "-1", "120", "90"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=ENV
    )
    assert json.loads(child.stdout.readline())["width"] == 120
    child.stdout.close()
    assert child.wait(60)
    assert child.stderr.read() == b""
    child.stderr.close()
