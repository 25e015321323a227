"""Live on a stream: how late a frame and a word come, what is read, and how memory goes on.

A stream of clips with idle stretches between them is served as motion JPEG at 25 frames a second on
loopback, over and over; the real live process reads it, and sends pictures as to a dashboard.
Needs a library with clips, and a run's name or `starter`; without them it makes the demo's first.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.measuring import NOTHING, goal, load, p95
from ml.bundle import read_bundle
from ml.references import find_model
from store.errors import SigntuiError
from store.library import Library
from store.words import JobKind
from tests.support.streams import FPS, Server, Signed, encoded, join, of_one_shape, scenes_of, serve
from tui.jobs import JobProcess, start_job

VIEW = {"width": 320, "height": 240}
NEAR_S = 0.4
AIMS_MS = {"total": 60, "model": 5}


@dataclass
class Heard:
    """What came from live, with the times of its coming."""

    predictions: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    signs: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    views: int = 0
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the first prediction, and resident MiB."""

    def take(self, event: dict[str, Any]) -> None:
        now = time.monotonic()
        if event["event"] == "prediction":
            self.predictions.append((now, event))
        elif event["event"] == "sign":
            self.signs.append((now, event))
        self.views += event["event"] == "view"


def listen(job: JobProcess, seconds: float) -> Heard:
    """Read events until the time is over, then stop the job."""
    heard = Heard()
    process = psutil.Process(job.process.pid)
    job.tell("view", **VIEW)
    for line in job.stdout or ():
        heard.take(json.loads(line))
        if not heard.predictions:
            continue
        passed = time.monotonic() - heard.predictions[0][0]
        if not heard.memory or passed - heard.memory[-1][0] >= 1.0:
            heard.memory.append((passed, process.memory_info().rss / 2**20))
        if passed >= seconds:
            break
    threading.Thread(target=drain, args=(job,), daemon=True).start()
    job.stop()
    return heard


def drain(job: JobProcess) -> None:
    for _ in job.stdout or ():
        pass


def percentiles(values: list[float]) -> str:
    if not values:
        return "none"
    low, high = np.percentile(values, [50, 95])
    return f"p50 {low:6.1f}  p95 {high:6.1f}  most {max(values):6.1f} ms  n = {len(values)}"


def say_latencies(heard: Heard) -> None:
    """Each stage; a model that was not asked at a frame does not count again."""
    for stage in ("landmarks", "features", "model", "total"):
        values: list[float] = []
        for _, event in heard.predictions:
            value = event["latency_ms"].get(stage)
            if value is not None and (not values or value != values[-1]):
                values.append(value)
        aim = f"  (aim: p95 at most {AIMS_MS[stage]})" if stage in AIMS_MS else ""
        print(f"  {stage:10} {percentiles(values)}{aim}")
        if stage == "total" and values:
            goal("live: camera frame to prediction", NOTHING, f"p95 {p95(values):.0f} ms", "60 ms",
                 f"{len(values)} frames")  # fmt: skip
    # Times of frames count from the first one; its own is known from the quickest event.
    began = min(now - event["time_s"] for now, event in heard.predictions) - 0.001
    late = [1000 * (now - event["time_s"] - began) for now, event in heard.predictions]
    print(f"  {'printed':10} {percentiles(late)}  (frame read to event, above the quickest)")


def say_memory(heard: Heard) -> None:
    settled = [size for passed, size in heard.memory if 50 <= passed <= 70]
    last = [size for _, size in heard.memory[-20:]]
    if settled and last:
        start, end = statistics.median(settled), statistics.median(last)
        print(f"  memory     {start:.0f} MiB at minute 1, {end:.0f} MiB at the end")


def say_words(heard: Heard, truth: list[Signed], server: Server, length: int) -> None:
    """Compare with the truth, lap by lap; only what ended before the stop counts."""
    sent = server.sent[-1]
    expected = [
        (lap * length / FPS + one.start_s, lap * length / FPS + one.end_s, one.gloss)
        for lap in range(len(sent) // length + 1)
        for one in truth
        if round((lap * length / FPS + one.end_s + 1) * FPS) < len(sent)
    ]
    # A sign's own times count from the first frame that was read; the server's from its first.
    began = min(now - event["time_s"] for now, event in heard.predictions) - sent[0]
    found = [0] * len(expected)
    right = unknown = extra = 0
    after: list[float] = []
    for now, event in heard.signs:
        start, end = (began + event[key] for key in ("start_s", "end_s"))
        for number, (first, last, gloss) in enumerate(expected):
            if start < last + NEAR_S and end > first - NEAR_S:
                found[number] += 1
                right += found[number] == 1 and event["gloss"] == gloss
                unknown += found[number] == 1 and event["gloss"] is None
                if not event["early"]:
                    after.append(1000 * (now - sent[round(last * FPS)]))
                break
        else:
            extra += event["gloss"] is not None and end < len(sent) / FPS - 1
    n = len(expected)
    print(
        f"  signs      {n}: {sum(f == 1 for f in found)} found as one, {right} read right, ", end=""
    )
    print(f"{unknown} unknown, {sum(f == 0 for f in found)} missed; words in idle: {extra}")
    print(f"  end to word {percentiles(after)}  (last hand sent to word printed; {n - len(after)}")
    print("              others were decided before their end)")


def measure(library: Library, run: str, split: str, seconds: float) -> None:
    model = find_model(library, run)
    labels = read_bundle(model.folder).labels
    scenes = of_one_shape([one for one in scenes_of(library, split) if one.gloss in labels])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stream.avi"
        truth = join(scenes, path, idle_s=1.0)
        pictures = encoded(path)
    print(
        f"{len(scenes)} {split} clips, {len(pictures) / FPS:.0f} s, for {seconds:.0f} s; {load()}"
    )
    with serve(pictures, loop=True) as server:
        config = {"run": model.key, "source": server.url}
        heard = listen(start_job(library, JobKind.LIVE, config, stdout=True), seconds)
        frames, last = len(server.sent[-1]), heard.predictions[-1][1]
        print(
            f"  frames     {frames} sent, {last['dropped']} dropped, {heard.views} views; {load()}"
        )
        say_latencies(heard)
        say_words(heard, truth, server, len(pictures))
        say_memory(heard)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, help="default: that of a demo that is made first")
    parser.add_argument("--run", default="latest")
    parser.add_argument("--split", default="test")
    parser.add_argument("--seconds", type=float, default=120.0)
    chosen = parser.parse_args()
    try:
        with given_or_demo(chosen.library) as folder:
            library = Library.open(folder)
            measure(library, chosen.run, chosen.split, chosen.seconds)
            library.close()
    except SigntuiError as error:
        print(f"{error.message} {error.hint or ''}")
        return 1
    return 0


@contextmanager
def given_or_demo(given: Path | None) -> Iterator[Path]:
    """The library that was named, or that of a demo in a temporary folder."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="signtui-bench-", ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", "tui.cli", "demo", "--no-tui", "--dir", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield Path(folder) / "library"


if __name__ == "__main__":
    raise SystemExit(main())
