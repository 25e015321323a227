"""A small library and a small dataset in WLASL's format."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.landmarks import Sequence
from store.library import Library


def instance(video_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "bbox": [10, 20, 110, 220], "fps": 25, "frame_start": 1, "frame_end": -1,
        "instance_id": 0, "signer_id": 3, "source": "test", "split": "train",
        "url": f"https://example.org/{video_id}.mp4", "variation_id": 0, "video_id": video_id,
        **changes,
    }  # fmt: skip


def small_index() -> list[dict[str, Any]]:
    return [
        {"gloss": "book", "instances": [
            instance("00001", instance_id=0),
            instance("00002", instance_id=1, split="val", signer_id=4),
        ]},
        {"gloss": "drink", "instances": [
            instance("00003", split="test", frame_start=11, frame_end=40),
            instance("00004", signer_id=4, url="https://example.org/00001.mp4"),
        ]},
    ]  # fmt: skip


def write_dataset(folder: Path, index: Any) -> Path:
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    (folder / "WLASL_v0.3.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


@pytest.fixture
def dataset_folder(tmp_path: Path) -> Path:
    folder = write_dataset(tmp_path / "dataset", small_index())
    subset = {"00001": {"subset": "train", "action": [0, 1, 30]},
              "00002": {"subset": "val", "action": [0, 1, 30]},
              "99999": {"subset": "test", "action": [1, 1, 30]}}  # fmt: skip
    (folder / "nslt_100.json").write_text(json.dumps(subset), encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path):
    made = Library.create(tmp_path / "library")
    yield made
    made.close()


@pytest.fixture
def filled(library: Library, dataset_folder: Path) -> Library:
    paths = find_dataset(dataset_folder, unpack_to=library.clips_dir)
    store_dataset(library, read_dataset(paths))
    return library


@pytest.fixture
def full_disk(tmp_path: Path):
    """Makes a small file system: `full_disk(megabytes)` gives its folder."""
    mount = shutil.which("mount")
    if not sys.platform.startswith("linux") or mount is None:
        pytest.skip("small file systems are mounted on Linux only")
    folder = tmp_path / "small-disk"
    folder.mkdir()

    def make(megabytes: int) -> Path:
        command = [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("may not mount a small file system here (needs root)")
        return folder

    yield make
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def make_sequence(frames: int, *, seed: int = 0, absent: float = 0.3) -> Sequence:
    random = np.random.default_rng(seed)
    landmarks = random.random((frames, 2, 21, 3)).astype(np.float32)
    landmarks[random.random((frames, 2)) < absent] = np.nan
    return Sequence(landmarks, fps=25.0, aspect=1.5)
