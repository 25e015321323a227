"""What can be said of a training before it starts: what stops it, and what it will rest on.

The split comes from `ml.prepare.prepare_data`, which the training itself uses: whatever stops the
training stops this check, with the same words. No TensorFlow is imported.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from ml.config import TrainConfig, from_json
from ml.findings import (
    Finding,
    Level,
    count_clips,
    find_clips,
    find_dropped,
    find_glosses,
    find_leak,
    find_subset,
)
from ml.prepare import Data, prepare_data
from ml.resume import last_checkpoint, run_to_resume
from ml.size import count_parameters, run_bytes
from ml.teachers import kept_teachers
from ml.warm import adopt, read_source, read_sources
from store.errors import SigntuiError
from store.jobs import is_alive, list_jobs
from store.library import Library
from store.runs import list_runs
from store.words import JobKind, Status

_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Plan:
    """What the training would work on."""

    glosses: int
    train: int
    """Clips; copies of a clip are one."""
    val: int
    test: int
    parameters: int
    disk_bytes: int
    """At most, while it trains."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer: errors first, then warnings, then what is good to know."""

    findings: tuple[Finding, ...]
    plan: Plan | None
    """None where there is nothing to train on."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What would stop it."""
        return tuple(finding for finding in self.findings if finding.level is Level.ERROR)

    @property
    def ready(self) -> bool:
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        return {"ready": self.ready, **asdict(self)}


def check_training(
    library: Library,
    config: TrainConfig,
    *,
    start: str | None = None,
    classes: str | None = None,
    teachers: Sequence[str] = (),
) -> Readiness:
    """Look at everything that can be known of a training without starting it.

    Args:
        library: where it would run.
        config: of the training.
        start: the model to begin with, if any.
        classes: the model that learned super-classes come from, if any.
        teachers: the models whose answers it would learn.

    Raises:
        StoreError: the catalog cannot be read.
    """
    try:
        data = prepare_data(library, config)
        read_sources(library, config, data, start, classes, teachers)
    except SigntuiError as error:
        return stopped_by(error)
    plan = _plan(config, data)
    found = [
        *_disk(library, plan),
        *find_leak(data),
        *find_glosses(library, config, data),
        *find_clips(data),
        *find_dropped(data),
        *find_subset(library, config, data),
        *_others(library),
        *_name(library, config),
    ]
    order = list(Level)
    return Readiness(tuple(sorted(found, key=lambda item: order.index(item.level))), plan)


def check_start(
    library: Library, config: TrainConfig, start: str | None
) -> tuple[TrainConfig, Readiness]:
    """As `check_training`, with the sizes of the model to begin with; kind of features and preset stay.

    Returns:
        The config with these sizes, and the answer.
    """
    if start is None:
        return config, check_training(library, config)
    try:
        adopted = adopt(config, read_source(library, start))
    except SigntuiError as error:
        return config, stopped_by(error)
    features = replace(adopted.features, kind=config.features.kind)
    adopted = replace(adopted, features=features)
    return adopted, check_training(library, adopted, start=start)


def stopped_by(error: SigntuiError) -> Readiness:
    """What an error says that the training would raise."""
    return Readiness((Finding(Level.ERROR, type(error).__name__, error.message, error.hint),), None)


def check_resume(library: Library, reference: str | int) -> Readiness:
    """Whether a run can go on where it was left: its clips unchanged, its checkpoint there.

    Raises:
        StoreError: the catalog cannot be read.
    """
    try:
        run = run_to_resume(library, reference)
        config = from_json(TrainConfig, run.config)
        data = prepare_data(library, config, run.extractor_id)
        last_checkpoint(library.run_dir(run.id), data.split.hash)
        kept_teachers(library, library.run_dir(run.id))
    except SigntuiError as error:
        return stopped_by(error)
    plan = _plan(config, data)
    return Readiness((*_disk(library, plan), *find_leak(data), *_others(library)), plan)


def _plan(config: TrainConfig, data: Data) -> Plan:
    glosses, split = len(data.labels), data.split
    return Plan(
        glosses=glosses,
        train=count_clips(split.train),
        val=count_clips(split.val),
        test=count_clips(split.test),
        parameters=count_parameters(config, glosses),
        disk_bytes=run_bytes(config, glosses),
    )


def _disk(library: Library, plan: Plan) -> Iterator[Finding]:
    free = shutil.disk_usage(library.root).free
    if free < plan.disk_bytes:
        yield Finding(
            Level.ERROR,
            "disk",
            f"The run needs up to {_mib(plan.disk_bytes)}, and the disk has {_mib(free)} free.",
            "Free some space, or move the library to another disk.",
        )


def _mib(number: int) -> str:
    return f"{number / _MIB:,.0f} MiB"


def _others(library: Library) -> Iterator[Finding]:
    """What else is going on in the library."""
    running = [job for job in list_jobs(library) if job.status == Status.RUNNING and is_alive(job)]
    for job in running:
        if job.kind == JobKind.TRAIN:
            said = f"Another training runs (job {job.id}): both will be slower."
            yield Finding(Level.WARNING, "training_runs", said)
        elif job.kind == JobKind.EXTRACT:
            said = f"An extraction runs (job {job.id}): clips it finishes later are not included."
            yield Finding(Level.INFO, "extraction_runs", said)


def _name(library: Library, config: TrainConfig) -> Iterator[Finding]:
    if config.name and config.name in {run.name for run in list_runs(library)}:
        said = f"A run named {config.name} exists: this one will get a number."
        yield Finding(Level.INFO, "name_taken", said)
