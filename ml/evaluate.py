"""The evaluation job: `python -P -m ml.evaluate --library DIR --job ID`.

Its config: `run`, a name or number, `split`: train, val or test, and optionally `glosses`, as in
`ml.narrow`. It uses the run's bundle as live does, with LiteRT, and gives the same digits each time.
A narrowed model is measured on the clips of its glosses beside the whole one; that is the job's
result and nothing else: the run's own figures stay what they are.
"""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from ml.bundle import bundle_of
from ml.config import TrainConfig, from_json
from ml.dataset import load_part
from ml.errors import CheckpointError, ConfigError, EmptySplitError
from ml.judge import Judgement, calibrate, judge, record
from ml.judge_narrowed import report_narrowed
from ml.narrow import choose_outputs, read_choice
from ml.prepare import SPLIT_FILE, Data, prepare_data
from ml.recognizer import Recognizer
from store.catalog import SequenceRow
from store.child import child_main
from store.duplicates import identities
from store.jobs import RunningJob
from store.library import Library
from store.runs import RunRow, get_run
from store.splits import Part, Sample

log = logging.getLogger(__name__)


def evaluate(job: RunningJob) -> None:
    """Measure a run on one part of its split.

    Raises:
        NotInCatalogError: there is no such run.
        CheckpointError: it has no bundle, or a damaged one.
        GlossError: it does not know the glosses that it is to be narrowed to.
        EmptySplitError: the part has no clips.
    """
    part = job.config.get("split", "val")
    if part not in get_args(Part):
        raise ConfigError(f"There is no part {part!r}.", hint="Choose train, val or test.")
    run = get_run(job.library, job.config["run"])
    recognizer = Recognizer.load(bundle_of(job.library, run))
    wanted = read_choice(job.library, job.config.get("glosses"))
    kept = None if wanted is None else choose_outputs(recognizer.labels, wanted)
    labels = recognizer.labels if kept is None else tuple(recognizer.labels[at] for at in kept)
    config = from_json(TrainConfig, run.config)
    data = prepare_data(job.library, config, run.extractor_id)
    samples, detail = _choose(job, run, data, part, labels)
    loaded = load_part(job.library, samples, list(recognizer.labels))
    job.progress(total=len(samples), unit="clips", message="Recognising", force=True)
    judgement = judge(recognizer, samples, loaded, config.seed)
    if kept is None:
        found = _keep(job.library, run, part, recognizer, judgement, detail)
    else:
        known, worth = recognizer.labels, recognizer.calibration
        found = report_narrowed(job.library, part, judgement, kept, known, worth, detail)
    job.progress(done=len(samples), force=True)
    job.result({"run": run.id, "split": part, **found})


def _keep(
    library: Library,
    run: RunRow,
    part: Part,
    recognizer: Recognizer,
    judgement: Judgement,
    detail: dict[str, Any],
) -> dict[str, Any]:
    """Record an evaluation, calibrated anew where it is of the val that the run was chosen by."""
    if part == "val" and detail["split_hash"] == run.split_hash:
        detail |= calibrate(recognizer, judgement)
    else:
        detail |= judgement.measure(recognizer.calibration)
    detail = record(library, run.id, part, judgement, recognizer, detail)
    return {**judgement.accuracy.as_json(), **detail}


def _choose(
    job: RunningJob, run: RunRow, data: Data, part: Part, labels: tuple[str, ...]
) -> tuple[tuple[Sample, ...], dict[str, Any]]:
    """The clips to measure on; what was trained on never counts as val or test."""
    known = set(labels)
    samples = tuple(sample for sample in data.split.part(part) if sample.row.gloss in known)
    detail: dict[str, Any] = {
        "split_kind": data.split.kind,
        "split_hash": data.split.hash,
        "leaking": data.split.leaking,
        "dropped": asdict(data.split.dropped),
    }
    if data.split.hash != run.split_hash and not data.split.leaking:
        job.warn("The library has other clips than when this run was trained.")
        if part != "train":
            trained = _trained(job.library.run_dir(run.id), data.rows)
            kept = tuple(s for s in samples if trained.isdisjoint(identities(s.row)))
            detail["left_out_as_trained"] = len(samples) - len(kept)
            samples = kept
    if not samples:
        raise EmptySplitError(
            f"There are no clips with landmarks in {part} for the run {run.name}.",
            hint="Extract some, or evaluate on another --split.",
        )
    return samples, detail


def _trained(folder: Path, rows: list[SequenceRow]) -> set[tuple[str, ...]]:
    """What the clips that a run was trained on are known by."""
    try:
        kept = json.loads((folder / SPLIT_FILE).read_text(encoding="utf-8"))
        trained = set(kept["train"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"Nobody knows any more what this run was trained on: {SPLIT_FILE} is unreadable.",
            hint="Train it again.",
        ) from error
    return {key for row in rows if row.video_id in trained for key in identities(row)}


if __name__ == "__main__":
    raise SystemExit(child_main(evaluate))
