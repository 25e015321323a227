"""Training on WLASL100: whether the model waits for its input, and the notebook's `model.fit`.

`default`: an epoch as it is trained, against the model's own steps on the same clips when all are
made beforehand. `notebook`: the steps of an epoch against `model.fit` of the same model on arrays in
memory, in turns; and an epoch as it is trained, checkpoints and judging of val included, against the
notebook's with its callbacks.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.landmarks import in_turns, prepare, ratio
from benchmarks.measuring import NOTHING, goal, load, real_data, report
from ml.backend import keras
from ml.config import PRESETS, TrainConfig
from ml.dataset import Part, TrainingData, load_part, plain_features
from ml.fitting import Fitting, compile_model, super_targets
from ml.models import build_model
from ml.prepare import prepare_data
from store.library import Library

STEPS, FIT = "notebook: the steps of an epoch", "notebook: model.fit"


@dataclass(frozen=True, slots=True)
class Case:
    """A preset with its clips."""

    config: TrainConfig
    train: Part
    val: Part
    glosses: int

    def model(self) -> keras.Model:
        model = build_model(self.config, self.glosses)
        compile_model(model, self.config)
        return model


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.training")
    parser.add_argument("--epochs", type=int, default=6)
    epochs = parser.parse_args().epochs
    data = real_data()
    if data is None:
        print("no WLASL landmarks here; set SIGNTUI_TEST_DATA to the folder that has them")
        return 0
    with scratch() as folder:
        library, _ = prepare(folder, data)
        print(f"seconds an epoch: minimum, median, maximum; {load()}")
        default = read_case(library, "default", epochs)
        print(f"default: {len(default.train)} train clips, {len(default.val)} val clips")
        trained, alone = ours(default), steps(default, epochs)
        report("default: an epoch as it is trained", trained)
        report("default: the steps alone, input made before", alone)
        made = inputs(default, epochs)
        report("default: the input alone", made)
        whole, step, entry = (statistics.median(times) for times in (trained, alone, made))
        goal(
            "training input of `default`, made beside the steps",
            "the model's own steps",
            f"{entry:.1f} s beside {step:.1f} s; an epoch with val and checkpoint {whole:.1f} s",
            "the model never waits",
            f"{epochs} epochs of {len(default.train)} clips",
        )
        notebook = read_case(library, "notebook", epochs)
        print(f"notebook: {len(notebook.train)} train clips and copies")
        seconds = against_fit(notebook, epochs)
        goal("training step of `notebook`", "the notebook's `model.fit`",
             f"{ratio(seconds, FIT, STEPS):.2f} times its rate", "not slower",
             f"{epochs} epochs each, in turns, of {len(notebook.train)} clips and copies")  # fmt: skip
        mine, theirs = ours(notebook), model_fit(notebook, epochs)
        report("notebook: an epoch as it is trained", mine)
        report("notebook: its own cell 7", theirs)
        rate = statistics.median(theirs) / statistics.median(mine)
        goal("training of `notebook`, checkpoints and val included", "the notebook's cell 7",
             f"{rate:.2f} times its rate", NOTHING,
             f"{epochs} epochs of {len(notebook.train)} clips and copies")  # fmt: skip
    return 0


@contextmanager
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_case(library: Library, preset: str, epochs: int) -> Case:
    # The first epoch traces the graph and does not count.
    config = replace(PRESETS[preset], epochs=epochs + 1, patience=epochs + 1)
    data = prepare_data(library, config)
    train = load_part(library, data.split.train, data.labels)
    val = load_part(library, data.split.val, data.labels)
    return Case(config, train, val, len(data.labels))


def ours(case: Case) -> list[float]:
    seconds: list[float] = []
    with scratch() as folder:
        fitting = Fitting(
            build_model(case.config, case.glosses), case.config, case.train, case.val, folder, ""
        )
        fitting.on_epoch = lambda _epoch, metrics: seconds.append(metrics["seconds"])
        fitting.run()
    return seconds[1:]


def steps(case: Case, epochs: int) -> list[float]:
    """The model's own time: one epoch's arrays over and over."""
    model, size = case.model(), case.config.batch_size
    features, targets = TrainingData(case.train, case.config).epoch(0)
    wanted = keras.utils.to_categorical(targets, case.glosses)
    seconds = []
    for _ in range(epochs + 1):
        started = time.perf_counter()
        for start in range(0, len(features), size):
            batch = slice(start, start + size)
            model.train_on_batch(features[batch], wanted[batch], return_dict=True)
        seconds.append(time.perf_counter() - started)
    return seconds[1:]


def inputs(case: Case, epochs: int) -> list[float]:
    data, seconds = TrainingData(case.train, case.config), []
    for epoch in range(epochs):
        started = time.perf_counter()
        data.epoch(epoch)
        seconds.append(time.perf_counter() - started)
    return seconds


def against_fit(case: Case, epochs: int) -> dict[str, list[float]]:
    """Seconds of the steps of epochs, and of `model.fit`, on the same arrays in memory."""
    features, targets = TrainingData(case.train, case.config).epoch(0)
    other, size = case.model(), case.config.batch_size
    coarse, fine = (out[-1] for out in other.output_shape)
    wanted = [super_targets(targets, coarse, fine), targets]
    with scratch() as folder:
        fitting = Fitting(case.model(), case.config, case.train, case.val, folder, "")
        works = {
            STEPS: lambda: fitting.fit_epoch(features, targets),
            FIT: lambda: other.fit(features, wanted, batch_size=size, verbose=0),
        }
        for work in works.values():
            work()
        return in_turns(works, epochs)


def model_fit(case: Case, epochs: int) -> list[float]:
    """Cell 7 of the notebook, its printing left out."""
    begun, ended, model = [], [], case.model()
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda _epoch, _logs: begun.append(time.perf_counter()),
        on_epoch_end=lambda _epoch, _logs: ended.append(time.perf_counter()),
    )
    features = [plain_features(part, case.config.features) for part in (case.train, case.val)]
    coarse, fine = (out[-1] for out in model.output_shape)
    wanted = [
        [super_targets(part.targets, coarse, fine), part.targets] for part in (case.train, case.val)
    ]
    name = "val_fine_output_accuracy"
    model.fit(
        features[0], wanted[0], validation_data=(features[1], wanted[1]),
        epochs=epochs + 1, batch_size=case.config.batch_size, verbose=0,
        callbacks=[
            clock,
            keras.callbacks.EarlyStopping(
                name, patience=20, restore_best_weights=True, mode="max"
            ),
            keras.callbacks.ReduceLROnPlateau(
                "val_fine_output_loss", patience=10, factor=0.3, min_lr=1e-6, mode="min"
            ),
        ],
    )  # fmt: skip
    return [end - begin for begin, end in zip(begun, ended, strict=True)][1:]


if __name__ == "__main__":
    sys.exit(main())
