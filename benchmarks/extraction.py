"""Extraction: the notebook's loop, ours and the floor on the same clips, taking turns in one run.

The notebook's is one process in static mode, with its `extract_landmarks` on every frame. Ours is
the real job on a library made for it: spawned workers, HDF5 files and catalog included. Both are
timed from the loading of the models (ours: from the first worker that is ready) to the last clip,
imports left out. CPU seconds, where ours include the start of all processes, tell more than wall
seconds on a busy machine.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import NOTHING, goal, load, real_data, time_s
from capture.extractor import HandsExtractor
from capture.graph import MODULES, load_mediapipe, mediapipe_root
from capture.video import ClipReader
from store.catalog import list_sequences, load_sequences
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import create_job, get_job
from store.library import Library
from store.words import JobKind

MOVED = 2
"""Pixels, which nobody sees."""
SAME_HAND = 0.5
"""Farther apart, in parts of its size, it is another hand."""


def notebook_loop(paths: Sequence[str], target: str, moved: int = 0) -> dict[str, float]:
    """The notebook's cells 3, 4 and 8: what they do for each frame.

    With `moved` each picture is moved by so many pixels before, and its points back after.
    """
    load_mediapipe()
    from mediapipe.python.solutions import hands as mp_hands  # noqa: PLC0415

    started, cpu = time.perf_counter(), time.process_time()
    hands = mp_hands.Hands(static_image_mode=True, max_num_hands=2, min_detection_confidence=0.5)
    found: dict[str, list[list[float]]] = {}
    for path in paths:
        capture = cv2.VideoCapture(path)
        rows = found[Path(path).stem] = []
        while capture.isOpened():
            there, frame = capture.read()
            if not there:
                break
            height, width = frame.shape[:2]
            if moved:
                by = np.array([[1, 0, moved], [0, 1, moved]], np.float32)
                edge = cv2.BORDER_REPLICATE
                frame = cv2.warpAffine(frame, by, (width, height), borderMode=edge)
            results = hands.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            landmarks: list[float] = []
            for hand in results.multi_hand_landmarks or []:
                for point in hand.landmark:
                    landmarks.extend([point.x - moved / width, point.y - moved / height, point.z])
            landmarks += [0.0] * (126 - len(landmarks))
            rows.append(landmarks)
        capture.release()
    times = {"seconds": time.perf_counter() - started, "cpu_s": time.process_time() - cpu}
    arrays = {name: np.reshape(rows, (-1, 2, 21, 3)) for name, rows in found.items()}
    np.savez(target, **arrays)
    counts = [(array != 0).any(axis=(2, 3)).sum(axis=1) for array in arrays.values()]
    return {
        **times,
        "frames": sum(map(len, counts)),
        "any": sum(int((count > 0).sum()) for count in counts),
        "two": sum(int((count > 1).sum()) for count in counts),
    }


def run_notebook(clips: list[Path], target: Path, moved: int = 0) -> dict[str, float]:
    """The loop in a process of its own."""
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.extraction",
            "--notebook",
            str(moved),
            str(target),
            *map(str, clips),
        ],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    result: dict[str, float] = json.loads(answer.stdout)
    return result


def floor_s(clips: list[Path]) -> dict[str, float]:
    """Seconds that decoding and the networks take alone: a pass for each hand found and each search.

    `least_s` leaves out the passes that hands which keep still do not need.
    """
    cv2.setNumThreads(1)
    started = time.perf_counter()
    for path in clips:
        with ClipReader(path) as reader:
            for _ in reader:
                pass
    decoding = time.perf_counter() - started
    searches = hands = passes = frames = 0
    with HandsExtractor() as extractor:
        for path in clips:
            with ClipReader(path) as reader:
                for image in reader:
                    found = extractor.process(image)
                    searches, hands = searches + extractor.searched, hands + found.count
                    passes += found.count * extractor.looked
                    frames += 1
            extractor.reset()
    palm, hand = network_s("palm_detection"), network_s("hand_landmark")
    return {
        "frames": frames,
        "seconds": decoding + searches * palm + hands * hand,
        "least_s": decoding + searches * palm + passes * hand,
        "decoding": decoding,
        "searches": searches,
        "hands": hands,
        "passes": passes,
        "palm_ms": 1000 * palm,
        "hand_ms": 1000 * hand,
    }


def network_s(name: str, runs: int = 200) -> float:
    """Seconds of one pass through a network of MediaPipe's, in LiteRT with XNNPACK, one thread."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    path = mediapipe_root() / MODULES / name / f"{name}_full.tflite"
    network = Interpreter(str(path), num_threads=1)
    network.allocate_tensors()
    (entry,) = network.get_input_details()
    network.set_tensor(entry["index"], np.full(entry["shape"], 0.5, np.float32))
    seconds = time_s(network.invoke, runs=runs)
    return statistics.median(seconds)


