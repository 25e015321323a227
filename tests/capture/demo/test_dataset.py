"""The data set on disk: WLASL's format, decodable clips, the same bytes from the same seed."""

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from capture.demo.clip import FPS
from capture.demo.dataset import INDEX_NAME, SUBSET_NAME, _plans, draw_dataset
from capture.demo.scene import HEIGHT, WIDTH
from capture.demo.signer import SIGNERS
from capture.demo.signs import SIGNS
from capture.errors import CaptureError

WLASL_FIELDS = {
    "bbox",
    "fps",
    "frame_end",
    "frame_start",
    "instance_id",
    "signer_id",
    "source",
    "split",
    "url",
    "variation_id",
    "video_id",
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    calls = []
    summary = draw_dataset(
        folder,
        glosses=2,
        clips_per_gloss=4,
        workers=2,
        on_clip=lambda done, total: calls.append((done, total)),
    )
    return folder, summary, calls


@pytest.fixture(scope="module")
def index(drawn):
    return json.loads((drawn[0] / INDEX_NAME).read_text(encoding="utf-8"))


def frames_of(path: Path) -> tuple[list[Any], float]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1])
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return frames, fps


def test_the_index_has_wlasl_s_fields_and_types(index):
    assert [entry["gloss"] for entry in index] == [sign.gloss for sign in SIGNS[:2]]
    for entry in index:
        assert set(entry) == {"gloss", "instances"}
        for instance in entry["instances"]:
            assert set(instance) == WLASL_FIELDS
            assert len(instance["video_id"]) == 5
            assert instance["video_id"].isdigit()
            assert (instance["frame_start"], instance["frame_end"]) == (1, -1)
            assert all(type(edge) is int for edge in instance["bbox"])
            assert instance["split"] in {"train", "val", "test"}


def test_the_index_reads_like_the_real_one(index, real_data):
    real = json.loads((real_data / INDEX_NAME).read_text(encoding="utf-8"))[0]["instances"][0]
    ours = index[0]["instances"][0]
    assert {name: type(value) for name, value in ours.items()} == {
        name: type(value) for name, value in real.items()
    }


def test_every_clip_decodes_to_the_frames_that_the_subset_file_names(drawn, index):
    folder, summary, _ = drawn
    subset = json.loads((folder / SUBSET_NAME).read_text(encoding="utf-8"))
    ids = [instance["video_id"] for entry in index for instance in entry["instances"]]
    assert sorted(subset) == sorted(ids)
    assert sorted(path.name for path in (folder / "videos").iterdir()) == sorted(
        f"{video_id}.mp4" for video_id in ids
    )
    total = 0
    for video_id, entry in subset.items():
        frames, fps = frames_of(folder / "videos" / f"{video_id}.mp4")
        assert entry["action"][1:] == [1, len(frames)]
        assert frames[0].shape == (HEIGHT, WIDTH, 3)
        assert fps == pytest.approx(FPS)
        total += len(frames)
    assert summary.frames == total
    assert 0 < summary.frames_with_hands < total


def test_progress_counts_every_clip(drawn):
    _, summary, calls = drawn
    assert calls == [(n, 8) for n in range(1, 9)]
    assert summary.glosses == 2
    assert sum(summary.clips.values()) == 8


def test_the_number_of_workers_changes_no_byte(drawn, tmp_path):
    draw_dataset(tmp_path, glosses=1, clips_per_gloss=4, workers=1)
    for path in (tmp_path / "videos").iterdir():
        assert path.read_bytes() == (drawn[0] / "videos" / path.name).read_bytes()


def test_the_last_signer_is_only_tested_and_the_others_never():
    plans = list(_plans(len(SIGNS), 12, 7))
    assert {plan.signer for plan in plans if plan.split == "test"} == {len(SIGNERS) - 1}
    assert len(SIGNERS) - 1 not in {plan.signer for plan in plans if plan.split != "test"}
    for sign in range(len(SIGNS)):
        splits = [plan.split for plan in plans if plan.sign == sign]
        assert (splits.count("train"), splits.count("val"), splits.count("test")) == (7, 2, 3)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(CaptureError, match="cannot be written"):
        draw_dataset(tmp_path / "file" / "demo", glosses=1, clips_per_gloss=4)


@pytest.mark.parametrize("wrong", [{"clips_per_gloss": 3}, {"glosses": 0}, {"glosses": 99}])
def test_sizes_that_make_no_data_set_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match=r"the least is|not 1 to"):
        draw_dataset(tmp_path, **wrong)
