"""The training job: `python -P -m ml.train --library DIR --job ID`.

The job row holds either `{"train": TrainConfig}`, with the models that it begins with or takes
super-classes from, or `{"resume": run}`; and the strategy, where several devices or machines train
(see `ml.config.train_job`).
"""

import logging
import platform
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.backend import keras, make_repeatable
from ml.callbacks import Metrics
from ml.cluster import Strategy
from ml.config import ModelName, TrainConfig, from_json, to_json
from ml.dataset import Part, load_part, plain_features
from ml.errors import ConfigError
from ml.export import export_bundle
from ml.fitting import Fitting, predict
from ml.hierarchy import Classes, cluster, keep_classes, kept_classes, neighbours
from ml.judge import calibrate, judge, one_of_each, record
from ml.metrics import accuracy, true_ranks
from ml.models import build_model, glosses_alone
from ml.prepare import Data, prepare_data, write_split
from ml.recognizer import Recognizer
from ml.resume import run_to_resume
from ml.task import Task
from ml.teachers import TEACHERS_FILE, keep_teachers, kept_teachers
from ml.teaching import load_teachers
from ml.warm import NO_SOURCES, Sources, keep_start, kept_start, read_sources
from ml.weights import read_weights, take_weights
from store import __version__
from store.child import child_main
from store.jobs import JobStoppedError, RunningJob
from store.library import Library
from store.runs import create_run, finish_run, forget_epochs, record_epoch, start_run
from store.splits import Sample
from store.words import Request, Status

if TYPE_CHECKING:
    from ml.replicas import Replicas

log = logging.getLogger(__name__)

BUNDLE: Final = "bundle"
_GATE_CLIPS: Final = 64


@dataclass(frozen=True, slots=True)
class _Training:
    """A run that is about to begin or to go on."""

    run_id: int
    config: TrainConfig
    data: Data
    resumed: bool
    sources: Sources = NO_SOURCES


def train(job: RunningJob) -> None:
    """Train a run, or go on with one, as the job's row says.

    Raises:
        EmptySplitError: nothing to train on or to select with.
        ConfigError: teachers on several machines.
        LeakError: identical clips lie in two parts, or the model to begin with has seen them.
        SourceModelError: the model to begin with does not fit.
        CheckpointError: the run cannot be resumed.
        DivergedError: the loss is no number any more.
        ClusterError: the workers cannot train together, or one was lost.
        JobStoppedError: a stop was asked for; the best epoch so far is in the run's bundle.
    """
    strategy: Strategy = job.config.get("strategy", "one")
    if strategy == "one":
        _train(job, None)
        return
    _require_one_machine(job)
    from ml.distribute import open_replicas  # noqa: PLC0415 - other backends lack it

    with open_replicas(strategy, partial(_wait, job)) as replicas:
        _train(job, replicas)


def _wait(job: RunningJob, missing: list[str]) -> None:
    job.stop_if_asked()
    job.progress(message=f"waits for {', '.join(missing)}")


def _train(job: RunningJob, replicas: "Replicas | None") -> None:
    library, training = job.library, _begin(job.library, job)
    job.result({"run": training.run_id})
    try:
        ended = _run(library, job, training, replicas)
    except BaseException as error:
        stopped = isinstance(error, JobStoppedError | KeyboardInterrupt)
        status = Status.CANCELLED if stopped else Status.FAILED
        finish_run(library, training.run_id, status=status, error=str(error)[:1000] or None)
        raise
    if not ended:
        raise JobStoppedError("Stopped on request; the best epoch so far is kept.")


def _begin(library: Library, job: RunningJob) -> _Training:
    resume = job.config.get("resume")
    if resume is not None:
        run = run_to_resume(library, resume)
        config = from_json(TrainConfig, run.config)
        data = prepare_data(library, config, run.extractor_id)
        teachers = kept_teachers(library, library.run_dir(run.id))
        return _Training(run.id, config, data, resumed=True, sources=Sources(teachers=teachers))
    config = from_json(TrainConfig, job.config.get("train", {}))
    data = prepare_data(library, config)
    start, classes = map(job.config.get, ("from", "classes"))
    taught_by = job.config.get("teachers", ())
    sources = read_sources(library, config, data, start, classes, taught_by)
    config = _with_names(config, sources)
    run_id = create_run(
        library,
        name=config.name or None,
        preset=config.preset,
        config=to_json(config),
        extractor_id=data.extractor_id,
        job_id=job.id,
    )
    return _Training(run_id, config, data, resumed=False, sources=sources)


