"""What narrowing a model to some glosses is worth: the same clips, judged with and without it."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.calibrate import Calibration
from ml.judge import Judgement, describe
from ml.metrics import accuracy, true_ranks
from ml.narrow import narrow_scores
from store.intervals import PairedCounts
from store.library import Library


def narrow_judgement(whole: Judgement, kept: NDArray[np.int64]) -> Judgement:
    """The judgement of the narrowed model, on clips of glosses that are kept.

    Args:
        whole: of the model with all its glosses.
        kept: places of the glosses in rising order, shape=(kept,).
    """
    scores = narrow_scores(whole.scores, kept)
    targets = np.searchsorted(kept, whole.targets).astype(np.int64)
    ranks = true_ranks(scores, targets)
    return Judgement(
        accuracy(ranks, targets), whole.samples, scores, targets, ranks, whole.model_ms
    )


def report_narrowed(
    library: Library,
    part: str,
    whole: Judgement,
    kept: NDArray[np.int64],
    labels: tuple[str, ...],
    calibration: Calibration,
    detail: dict[str, Any],
) -> dict[str, Any]:
    """All figures of the narrowed model, and those of the whole one on the same clips.

    Args:
        library: where the clips are.
        part: which part of the split they are.
        whole: the judgement of the model with all its glosses.
        kept: places of the glosses in rising order, shape=(kept,).
        labels: all glosses of the model.
        calibration: of the model with all its glosses.
        detail: what is known of the split; `split_kind` must be.

    Returns:
        What an evaluation reports, and `narrowed`, `whole` and `gain`: the difference of top-1 with
        its interval and p-value, as two runs are compared.
    """
    found = narrow_judgement(whole, kept)
    some = tuple(labels[place] for place in kept)
    return {
        **found.accuracy.as_json(),
        **detail,
        **found.measure(calibration.for_list(len(kept))),
        **describe(library, part, found, some, str(detail["split_kind"])),
        "narrowed": {"glosses": len(some), "of": len(labels)},
        "whole": {**whole.accuracy.as_json(), **whole.measure(calibration)},
        "gain": _gain(whole.ranks == 1, found.ranks == 1),
    }


def _gain(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> dict[str, Any]:
    counts = PairedCounts(
        both=int((before & after).sum()),
        only_a=int((before & ~after).sum()),
        only_b=int((~before & after).sum()),
        neither=int((~before & ~after).sum()),
    )
    low, high = counts.interval
    return {
        **asdict(counts), "difference": counts.difference, "low": low, "high": high,
        "p_value": counts.p_value,
    }  # fmt: skip