def differences(notebook: Path, ours: dict[str, NDArray[np.float32]], clips: list[Path]) -> Any:
    """Median distance of the points of each hand that both find, in parts of the hand's size.

    The size is the longer side of the box around a hand, in the picture's own proportions.
    """
    found = []
    with np.load(notebook) as theirs:
        for clip in clips:
            with ClipReader(clip) as reader:
                shape = next(iter(reader)).shape
            scale = np.array([shape[1], shape[0]])
            for old, new in zip(theirs[clip.stem], ours.get(clip.stem, ()), strict=False):
                seen = [hand[:, :2] * scale for hand in new if not np.isnan(hand).any()]
                for hand in (hand[:, :2] * scale for hand in old if hand.any()):
                    size = np.ptp(hand, axis=0).max()
                    away = [np.median(np.linalg.norm(hand - one, axis=1)) / size for one in seen]
                    if away and min(away) < SAME_HAND:
                        found.append(min(away))
    return np.array(found)


def hands_of(notebook: Path) -> dict[str, NDArray[np.float32]]:
    """The landmarks of a notebook's loop as ours are: NaN where there is no hand."""
    with np.load(notebook) as arrays:
        return {
            name: np.where((array != 0).any(axis=(2, 3), keepdims=True), array, np.nan)
            for name, array in arrays.items()
        }


def run_ours(clips: list[Path], workers: int, hands: dict[str, Any]) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        library = make_library(folder, clips)
        run_job(library, JobKind.SCAN, {"workers": workers})
        before = children_s()
        result = run_job(library, JobKind.EXTRACT, {"workers": workers, "hands": hands})
        cpu_s = children_s() - before
        with library.reading() as session:
            rows = list_sequences(session, extractor_id=int(result["extractor_id"]))
        sequences = load_sequences(library, rows)
        landmarks = {
            row.video_id: sequence.landmarks for row, sequence in zip(rows, sequences, strict=True)
        }
        seen = [sequence.present.sum(axis=1) for sequence in sequences]
        library.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        **result,
        "landmarks": landmarks,
        "seconds": result["working_s"],
        "cpu_s": cpu_s,
        "any": sum(int((counts > 0).sum()) for counts in seen),
        "two": sum(int((counts > 1).sum()) for counts in seen),
    }


def make_library(folder: Path, clips: list[Path]) -> Library:
    videos = folder / "dataset" / "videos"
    videos.mkdir(parents=True)
    for clip in clips:
        shutil.copy2(clip, videos)
    index = [{"gloss": f"clip {clip.stem}", "instances": [instance(clip.stem)]} for clip in clips]
    (folder / "dataset" / "WLASL_v0.3.json").write_text(json.dumps(index), encoding="utf-8")
    library = Library.create(folder / "library")
    paths = find_dataset(folder / "dataset", unpack_to=library.clips_dir)
    store_dataset(library, read_dataset(paths))
    return library


def instance(video_id: str) -> dict[str, Any]:
    return {
        "bbox": [0, 0, 1, 1], "fps": 25, "frame_start": 1, "frame_end": -1, "instance_id": 0,
        "signer_id": 0, "source": "benchmark", "split": "train", "url": video_id,
        "variation_id": 0, "video_id": video_id,
    }  # fmt: skip