def _require_one_machine(job: RunningJob) -> None:
    """Teachers are asked where the library is, and workers have none."""
    resume, taught = job.config.get("resume"), bool(job.config.get("teachers"))
    if resume is not None:
        folder = job.library.run_dir(run_to_resume(job.library, resume).id)
        taught = (folder / TEACHERS_FILE).is_file()
    if taught and job.config.get("strategy") == "multiworker":
        raise ConfigError(
            "A training with teachers runs on one machine.", hint="Use --strategy mirrored or one."
        )


def _with_names(config: TrainConfig, sources: Sources) -> TrainConfig:
    """The config with the names of the models that have a part in it."""
    start, classes = (
        source.identity if source else ModelName() for source in (sources.start, sources.classes)
    )
    teachers = [source.identity for source in sources.teachers]
    return replace(config, start=start, classes=classes, teachers=teachers)


def _run(
    library: Library, job: RunningJob, training: _Training, replicas: "Replicas | None"
) -> bool:
    """Train, export and record; False where it was stopped."""
    started = time.monotonic()
    run_id, data = training.run_id, training.data
    folder = library.run_dir(run_id)
    _announce(job, data)
    if data.split.leaking:
        job.warn("This split leaks: copies of one clip lie on both sides. Compare, do not quote.")
    train_part = load_part(library, data.split.train, data.labels)
    val_part = load_part(library, data.split.val, data.labels)
    config = _with_scale(training.config, train_part)
    make_repeatable(config.seed)
    model = build_model(config, len(data.labels))
    start_run(
        library,
        run_id,
        job_id=job.id,
        split_kind=data.split.kind,
        split_hash=data.split.hash,
        n_train=_count_clips(data.split.train),
        n_val=_count_clips(data.split.val),
        n_test=_count_clips(data.split.test),
        n_glosses=len(data.labels),
        parameters=int(model.count_params()),
    )
    write_split(folder, data)
    if not training.resumed:
        keep_start(folder, data, training.sources)
        keep_teachers(folder, training.sources.teachers)
        _take(job, training, model)
    classes = _super_classes(training, folder)
    fitting = Fitting(
        *(model, config, train_part, val_part, folder, data.split.hash),
        classes=classes,
        teachers=load_teachers(training.sources.teachers, data.labels),
        replicas=replicas,
    )
    if training.resumed:
        fitting.resume()
        forget_epochs(library, run_id, after=fitting.epoch - 1)
    _follow(fitting, library, job, run_id)
    if replicas is not None:
        _announce_devices(job, replicas)
        replicas.tell_task(Task(config, len(data.labels), train_part, classes))
    ended = fitting.run()
    if replicas is not None:
        replicas.end(Status.FINISHED if ended else Status.CANCELLED)
    if fitting.stopping.best_epoch < 0:
        raise JobStoppedError("Stopped before the first epoch was done.")
    _export(library, training, fitting, time.monotonic() - started)
    status = Status.FINISHED if ended else Status.CANCELLED
    best = fitting.stopping.best_epoch
    finish_run(library, run_id, status=status, best_epoch=best, bundle=BUNDLE)
    return ended


def _take(job: RunningJob, training: _Training, model: keras.Model) -> None:
    """Give the model the weights that it is to begin with."""
    source, labels = training.sources.start, training.data.labels
    if source is not None:
        both = take_weights(model, labels, source)
        job.info(f"Begins with the weights of {source.name}; it knows {both:,} of the glosses.")


def _super_classes(training: _Training, folder: Path) -> Classes | None:
    """The super-class of each gloss, where a coarse head is to learn them."""
    model, labels = training.config.model, training.data.labels
    n_super = min(model.super_classes, len(labels))
    if model.hierarchy == "none":
        return None
    if model.hierarchy == "ids":
        return neighbours(len(labels), n_super)
    source = training.sources.classes
    if source is None:
        return kept_classes(folder, len(labels), n_super)
    place = {gloss: number for number, gloss in enumerate(source.bundle.labels)}
    kernel = read_weights(source)[1]
    classes = cluster(kernel.T[[place[gloss] for gloss in labels]], n_super)
    keep_classes(folder, classes)
    return classes


