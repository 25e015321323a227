"""The import job, `python -P -m store.importers.job`: a dataset, landmarks, or both.

Its config: `source`, `index`, `videos` and `landmarks`, each a path or null.
"""

from pathlib import Path
from typing import Any, Final

from store.child import child_main
from store.importers.dataset import Dataset, read_dataset, store_dataset
from store.importers.landmarks import import_landmarks
from store.importers.source import find_dataset
from store.jobs import RunningJob

KEYS: Final = ("source", "index", "videos", "landmarks")


def read_source(library_root: Path, config: dict[str, Any], job: RunningJob | None) -> Dataset:
    """Find and check the dataset of a config, unpacking it if it is a .zip.

    Raises:
        ImportSourceError, DiskFullError: nothing in the catalog has changed.
    """
    paths = {key: Path(config[key]) if config.get(key) else None for key in KEYS}
    found = find_dataset(
        paths["source"],
        index=paths["index"],
        videos=paths["videos"],
        unpack_to=library_root / "clips",
        on_progress=_Reporter(job, "Unpacking") if job else None,
    )
    return read_dataset(found)


def import_into(
    job: RunningJob, config: dict[str, Any], dataset: Dataset | None = None
) -> dict[str, Any]:
    """Do the import and return what it did, as JSON."""
    result: dict[str, Any] = {}
    if dataset is None and (config.get("source") or config.get("index")):
        dataset = read_source(job.library.root, config, job)
    if dataset is not None:
        job.progress(message="Writing the catalog", force=True)
        stored = store_dataset(job.library, dataset)
        result["dataset"] = stored.as_json()
        job.progress(message=f"{stored.instances:,} instances, {stored.new:,} new")
    if config.get("landmarks"):
        path = Path(config["landmarks"])
        summary = import_landmarks(
            job.library, path, on_progress=_Reporter(job, f"Landmarks of {path.name}")
        )
        result["landmarks"] = summary.as_json()
        job.progress(message=f"{summary.sequences:,} sequences, {summary.new:,} new")
    job.result(result)
    return result


class _Reporter:
    def __init__(self, job: RunningJob, message: str) -> None:
        self._job, self._message = job, message

    def __call__(self, done: int, total: int) -> None:
        self._job.progress(done=done, total=total, unit="clips", message=self._message)
        self._job.stop_if_asked()


def do_import(job: RunningJob) -> None:
    """Import what the job's config names."""
    import_into(job, job.config)


if __name__ == "__main__":
    raise SystemExit(child_main(do_import))
