"""A small real job: it counts to its total, hears requests, and talks like live where asked to."""

import argparse
import json
import sys
import time
from pathlib import Path

from store.errors import JobError
from store.jobs import JobStoppedError, RunningJob, run_job
from store.library import Library
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


def _work(job: RunningJob) -> None:
    steps = int(job.config.get("steps", 100_000))
    if job.kind == JobKind.LIVE:
        _talk()
    for done in range(steps):
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
