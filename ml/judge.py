"""What a bundle says of known clips, written to the catalog with what it rests on."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.bundle import update_about
from ml.calibrate import Calibration, calibration_error, fit_calibration
from ml.card import write_card
from ml.dataset import Part, plain_features
from ml.figures import count_glosses, count_instances, count_named, count_synonyms
from ml.metrics import Accuracy, accuracy, true_ranks
from ml.recognizer import Recognizer
from store.library import Library
from store.provenance import list_origins
from store.runs import EvaluationRow, PredictionRow, RunRow, get_run, record_evaluation
from store.splits import Sample


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a model did on the clips of a part."""

    accuracy: Accuracy
    samples: tuple[Sample, ...]
    scores: NDArray[np.float32]
    """As the model gives them, not calibrated. shape=(n, glosses)."""
    targets: NDArray[np.int64]
    ranks: NDArray[np.int64]
    model_ms: NDArray[np.float64]
    """What the model took for each clip. shape=(n,)."""

    def measure(self, calibration: Calibration) -> dict[str, Any]:
        """How well calibrated scores fit these clips; ratios are 0 to 1."""
        scores = calibration.scores(self.scores)
        best, right = scores.max(axis=1), scores.argmax(axis=1) == self.targets
        said = best >= calibration.threshold
        return {
            "calibration_error": calibration_error(best, right),
            "threshold": calibration.threshold,
            "precision": float(right[said].mean()) if said.any() else None,
            "coverage": float(said.mean()),
        }


def judge(
    recognizer: Recognizer, samples: tuple[Sample, ...], part: Part, seed: int = 0
) -> Judgement:
    """Recognise each clip of a part as live would, and its copies never."""
    own = one_of_each(samples)
    features = plain_features(part, recognizer.features, seed)[own]
    found, took = [], []
    for clip in features:
        began = time.perf_counter()
        found.append(recognizer.scores(clip))
        took.append(1000 * (time.perf_counter() - began))
    scores, targets = np.stack(found), part.targets[own]
    ranks = true_ranks(scores, targets)
    clips = tuple(samples[index] for index in own)
    return Judgement(accuracy(ranks, targets), clips, scores, targets, ranks, np.array(took))


def one_of_each(samples: tuple[Sample, ...]) -> NDArray[np.int64]:
    """Indices of the first sample of each clip, shape=(clips,).

    The notebook's split has copies of clips in val: they are no further clips to rest on.
    """
    first: dict[int, int] = {}
    for index, sample in enumerate(samples):
        first.setdefault(sample.row.instance_id, index)
    return np.fromiter(first.values(), np.int64, len(first))


def calibrate(recognizer: Recognizer, judgement: Judgement) -> dict[str, Any]:
    """Fit on val what scores are worth; keep it in the bundle and use it from now on.

    Returns:
        What to report, ratios 0 to 1; errors, precision and coverage are cross-fitted.
    """
    fitted = fit_calibration(judgement.scores, judgement.targets)
    update_about(recognizer.bundle.folder, calibration=fitted.as_json())
    recognizer.calibration = fitted
    return {
        "temperature": fitted.temperature,
        "threshold": fitted.threshold,
        "calibration_error": fitted.error,
        "calibration_error_before": fitted.error_before,
        "precision": fitted.precision,
        "coverage": fitted.coverage,
    }


def record(
    library: Library,
    run_id: int,
    split: str,
    judgement: Judgement,
    recognizer: Recognizer,
    detail: dict[str, Any],
) -> dict[str, Any]:
    """Keep a judgement in the catalog and in the bundle in place of an earlier one.

    Args:
        library: where the run is.
        run_id: which run.
        split: the part that was judged.
        judgement: how the model did on it.
        recognizer: the model.
        detail: what else is known; `split_kind` must be.

    Returns:
        All that was kept beside the columns.
    """
    found = judgement.accuracy
    detail = {
        "top1_per_gloss": found.top1_per_gloss,
        **detail,
        **describe(library, split, judgement, recognizer.labels, str(detail["split_kind"])),
    }
    row = EvaluationRow(
        run_id=run_id,
        split=split,
        n=found.n,
        n_glosses=found.n_glosses,
        top1=found.top1,
        top5=found.top5,
        top10=found.top10,
        low=found.low,
        high=found.high,
        detail=detail,
    )
    record_evaluation(library, row, _predictions(judgement, recognizer))
    _document(library, get_run(library, run_id), recognizer, split, judgement, detail)
    return detail


def _document(
    library: Library,
    run: RunRow,
    recognizer: Recognizer,
    split: str,
    judgement: Judgement,
    detail: Mapping[str, Any],
) -> None:
    """Let the bundle say what was found, and what the model was made from."""
    folder, earlier = recognizer.bundle.folder, recognizer.bundle.about.get("evaluations")
    p50, p95 = np.percentile(judgement.model_ms, (50, 95))
    update_about(
        folder,
        evaluations={**(earlier if isinstance(earlier, dict) else {}), split: dict(detail)},
        data=[asdict(item) for item in list_origins(library, run.extractor_id, recognizer.labels)],
        clips={"train": run.n_train, "val": run.n_val, "test": run.n_test},
        latency={"p50_ms": float(p50), "p95_ms": float(p95), "clips": len(judgement.model_ms)},
    )
    write_card(folder)


def describe(
    library: Library, part: str, judgement: Judgement, labels: tuple[str, ...], split_kind: str
) -> dict[str, Any]:
    """Accuracies per instance, per gloss and with synonyms, and the part of the index they rest on.

    Only `official` has parts that the index names: elsewhere nobody knows how many clips there
    could be, and `clips_named` is None.
    """
    answers = [labels[index] for index in judgement.scores.argmax(axis=1)]
    named = count_named(library, part, labels) if split_kind == "official" else None
    return {
        "per_instance": count_instances(judgement.ranks),
        "per_gloss": count_glosses(judgement.ranks, judgement.targets),
        "synonyms": count_synonyms(library, judgement.samples, answers, labels),
        "rests_on": {
            "clips": judgement.accuracy.n,
            "clips_named": named,
            "glosses": judgement.accuracy.n_glosses,
            "glosses_of_run": len(labels),
        },
    }


def _predictions(judgement: Judgement, recognizer: Recognizer) -> list[PredictionRow]:
    rows = []
    for sample, scores, rank in zip(
        judgement.samples, judgement.scores, judgement.ranks, strict=True
    ):
        top = recognizer.name(scores, top=10).top
        rows.append(
            PredictionRow(
                instance_id=sample.row.instance_id,
                rank=int(rank),
                predicted=top[0][0],
                score=top[0][1],
                top=[list(pair) for pair in top],
            )
        )
    return rows
