"""Trains with `mirrored` on two logical devices, in a process of its own: devices come first.

Arguments: a library, a folder to work in, and where to write the metrics of each config's epochs.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ml.config import PRESETS, TrainConfig
from tests.ml.conftest import tiny


def configs() -> dict[str, TrainConfig]:
    """Whatever takes another way through a step; batches of five do not halve.

    The notebook's is one step: from the second on its losses hang on the last digits of the first.
    """
    coarse = replace(tiny().model, hierarchy="ids", super_classes=2)
    return {
        "default": tiny(batch_size=5, model=coarse, mixup=0.4, ema=0.9, epochs=2),
        "notebook": replace(PRESETS["notebook"], glosses=None, epochs=1, batch_size=4096),
    }


def fit(library: Any, config: TrainConfig, folder: Path, replicas: Any) -> list[dict[str, float]]:
    """The metrics of each epoch."""
    from ml.backend import make_repeatable
    from ml.dataset import load_part
    from ml.fitting import Fitting
    from ml.hierarchy import neighbours
    from ml.models import build_model
    from ml.prepare import prepare_data

    data = prepare_data(library, config)
    train, val = (
        load_part(library, part, data.labels) for part in (data.split.train, data.split.val)
    )
    make_repeatable(config.seed)
    n = len(data.labels)
    classes = neighbours(n, 2) if config.model.hierarchy == "ids" else None
    model = build_model(config, n)
    seen: list[dict[str, float]] = []
    folder.mkdir(exist_ok=True)
    fitting = Fitting(model, config, train, val, folder, "x", classes=classes, replicas=replicas)
    fitting.on_epoch = lambda _epoch, metrics: seen.append(dict(metrics))
    assert fitting.run()
    return seen


def main(library: str, folder: str, told: str) -> None:
    import ml.backend  # noqa: F401 - what it sets in the environment comes before TensorFlow

    # isort: split
    import tensorflow as tf

    from store.library import Library

    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        processor, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    from ml.distribute import open_replicas

    metrics = {}
    for name, config in configs().items():
        with open_replicas("mirrored", lambda _missing: None) as replicas:
            assert replicas.share.devices == 2
            place = Path(folder) / name
            metrics[name] = fit(Library.open(Path(library)), config, place, replicas)
    Path(told).write_text(json.dumps(metrics), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
