"""The demo's data set: clips of the drawn signers, with an index in WLASL's own format."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal

import cv2

from capture.child import start_child
from capture.demo.clip import FPS, draw_clip
from capture.demo.scene import HEIGHT, WIDTH
from capture.demo.signer import SIGNERS
from capture.demo.signs import SIGNS
from capture.errors import CaptureError

Split = Literal["train", "val", "test"]

SOURCE: Final = "signtui-demo"
INDEX_NAME: Final = "WLASL_v0.3.json"
SUBSET_NAME: Final = "nslt_100.json"
FEWEST_CLIPS: Final = 4
"""Of a gloss: one of the last signer's, one for val, two to learn from."""
_CODEC: Final = "mp4v"
"""MPEG-4 part 2: every wheel of OpenCV can write it."""


@dataclass(frozen=True, slots=True)
class DemoSummary:
    glosses: int
    clips: dict[Split, int]
    frames: int
    frames_with_hands: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """One clip to draw."""

    number: int
    sign: int
    signer: int
    split: Split
    seed: int
    instance: int

    @property
    def video_id(self) -> str:
        return f"{self.number:05d}"


@dataclass(frozen=True, slots=True)
class _Drawn:
    plan: _Plan
    frames: int
    frames_with_hands: int
    box: tuple[int, int, int, int]


def draw_dataset(
    folder: Path,
    *,
    glosses: int = len(SIGNS),
    clips_per_gloss: int = 12,
    seed: int = 7,
    workers: int | None = None,
    on_clip: Callable[[int, int], None] | None = None,
) -> DemoSummary:
    """Draw all clips and write the index; the same seed gives the same files.

    Args:
        folder: gets `WLASL_v0.3.json`, `nslt_100.json` and `videos/<video_id>.mp4`.
        glosses: how many of the signs, from the first.
        clips_per_gloss: a quarter of them by the signer who is only in the test split.
        seed: of everything random.
        workers: processes; one a core where None.
        on_clip: called after each clip with how many are done, and of how many.

    Raises:
        CaptureError: a clip or the index cannot be written.
    """
    if not 1 <= glosses <= len(SIGNS):
        raise ValueError(f"glosses is {glosses}, not 1 to {len(SIGNS)}")
    if clips_per_gloss < FEWEST_CLIPS:
        raise ValueError(f"clips_per_gloss is {clips_per_gloss}, the least is {FEWEST_CLIPS}")
    videos = folder / "videos"
    plans = list(_plans(glosses, clips_per_gloss, seed))
    try:
        videos.mkdir(parents=True, exist_ok=True)
        drawn = _draw_all(plans, videos, workers, on_clip)
        _write_json(folder / INDEX_NAME, _index(drawn), indent=4)
        _write_json(folder / SUBSET_NAME, _subset(drawn), indent=None)
    except OSError as error:
        raise CaptureError(
            f"The demo's data set cannot be written to {folder}: {error.strerror or error}.",
            hint="Choose a folder that can be written to and has room for 50 MB.",
        ) from error
    return _summary(drawn)


def _plans(glosses: int, clips_per_gloss: int, seed: int) -> Iterator[_Plan]:
    """Yield every clip: the last signer's are test, the others' train and val in turn."""
    tests = clips_per_gloss // 4
    vals = max(clips_per_gloss // 6, 1)
    known = len(SIGNERS) - 1
    number = 0
    for sign in range(glosses):
        for instance in range(clips_per_gloss):
            number += 1
            left = clips_per_gloss - instance
            split: Split = "test" if left <= tests else "val" if left <= tests + vals else "train"
            signer = known if split == "test" else (instance + sign) % known
            yield _Plan(number, sign, signer, split, seed, instance)


def _draw_all(
    plans: list[_Plan],
    videos: Path,
    workers: int | None,
    on_clip: Callable[[int, int], None] | None,
) -> list[_Drawn]:
    """Return what was drawn, in the plans' order."""
    processes = max(min(workers or os.cpu_count() or 1, len(plans)), 1)
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=start_child, initargs=(None,)
    )
    try:
        jobs: list[Future[_Drawn]] = [pool.submit(_draw, plan, videos) for plan in plans]
        for done, job in enumerate(as_completed(jobs), start=1):
            job.result()
            if on_clip is not None:
                on_clip(done, len(plans))
        return [job.result() for job in jobs]
    except BrokenProcessPool as error:
        raise CaptureError(
            "A process that draws clips was ended from outside.",
            hint="Usually memory ran out: close other programs, or draw with one worker.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _draw(plan: _Plan, videos: Path) -> _Drawn:
    """Draw and write one clip; runs in a child process."""
    seed = (plan.seed, plan.number)
    clip = draw_clip(SIGNS[plan.sign], SIGNERS[plan.signer], seed)
    path = videos / f"{plan.video_id}.mp4"
    partial = path.with_suffix(".partial.mp4")
    writer = cv2.VideoWriter(str(partial), cv2.VideoWriter.fourcc(*_CODEC), FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise CaptureError(
            f"OpenCV cannot write {partial}.",
            hint="Choose a folder that can be written to; `signtui doctor` shows OpenCV's codecs.",
        )
    for frame in clip.frames:
        writer.write(frame)
    writer.release()
    partial.replace(path)
    return _Drawn(plan, len(clip.frames), clip.frames_with_hands, clip.box)


def _index(drawn: list[_Drawn]) -> list[dict[str, Any]]:
    """Return the index as WLASL writes it: frames count from 1, -1 means to the end."""
    return [
        {
            "gloss": sign.gloss,
            "instances": [_instance(clip) for clip in drawn if clip.plan.sign == number],
        }
        for number, sign in enumerate(SIGNS[: 1 + max(clip.plan.sign for clip in drawn)])
    ]


def _instance(clip: _Drawn) -> dict[str, Any]:
    return {
        "bbox": list(clip.box),
        "fps": FPS,
        "frame_end": -1,
        "frame_start": 1,
        "instance_id": clip.plan.instance,
        "signer_id": SIGNERS[clip.plan.signer].number,
        "source": SOURCE,
        "split": clip.plan.split,
        "url": "",
        "variation_id": 0,
        "video_id": clip.plan.video_id,
    }


def _subset(drawn: list[_Drawn]) -> dict[str, Any]:
    """Return the official subset file's content: split, class, first and last frame."""
    return {
        clip.plan.video_id: {
            "subset": clip.plan.split,
            "action": [clip.plan.sign, 1, clip.frames],
        }
        for clip in drawn
    }


def _write_json(path: Path, content: object, *, indent: int | None) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=indent) + "\n", encoding="utf-8")
    partial.replace(path)


def _summary(drawn: list[_Drawn]) -> DemoSummary:
    splits: tuple[Split, ...] = ("train", "val", "test")
    return DemoSummary(
        glosses=len({clip.plan.sign for clip in drawn}),
        clips={split: sum(clip.plan.split == split for clip in drawn) for split in splits},
        frames=sum(clip.frames for clip in drawn),
        frames_with_hands=sum(clip.frames_with_hands for clip in drawn),
    )