def _count_clips(samples: tuple[Sample, ...]) -> int:
    """Copies of a clip are one clip."""
    return len({sample.row.instance_id for sample in samples})


def _announce(job: RunningJob, data: Data) -> None:
    split = data.split
    job.info(
        f"{len(split.train)} train, {len(split.val)} val and {len(split.test)} test samples of "
        f"{len(data.labels)} glosses, split {split.kind} {split.hash[:12]}"
    )
    dropped = split.dropped
    if said := dropped.in_words():
        job.warn(f"Identical clips: {said}.")


def _announce_devices(job: RunningJob, replicas: "Replicas") -> None:
    share = replicas.share
    job.info(f"{share.devices} devices train, {share.own} of them in this process.")
    if share.devices == 1:
        job.warn("There is one device alone: this strategy makes nothing quicker.")


def _with_scale(config: TrainConfig, part: Part) -> TrainConfig:
    """The notebook divides by its largest training value where that exceeds 1."""
    if config.features.kind != "notebook":
        return config
    plain = replace(config.features, divide_by=1.0)
    largest = float(plain_features(part, plain, config.seed).max())
    return replace(config, features=replace(plain, divide_by=max(largest, 1.0)))


def _follow(fitting: Fitting, library: Library, job: RunningJob, run_id: int) -> None:
    """Let the catalog hear of each epoch, and the training of requests."""
    began, first = time.monotonic(), fitting.epoch
    epochs = fitting.config.epochs
    job.progress(done=first, total=epochs, unit="epochs", message="first epoch", force=True)

    def on_epoch(epoch: int, metrics: Metrics) -> None:
        record_epoch(library, run_id, epoch, metrics)
        each = (time.monotonic() - began) / (epoch + 1 - first)
        best, left = fitting.stopping.best_top1, epochs - epoch - 1
        # Without a better epoch training ends early; with many it runs to the last.
        least = min(left, fitting.stopping.patience - fitting.stopping.waited)
        job.progress(
            done=epoch + 1,
            message=f"val top-1 {metrics['val_top1']:.1%}, best {best:.1%}",
            detail={"run": run_id, "eta_s": [each * least, each * left], **metrics},
        )

    def should_stop() -> bool:
        job.wait_while_paused()
        return job.request is Request.STOP

    fitting.on_epoch, fitting.should_stop = on_epoch, should_stop


def _export(library: Library, training: _Training, fitting: Fitting, seconds: float) -> None:
    """Write the bundle of the best epoch, and judge val with it."""
    fitting.take_best()
    data, config = training.data, fitting.config
    own = one_of_each(data.split.val)
    features = plain_features(fitting.val, config.features, config.seed)[own]
    targets = fitting.val.targets[own]
    found = accuracy(true_ranks(predict(fitting.model, features), targets), targets)
    about = {
        "run": training.run_id,
        "preset": config.preset,
        "split": data.split.identity,
        "selected_on": "val",
        "metrics": {"val": found.as_json()},
        "best_epoch": fitting.stopping.best_epoch,
        "parameters": int(glosses_alone(fitting.model).count_params()),
        "seconds": round(seconds, 1),
        "extractor": data.extractor,
        "versions": _versions(),
    }
    library_folder = library.run_dir(training.run_id)
    seen, start = kept_start(library_folder, data)
    some = np.linspace(0, len(features) - 1, min(_GATE_CLIPS, len(features))).astype(int)
    folder = library_folder / BUNDLE
    export_bundle(
        folder, fitting.model, config, data.labels, features[some], {**about, **start}, seen
    )
    recognizer = Recognizer.load(folder)
    judgement = judge(recognizer, data.split.val, fitting.val, config.seed)
    detail = {
        "split_kind": data.split.kind,
        "split_hash": data.split.hash,
        "leaking": data.split.leaking,
        "dropped": asdict(data.split.dropped),
        **calibrate(recognizer, judgement),
    }
    record(library, training.run_id, "val", judgement, recognizer, detail)


def _versions() -> dict[str, str]:
    return {
        "signtui": __version__,
        "python": platform.python_version(),
        "keras": str(keras.__version__),
        "backend": str(keras.backend.backend()),
        "numpy": np.__version__,
    }


if __name__ == "__main__":
    raise SystemExit(child_main(train))
