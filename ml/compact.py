"""A run's bundle in half precision, small enough to be given away: `signtui export bundle --compact`.

Also a program of its own, since it needs TensorFlow:
`python -P -m ml.compact --library DIR RUN TARGET`, which prints one line of JSON.
"""

import argparse
import json
import re
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.bundle import (
    SEEN,
    WEIGHTS,
    bundle_of,
    read_bundle,
    read_further,
    update_about,
    write_bundle,
)
from ml.bundle_export import BundleReport, check_target, copy_bundle
from ml.card import write_card
from ml.config import TrainConfig, from_json, to_json
from ml.dataset import load_part
from ml.errors import CheckpointError, ExportError
from ml.export import load_keras_model, to_litert
from ml.judge import Judgement, describe, judge
from ml.prepare import prepare_data
from ml.recognizer import Recognizer
from ml.seen import pack_marks
from ml.warm import seen_by_run
from ml.weights import pack_weights
from store.errors import SigntuiError
from store.library import Library
from store.paths import user_path
from store.provenance import list_origins
from store.runs import RunRow, get_run
from store.splits import Split

LARGEST_LOSS: Final = 0.005
"""Val top-1 of the compact model may differ from that of the whole one by so much."""
_PLACE: Final = re.compile(r"(/|~|\\\\|[A-Za-z]:[\\/])")


@dataclass(frozen=True, slots=True)
class CompactReport:
    """What was written, and what it is worth."""

    bundle: BundleReport
    n: int
    """Val clips that both were measured on."""
    top1: float
    top1_before: float


def export_compact(
    library: Library, reference: str | int, target: Path, *, force: bool = False
) -> CompactReport:
    """Write a run's bundle with all weights in half precision, once val says that it is as good.

    Raises:
        NotInCatalogError: there is no such run.
        CheckpointError: it has no bundle, or a damaged one.
        ExportError: it recognises more or fewer clips of val than the whole model, by more than half
            a point.
        StoreError: the target is there already, or cannot be written.
    """
    run = get_run(library, reference)
    check_target(user_path(target).absolute(), force=force)
    whole = Recognizer.load(bundle_of(library, run))
    config = from_json(TrainConfig, run.config)
    data = prepare_data(library, config, run.extractor_id)
    part = load_part(library, data.split.val, list(whole.labels))
    model = load_keras_model(whole.bundle.folder, config, len(whole.labels))
    before = judge(whole, data.split.val, part, config.seed)
    litert = to_litert(model, half=True)
    seen = read_further(whole.bundle.folder, SEEN) or _marks(library, run)
    with tempfile.TemporaryDirectory(prefix="signtui-") as scratch:
        folder = Path(scratch) / "bundle"
        write_bundle(
            folder,
            litert=litert,
            further={WEIGHTS: pack_weights(model, litert), SEEN: seen},
            labels=list(whole.labels),
            features=to_json(whole.features),
            about={},
        )
        after = judge(Recognizer(read_bundle(folder)), data.split.val, part, config.seed)
        _require_equal(before, after)
        update_about(folder, **_about(library, run, whole, before, after, data.split))
        write_card(folder)
        report = copy_bundle(folder, run, target, force=force)
    return CompactReport(report, after.accuracy.n, after.accuracy.top1, before.accuracy.top1)


def _require_equal(before: Judgement, after: Judgement) -> None:
    lost = before.accuracy.top1 - after.accuracy.top1
    if abs(lost) > LARGEST_LOSS:
        raise ExportError(
            f"In half precision the model recognises {100 * after.accuracy.top1:.1f} % of the "
            f"{after.accuracy.n:,} val clips, and {100 * before.accuracy.top1:.1f} % otherwise.",
            hint="Export it whole: signtui export bundle RUN FOLDER",
        )


def _marks(library: Library, run: RunRow) -> bytes:
    """What a run of before bundles told it was trained on."""
    seen = seen_by_run(library, run.id, run.extractor_id)
    if seen is None:
        raise CheckpointError(
            f"Nobody knows any more what the run {run.name} was trained on.", hint="Train it again."
        )
    return pack_marks(seen)


def _about(
    library: Library,
    run: RunRow,
    whole: Recognizer,
    before: Judgement,
    after: Judgement,
    split: Split,
) -> dict[str, Any]:
    """What stands in the compact bundle: that of the whole one, with its own figures for val."""
    earlier = {
        name: value
        for name, value in whole.bundle.about.items()
        if name not in {"files", "format", "evaluations", "latency"}
    }
    p50, p95 = np.percentile(after.model_ms, (50, 95))
    val = {
        "split_kind": split.kind,
        "split_hash": split.hash,
        "leaking": split.leaking,
        **describe(library, "val", after, whole.labels, split.kind),
    }
    found = {
        "split": split.identity,
        "data": [asdict(item) for item in list_origins(library, run.extractor_id, whole.labels)],
        "clips": {"train": run.n_train, "val": run.n_val, "test": run.n_test},
        "metrics": {"val": after.accuracy.as_json()},
        "evaluations": {"val": val},
        "latency": {"p50_ms": float(p50), "p95_ms": float(p95), "clips": len(after.model_ms)},
        "export": {
            "weights": "float16",
            "clips": after.accuracy.n,
            "top1_before": before.accuracy.top1,
            "largest_difference": float(np.abs(after.scores - before.scores).max()),
        },
    }
    kept: dict[str, Any] = without_places({**earlier, **found})
    return kept


def without_places(value: Any) -> Any:
    """JSON in which every path is cut down to its last name: a bundle is for everybody."""
    if isinstance(value, dict):
        return {name: without_places(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_places(part) for part in value]
    if isinstance(value, str) and _PLACE.match(value):
        return value.replace("\\", "/").rstrip("/").rsplit("/", maxsplit=1)[-1]
    return value


def main(arguments: list[str] | None = None) -> int:
    """Export a bundle and print the report, or the error, as one line of JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--force", action="store_true")
    parser.add_argument("run")
    parser.add_argument("target", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        with closing(Library.open(chosen.library)) as library:
            said = asdict(export_compact(library, chosen.run, chosen.target, force=chosen.force))
    except SigntuiError as error:
        said = {"error": error.message, "hint": error.hint}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if "error" in said else 0


if __name__ == "__main__":
    raise SystemExit(main())
