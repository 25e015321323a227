"""Keras and TensorFlow, quiet and repeatable. Import this before anything that imports Keras."""

import os
import sys
from typing import Any, Final

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# One core is left to the thread that varies the next epoch's clips. Measured on two cores: with
# one thread each, an epoch costs two thirds of the CPU time that two threads in step need.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import keras
import numpy as np

__all__ = ["keras", "make_repeatable", "seed_epoch", "values"]

# The thread that varies clips would keep the one that trains waiting for five milliseconds each time.
# Measured on two cores, batches of 128: 25.5 instead of 27.8 s an epoch.
sys.setswitchinterval(0.0005)

_SEED_STATE: Final = "seed_generator_state"


def make_repeatable(seed: int) -> None:
    """Seed everything, and let operations run in one order only."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415 - only where it is the backend

        tf.config.experimental.enable_op_determinism()


def seed_epoch(model: keras.Model, seed: int, epoch: int) -> None:
    """Set what dropout draws in an epoch: a function of seed and epoch, so no state needs keeping."""
    states = [variable for variable in model.variables if variable.name == _SEED_STATE]
    for number, variable in enumerate(states):
        drawn = np.random.default_rng([seed, epoch, number]).integers(0, 2**31, variable.shape)
        variable.assign(drawn.astype(variable.dtype))


def values(variables: list[Any]) -> tuple[np.ndarray[Any, Any], ...]:
    """Copies of variables as arrays."""
    return tuple(np.array(variable) for variable in variables)
