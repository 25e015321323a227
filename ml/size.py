"""How large a model and its run will be, told before TensorFlow is started."""

from typing import Final

from ml.config import TrainConfig
from ml.features import channels

_FLOAT: Final = 4
_COPIES: Final = 11
"""Copies of the weights on disk while a checkpoint is replaced: 1 in the best epoch's, 3 with the
optimiser's two moments in the last one and 3 in its successor, 4 in the bundle (measured: 8.1 times
the weights when a run has ended)."""
_AVERAGES: Final = 2
"""One more in each of the two last checkpoints, where weights are averaged."""
_BESIDE: Final = 2**20
"""Split, labels, log and the containers of the files."""
_ECA_KERNEL: Final = 5


def count_parameters(config: TrainConfig, n_glosses: int) -> int:
    """All weights of the model that `ml.models.build_model` makes, trained or not."""
    if config.preset == "notebook":
        return _notebook(config, n_glosses)
    width, kernel = config.model.width, config.model.kernel
    stem = channels(config.features) * width + 4 * width + config.features.length * width
    convolve = 4 * width**2 + 11 * width + 2 * kernel * width + _ECA_KERNEL
    attend = 8 * width**2 + 12 * width
    top = 2 * width**2 + 2 * width
    neck = config.model.neck
    below = neck * (4 * width + 4)
    heads = _dense(neck or 4 * width, n_glosses)
    if config.model.hierarchy != "none":
        heads += _dense(neck or 4 * width, min(config.model.super_classes, n_glosses))
    return stem + config.model.stages * (3 * convolve + attend) + top + below + heads


def run_bytes(config: TrainConfig, n_glosses: int) -> int:
    """Disk space that a run needs at most, while it trains."""
    copies = _COPIES + (_AVERAGES if config.ema else 0)
    return copies * _FLOAT * count_parameters(config, n_glosses) + _BESIDE


def _notebook(config: TrainConfig, n_glosses: int) -> int:
    total, before = 0, channels(config.features)
    for filters, kernel in ((64, 3), (128, 5), (256, 3)):
        total += _dense(kernel * before, filters) + 4 * filters
        before = filters
    n_super = min(config.model.super_classes, n_glosses)
    blocks = ((256, 512), (512, 256), (256, 128), (256 + 128, 512), (512, 256))
    total += sum(_dense(inputs, units) + 4 * units for inputs, units in blocks)
    return total + _dense(128, n_super) + _dense(256, n_glosses)


def _dense(inputs: int, units: int) -> int:
    return inputs * units + units
