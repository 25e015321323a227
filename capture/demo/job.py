"""The drawing job: `python -P -m capture.demo.job --library DIR --job ID`.

Its config: `folder`, where the data set goes, and optionally `clips_per_gloss`, `seed`, `workers`.
"""

from dataclasses import asdict
from pathlib import Path

from capture.demo.dataset import draw_dataset
from store.child import child_main
from store.jobs import RunningJob


def draw(job: RunningJob) -> None:
    """Draw the data set that the job's config asks for."""

    def on_clip(done: int, total: int) -> None:
        job.progress(done=done, total=total, unit="clips", message="Drawing")
        job.stop_if_asked()

    options = {
        key: job.config[key] for key in ("clips_per_gloss", "seed", "workers") if key in job.config
    }
    summary = draw_dataset(Path(job.config["folder"]), on_clip=on_clip, **options)
    job.result(asdict(summary))


if __name__ == "__main__":
    raise SystemExit(child_main(draw))
