"""The evaluation job: `python -P -m ml.evaluate --library DIR --job ID`.

Its config: `run`, a model as `ml.references` finds it, `split`: train, val or test, and optionally `glosses`, as in
`ml.narrow`. It uses the run's bundle as live does, with LiteRT, and gives the same digits each time.
A narrowed model is measured on the clips of its glosses beside the whole one; that is the job's
result and nothing else: the run's own figures stay what they are. So it is with a model that no run
of this library made: it is measured on the clips here that it has not seen.
"""

import json
import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

from ml.bundle import SEEN, read_further
from ml.config import TrainConfig, from_json
from ml.dataset import load_part
from ml.errors import CheckpointError, ConfigError, EmptySplitError
from ml.judge import Judgement, calibrate, describe, judge, record
from ml.judge_narrowed import report_narrowed
from ml.narrow import choose_outputs, read_choice
from ml.prepare import SPLIT_FILE, Data, prepare_data
from ml.recognizer import Recognizer
from ml.references import NamedModel, find_model
from ml.seen import marks_of, unpack_marks
from store.catalog import SequenceRow, list_glosses
from store.child import child_main
from store.duplicates import identities
from store.jobs import RunningJob
from store.library import Library
from store.runs import RunRow
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
    model = find_model(job.library, job.config["run"])
    recognizer = Recognizer.load(model.folder)
    wanted = read_choice(job.library, job.config.get("glosses"))
    kept = None if wanted is None else choose_outputs(recognizer.labels, wanted)
    labels = recognizer.labels if kept is None else tuple(recognizer.labels[at] for at in kept)
    config, data = _prepare(job.library, model, recognizer)
    samples, detail = _choose(job, model, data, part, labels)
    loaded = load_part(job.library, samples, list(recognizer.labels))
    job.progress(total=len(samples), unit="clips", message="Recognising", force=True)
    judgement = judge(recognizer, samples, loaded, config.seed)
    if kept is not None:
        known, worth = recognizer.labels, recognizer.calibration
        found = report_narrowed(job.library, part, judgement, kept, known, worth, detail)
    elif model.run is not None:
        found = _keep(job.library, model.run, part, recognizer, judgement, detail)
    else:
        found = _measure(job.library, part, recognizer, judgement, detail)
    job.progress(done=len(samples), force=True)
    job.result({"run": model.key, "split": part, **found})


def _prepare(
    library: Library, model: NamedModel, recognizer: Recognizer
) -> tuple[TrainConfig, Data]:
    """How a model was trained, and the clips that this library has for it.

    Raises:
        CheckpointError: a model from elsewhere does not say how it was trained.
        NotInCatalogError: there are no landmarks that it reads.
    """
    if model.run is not None:
        config = from_json(TrainConfig, model.run.config)
        return config, prepare_data(library, config, model.run.extractor_id)
    try:
        config = from_json(TrainConfig, recognizer.bundle.about.get("config"))
    except ConfigError as error:
        raise CheckpointError(
            f"The model {model.name} does not say how it was trained: {error.message}",
            hint="Evaluate it with the signtui that made it.",
        ) from error
    with library.reading() as session:
        there = set(list_glosses(session))
    known = [gloss for gloss in recognizer.bundle.labels if gloss in there]
    return config, prepare_data(library, replace(config, glosses=known))


def _measure(
    library: Library,
    part: Part,
    recognizer: Recognizer,
    judgement: Judgement,
    detail: dict[str, Any],
) -> dict[str, Any]:
    """All figures of a model that is none of a run here: nothing is kept of them."""
    kind = str(detail["split_kind"])
    return {
        **judgement.accuracy.as_json(),
        **detail,
        **judgement.measure(recognizer.calibration),
        **describe(library, part, judgement, recognizer.labels, kind),
    }


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
    job: RunningJob, model: NamedModel, data: Data, part: Part, labels: tuple[str, ...]
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
    run = model.run
    if run is not None and data.split.hash != run.split_hash and not data.split.leaking:
        job.warn("The library has other clips than when this run was trained.")
    as_trained = run is not None and (data.split.leaking or data.split.hash == run.split_hash)
    if part != "train" and not as_trained:
        kept = _unseen(job.library, model, data.rows, samples)
        detail["left_out_as_trained"] = len(samples) - len(kept)
        samples = kept
    if not samples:
        raise EmptySplitError(
            f"There are no clips with landmarks in {part} for the model {model.name}.",
            hint="Extract some, or evaluate on another --split.",
        )
    return samples, detail


def _unseen(
    library: Library, model: NamedModel, rows: list[SequenceRow], samples: tuple[Sample, ...]
) -> tuple[Sample, ...]:
    """The clips that a model was not trained on, neither itself nor what it began with.

    Raises:
        CheckpointError: nobody knows what it was trained on.
    """
    marks = read_further(model.folder, SEEN)
    if marks is None and model.run is None:
        raise CheckpointError(
            f"Nobody knows which clips the model {model.name} was trained on.",
            hint="Ask who made it for a newer bundle: signtui export bundle RUN FOLDER",
        )
    seen = set(unpack_marks(marks).tolist()) if marks is not None else set()
    trained = _trained(library.run_dir(model.run.id), rows) if model.run is not None else set()
    return tuple(
        sample
        for sample in samples
        if trained.isdisjoint(identities(sample.row))
        and seen.isdisjoint(marks_of([sample.row]).tolist())
    )


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