def run_job(library: Library, kind: JobKind, config: dict[str, Any]) -> dict[str, Any]:
    job_id = create_job(library, kind, config)
    subprocess.run(
        [sys.executable, "-P", "-m", f"capture.{kind}",
         "--library", str(library.root), "--job", str(job_id)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        stderr=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip
    return get_job(library, job_id).result or {}


def children_s() -> float:
    """CPU seconds of all child processes that have ended; 0 on Windows, which does not count."""
    times = os.times()
    return times.children_user + times.children_system


def show(name: str, one: dict[str, Any]) -> float:
    rate = one["frames"] / one["seconds"]
    print(
        f"  {name:19} {rate:6.1f} frames/s wall, {1000 * one['cpu_s'] / one['frames']:5.1f} "
        f"CPU ms a frame; a hand in {one['any'] / one['frames']:.2%}, "
        f"two in {one['two'] / one['frames']:.2%} of {one['frames']:.0f} frames",
        flush=True,
    )
    return rate


def main() -> int:
    if sys.argv[1:2] == ["--notebook"]:
        print(json.dumps(notebook_loop(sys.argv[4:], sys.argv[3], int(sys.argv[2]))))
        return 0
    if sys.argv[1:2] == ["--floor"]:
        print(json.dumps(floor_s([Path(path) for path in sys.argv[2:]])))
        return 0
    parser = argparse.ArgumentParser(prog="benchmarks.extraction")
    parser.add_argument("--clips", type=int, default=52)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--thorough", action="store_true", help="also with a search in every frame")
    options = parser.parse_args()
    folder = real_data()
    if folder is None:
        print("no WLASL clips here; set SIGNTUI_TEST_DATA to the folder that has them")
        return 0
    clips = sorted((folder / "videos").glob("*.mp4"))
    clips = clips[:: max(1, len(clips) // options.clips)][: options.clips]
    with tempfile.TemporaryDirectory(prefix="signtui-bench-") as scratch:
        measure(clips, options, Path(scratch) / "notebook.npz")
    return 0


def measure(clips: list[Path], options: argparse.Namespace, target: Path) -> None:
    rates: dict[str, list[float]] = {
        name: [] for name in ("notebook", "one", "two", "floor", "least")
    }
    for number in range(options.rounds):
        print(f"round {number + 1}: {len(clips)} clips, {load()}")
        notebook = run_notebook(clips, target)
        rates["notebook"].append(show("notebook", notebook))
        two = run_ours(clips, options.workers, {})
        rates["two"].append(show(f"signtui, {options.workers} workers", two))
        one = run_ours(clips, 1, {})
        rates["one"].append(show("signtui, 1 worker", one))
        lowest = run_floor(clips)
        rates["floor"].append(lowest["frames"] / lowest["seconds"])
        rates["least"].append(lowest["frames"] / lowest["least_s"])
        print(f"  floor               {rates['floor'][-1]:6.1f} frames/s: {say_floor(lowest)}")
        print(f"  largest worker {two['peak_worker_mb']:.0f} MB", flush=True)
    away = differences(target, two["landmarks"], clips)
    moved = target.with_name("moved.npz")
    run_notebook(clips, moved, MOVED)
    own = differences(target, hands_of(moved), clips)
    if options.thorough:
        show("signtui, thorough", run_ours(clips, options.workers, {"thorough": True}))
    n = f"{options.rounds} rounds of {len(clips)} clips, {two['frames']:,} frames"
    goal(f"extraction, {options.workers} workers", "the notebook's loop",
         spread(rates["two"], rates["notebook"]) + " times", "3, beyond: 4", n)  # fmt: skip
    goal("frames with a hand", "static mode", f"{two['any']:,} of {notebook['any']:,}",
         "at least as many", n)  # fmt: skip
    goal("the same landmarks, of the hand's size", "static mode",
         f"median {np.median(away):.2%}, p95 {np.quantile(away, 0.95):.1%}", "1 %",
         f"{len(away):,} hands that both find")  # fmt: skip
    goal("static mode's own landmarks", f"those of the same pictures moved by {MOVED} pixels",
         f"median {np.median(own):.2%}, p95 {np.quantile(own, 0.95):.1%}", NOTHING,
         f"{len(own):,} hands that it finds in both")  # fmt: skip
    goal("extraction, one worker", "networks and decoding alone",
         spread(rates["one"], rates["floor"]), "0.75", n)  # fmt: skip
    goal("extraction, one worker", "the same without the hands that keep still",
         spread(rates["one"], rates["least"]), NOTHING, n)  # fmt: skip
    goal(f"extraction, {options.workers} workers", "one worker",
         spread(rates["two"], rates["one"]) + " times", "1.85", n)  # fmt: skip


def run_floor(clips: list[Path]) -> dict[str, float]:
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.extraction", "--floor", *map(str, clips)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    result: dict[str, float] = json.loads(answer.stdout)
    return result


def say_floor(one: dict[str, float]) -> str:
    return (
        f"{1000 * one['decoding'] / one['frames']:.1f} ms a frame to decode, "
        f"{one['searches'] / one['frames']:.0%} of frames searched, {one['palm_ms']:.1f} ms each, "
        f"{one['hands'] / one['frames']:.2f} hands a frame, {one['passes'] / one['frames']:.2f} "
        f"looked at, {one['hand_ms']:.1f} ms each"
    )


def spread(ours: list[float], theirs: list[float]) -> str:
    """The median of the rounds' ratios, and the least and the greatest."""
    ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


if __name__ == "__main__":
    sys.exit(main())
