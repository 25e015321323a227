"""Recording while live runs, without a model: what the camera saw becomes a clip of the catalog."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture.record import Take
from capture.video import probe_clip
from store.jobs import create_job, get_job
from store.library import Library
from store.query import run_query
from store.recordings import keep_recording, sweep_takes, waiting_takes
from store.takes import describe_recording, recordings_dir
from store.words import JobKind, Status

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def write_clip(path: Path, frames: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for shade in range(frames):
        writer.write(np.full((48, 64, 3), 3 * shade % 256, np.uint8))
    writer.release()
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "camera.avi", frames=75)


def test_a_take_is_recorded_kept_and_waits_for_extraction(tmp_path, clip):
    library = Library.create(tmp_path / "library")
    job_id = create_job(library, JobKind.LIVE, {"run": None, "source": str(clip), "realtime": True})
    command = [
        sys.executable,
        "-m",
        "ml.live",
        "--library",
        str(library.root),
        "--job",
        str(job_id),
    ]
    events = []
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        def tell(**said) -> None:
            child.stdin.write(json.dumps(said).encode() + b"\n")
            child.stdin.flush()

        tell(command="view", width=20, height=20)
        # A busy machine skips frames: not a certain one, but the first from there on.
        coming = [(43, False), (19, True)]
        for line in child.stdout:
            events.append(json.loads(line))
            if coming and events[-1].get("frame", 0) >= coming[-1][0]:
                tell(command="record", on=coming.pop()[1])
    assert get_job(library, job_id).status == Status.FINISHED
    kinds = [event["event"] for event in events]
    assert kinds[0] == "start"
    assert kinds[-1] == "final"
    assert "sign" not in kinds
    assert "view" in kinds
    assert [event["on"] for event in events if event["event"] == "record"] == [True, False]
    [said] = [event for event in events if event["event"] == "take"]
    said.pop("event")
    take = Take(**{**said, "path": Path(said["path"])})
    assert 0 < take.seconds < 75 / 25
    kept = keep_recording(
        library, take.path, gloss="my word", signer="me", frames=take.frames, fps=take.fps,
        width=take.width, height=take.height,
    )  # fmt: skip
    probe = probe_clip(kept.path)
    assert (probe.availability, probe.frames, probe.fps) == ("available", take.frames, take.fps)
    rows = run_query(library, "SELECT gloss, signer, extraction, sha256 FROM instances").rows
    assert rows == [("my word", "me", "pending", probe.sha256)]
    library.close()


def record_until(library: Library, clip: Path, frame: int) -> subprocess.Popen[bytes]:
    """A live job that records from its first frame; the caller ends it at a frame."""
    job_id = create_job(library, JobKind.LIVE, {"run": None, "source": str(clip), "stride": 1})
    command = [sys.executable, "-m", "ml.live", "--library", str(library.root), "--job"]
    child = subprocess.Popen(
        [*command, str(job_id)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    said = {"command": "record", "on": True, **describe_recording("my word", "me"), "owner": None}
    child.stdin.write(json.dumps(said).encode() + b"\n")
    child.stdin.flush()
    while json.loads(child.stdout.readline()).get("frame") != frame:
        pass
    return child


@pytest.fixture
def long_clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "camera.avi", frames=3000)


def test_a_take_outlives_whoever_recorded_it(tmp_path, long_clip):
    library = Library.create(tmp_path / "library")
    with record_until(library, long_clip, 40) as child:
        child.stdout.close()  # as where the dashboard is killed
    [take] = waiting_takes(library)
    assert (take.gloss, take.signer) == ("my word", "me")
    probe = probe_clip(take.path)
    assert (probe.availability, probe.frames, probe.fps) == ("available", take.frames, take.fps)
    assert take.frames >= 20
    assert sweep_takes(library) == 0
    library.close()


def test_what_a_killed_job_was_writing_is_no_take(tmp_path, long_clip):
    library = Library.create(tmp_path / "library")
    with record_until(library, long_clip, 40) as child:
        child.kill()
    assert waiting_takes(library) == []
    [half] = recordings_dir(library).iterdir()
    assert probe_clip(half).availability == "corrupt", "if it could be played, it should be offered"
    assert sweep_takes(library) == 1
    assert list(recordings_dir(library).iterdir()) == []
    library.close()
