"""The demo from the dashboard: draw, import, scan, extract, train and evaluate, one job each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capture.config import ExtractConfig, ScanConfig
from ml.config import demo_config, train_job
from store.words import JobKind

Step = tuple[JobKind, dict[str, Any]]


def first_steps(dataset: Path) -> Iterator[Step]:
    """The jobs up to a trained run, in order; each config is that of the command line."""
    if not (dataset / "WLASL_v0.3.json").is_file():
        yield JobKind.DEMO, {"folder": str(dataset)}
    yield JobKind.IMPORT, {"source": str(dataset)}
    yield JobKind.SCAN, ScanConfig().to_json()
    yield JobKind.EXTRACT, ExtractConfig().to_json()
    yield JobKind.TRAIN, train_job(demo_config())


def last_step(run_id: int) -> Step:
    """Measure the run on the signer that training never saw."""
    return JobKind.EVALUATE, {"run": run_id, "split": "test"}
