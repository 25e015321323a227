"""The demo from the dashboard: draw, import, scan, extract, train and evaluate, one job each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capture.config import ExtractConfig, ScanConfig
from ml.config import demo_config, train_job
from store.words import JobKind

if TYPE_CHECKING:
    from tui.app import SignApp

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


async def walk(app: SignApp, dataset: Path) -> None:
    """Do the jobs one after the other, until one of them does not finish."""
    row = None
    for kind, config in first_steps(dataset):
        row = await app.finish_job(kind, config)
        if row is None:
            return
    run_id = (row.result or {}).get("run") if row else None
    if isinstance(run_id, int) and await app.finish_job(*last_step(run_id)):
        app.notify("The demo is trained and measured: see runs (3) and live (4).")
