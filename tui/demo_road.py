"""The demo's order, for the command line and the dashboard: one job after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from capture.config import ExtractConfig, ScanConfig
from ml.config import demo_config, train_job
from store.library import Library
from store.runs import RunRow, list_runs
from store.words import JobKind, Status

if TYPE_CHECKING:
    from tui.app import SignApp

RUN_NAME: Final = "demo"
STEPS: Final = 7
"""The last one, live on an unseen clip, is no job to wait for."""


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    words: str
    """What is done, for people."""
    kind: JobKind | None = None
    """None: it was done before."""
    config: dict[str, Any] = field(default_factory=dict)


def road(library: Library, dataset: Path, *, clips: int | None = None) -> Iterator[Step]:
    """What is to be done, each step found when the one before it has ended.

    Args:
        library: where the demo is made.
        dataset: folder of the drawn clips.
        clips: clips of each sign; None: as the drawer has it.
    """
    if (dataset / "WLASL_v0.3.json").is_file():
        yield Step(1, f"The clips in {dataset} are there already")
    else:
        config = {"folder": str(dataset.absolute())}
        count = {} if clips is None else {"clips_per_gloss": clips}
        yield Step(1, "Drawing clips of signing hands", JobKind.DEMO, {**config, **count})
    source = {"source": str(dataset.absolute())}
    yield Step(2, "Importing the index into the catalog", JobKind.IMPORT, source)
    scan, extract = ScanConfig().to_json(), ExtractConfig().to_json()
    yield Step(3, "Scanning: is every clip there and readable?", JobKind.SCAN, scan)
    yield Step(4, "Extracting hand landmarks with MediaPipe", JobKind.EXTRACT, extract)
    run = trained_run(library)
    if run is not None:
        yield Step(5, f"Run {run.name} is trained already")
    else:
        training = train_job(demo_config(name=RUN_NAME))
        words = "Training a recogniser on three of the four signers"
        yield Step(5, words, JobKind.TRAIN, training)
        run = trained_run(library)
    if run is not None:
        words = "Evaluating on the signer that training never saw"
        yield Step(6, words, JobKind.EVALUATE, {"run": run.id, "split": "test"})


def trained_run(library: Library) -> RunRow | None:
    """The demo's run, where it is finished."""
    return next(
        (
            run
            for run in list_runs(library)
            if run.name.startswith(RUN_NAME) and run.status == Status.FINISHED
        ),
        None,
    )


async def walk(app: SignApp, dataset: Path) -> None:
    """Do the jobs one after the other on the dashboard, until one of them does not finish."""
    steps = road(app.opened, dataset)
    while (step := await asyncio.to_thread(next, steps, None)) is not None:
        app.notify(step.words, title=f"Demo: step {step.number} of {STEPS}", markup=False)
        if step.kind is not None and await app.finish_job(step.kind, step.config) is None:
            return
    if await asyncio.to_thread(trained_run, app.opened) is not None:
        app.notify("The last step is yours: live (4) on one of its clips.", title="Demo: trained")
