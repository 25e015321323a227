"""What a bundle says of known clips, written to the catalog with what it rests on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.dataset import Part, plain_features
from ml.metrics import Accuracy, accuracy, true_ranks
from ml.recognizer import Recognizer
from store.library import Library
from store.runs import EvaluationRow, PredictionRow, record_evaluation
from store.splits import Sample


@dataclass(frozen=True, slots=True)
class Judgement:
    accuracy: Accuracy
    predictions: list[PredictionRow]


def judge(
    recognizer: Recognizer, samples: tuple[Sample, ...], part: Part, seed: int = 0
) -> Judgement:
    """Recognise each clip of a part as live would."""
    features = plain_features(part, recognizer.features, seed)
    scores = np.stack([recognizer.scores(clip) for clip in features])
    ranks = true_ranks(scores, part.targets)
    rows: dict[int, PredictionRow] = {}
    for sample, own, rank in zip(samples, scores, ranks, strict=True):
        top = recognizer.name(own, top=10).top
        # Of a clip's copies in the notebook's split the first one stands for all.
        rows.setdefault(
            sample.row.instance_id,
            PredictionRow(
                instance_id=sample.row.instance_id,
                rank=int(rank),
                predicted=top[0][0],
                score=top[0][1],
                top=[list(pair) for pair in top],
            ),
        )
    return Judgement(accuracy(ranks, part.targets), list(rows.values()))


def record(
    library: Library, run_id: int, split: str, judgement: Judgement, detail: dict[str, Any]
) -> None:
    """Keep a judgement in the catalog in place of an earlier one."""
    found = judgement.accuracy
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
        detail={"top1_per_gloss": found.top1_per_gloss, **detail},
    )
    record_evaluation(library, row, judgement.predictions)
