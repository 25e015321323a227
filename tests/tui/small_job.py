"""A small real job: it counts to its total, hears requests, and talks and listens like live."""

import argparse
import base64
import json
import queue
import sys
import threading
import time
from pathlib import Path

from store.errors import JobError
from store.jobs import JobStoppedError, RunningJob, run_job
from store.library import Library
from store.takes import TAKE, note_take, recordings_dir
from store.words import JobKind

_TOP = [{"gloss": "book", "score": 0.8}, {"gloss": "drink", "score": 0.1}]
_LATENCY = {"capture": 2.0, "landmarks": 20.0, "features": 1.0, "model": 3.0}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _talk() -> None:
    for frame in range(3):
        event = {"event": "prediction", "frame": frame, "time_s": frame / 25, "top": _TOP}
        _say(json.dumps({**event, "state": "signing", "latency_ms": _LATENCY}))
    _say("this is no JSON")
    _say(json.dumps({"event": "sign", "top": "nonsense"}))
    for gloss in ("book", None):
        _say(json.dumps({"event": "sign", "gloss": gloss, "time_s": 0.1, "top": _TOP}))
    _say(json.dumps({"event": "final", "frames": 3, "time_s": 0.1, "top": _TOP}))


_HAND = [[0.4 + 0.01 * point, 0.5] for point in range(21)]
HOSTILE = (
    {"event": "view", "width": 10**9, "height": 10**9, "rgb": "AAAA", "hands": []},
    {"event": "view", "width": 2, "height": 1, "rgb": "no base64!", "hands": None},
    {"event": "view", "width": 2, "height": 1, "rgb": "AAAA", "hands": [[[1, 2]]]},
    {"event": "view", "width": True, "height": -1, "rgb": 7},
    {"event": "view", "width": 1, "height": 1, "rgb": "AAAA", "hands": [[[1e400, "x"]], 3, None]},
    {
        "event": "prediction",
        "state": ["?"],
        "top": [{"gloss": None, "score": 1e400}, 7],
        "frame": {},
    },
    {"event": "prediction", "latency_ms": {"total": "slow", "capture": None}, "time_s": "late"},
    {"event": "prediction"},
    {"event": "sign", "gloss": "[bold]\x1b[31m", "top": [{"gloss": "[/]", "score": 7}]},
    {"event": "sign", "gloss": None, "top": [{"gloss": "a", "score": "b"}]},
    {"event": "sign"},
    {"event": "source", "state": {"a": 1}},
    {"event": "window", "on": "maybe", "error": ["[/]"], "hint": 3},
    {"event": "record", "error": None},
    {"event": "take", "path": 5, "frames": "x"},
    {"event": "take", "path": "/x", "frames": 1, "fps": 0, "width": 1, "height": 1},
    {"event": "nobody knows"},
    {},
)


class _Live:
    """Does what the real job is told, on a source without pictures."""

    def __init__(self, job: RunningJob) -> None:
        self._folder = recordings_dir(job.library)
        self._room = (0, 0)
        self._each = job.config.get("stride") == 1
        self._recording = False
        self._about: dict[str, object] = {}
        self._told: queue.Queue[dict[str, object]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            self._told.put(json.loads(line))

    def frame(self, number: int) -> None:
        while not self._told.empty():
            self._do(self._told.get_nowait())
        if self._each:
            _say(json.dumps({"event": "prediction", "frame": number, "time_s": number / 100}))
        if all(self._room) and number % 5 == 0:
            width, height = min(self._room[0], 32), min(self._room[1], 24)
            rgb = base64.b64encode(bytes(range(96)) * (width * height // 32)).decode("ascii")
            view = {"event": "view", "width": width, "height": height, "hands": [_HAND]}
            _say(json.dumps({**view, "rgb": rgb[: 4 * (width * height)]}))

    def _do(self, said: dict[str, object]) -> None:
        match said["command"]:
            case "view":
                self._room = (int(str(said["width"])), int(str(said["height"])))
            case "window":
                _say(
                    json.dumps(
                        {"event": "window", "on": False, "error": "No display.", "hint": "H"}
                    )
                )
            case "record":
                self._about = said if said["on"] else self._about
                self.record(on=bool(said["on"]))

    def record(self, *, on: bool) -> None:
        if on == self._recording:
            return
        self._recording = on
        _say(json.dumps({"event": "record", "on": on}))
        if not on:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{time.time_ns()}{TAKE}"
            path.write_bytes(b"a take")
            size = {"frames": 50, "fps": 25.0, "width": 32, "height": 24}
            note_take(path, self._about, frames=50, fps=25.0, width=32, height=24)
            _say(json.dumps({"event": "take", "path": str(path), **size}))


def _work(job: RunningJob) -> None:
    live = _Live(job) if job.kind == JobKind.LIVE else None
    try:
        _count(job, live)
    except BrokenPipeError as error:
        raise JobStoppedError("Nobody listens any more.") from error
    finally:
        if live is not None:
            live.record(on=False)


def _count(job: RunningJob, live: _Live | None) -> None:
    steps = int(job.config.get("steps", 100_000))
    if live is not None:
        for event in HOSTILE if job.config.get("hostile") else ():
            _say(json.dumps(event))
        if not job.config.get("silent"):
            _talk()
        for event in job.config.get("says", ()):
            _say(json.dumps(event))
    for done in range(steps):
        if live is not None:
            live.frame(done)
        job.progress(done=done, total=steps, unit="frames", message="counting")
        job.wait_while_paused()
        job.stop_if_asked()
        time.sleep(0.01)
    if job.config.get("fail"):
        raise JobError("It failed as it was told to.", hint="Do not tell it to.")
    job.result({"done": steps})


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--job", type=int, required=True)
    arguments = parser.parse_args()
    try:
        with run_job(Library.open(arguments.library), arguments.job) as job:
            _work(job)
    except JobStoppedError:
        return 130
    except JobError as error:
        sys.stderr.write(error.message)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
