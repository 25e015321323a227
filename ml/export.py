"""From a trained Keras model to LiteRT, and the gate that keeps a wrong export out of a bundle."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.backend import keras
from ml.bundle import KERAS, SEEN, checked_keras_file, write_bundle
from ml.config import TrainConfig, to_json
from ml.errors import CheckpointError, ExportError
from ml.features import Floats
from ml.fitting import predict
from ml.models import build_model, glosses_alone
from ml.recognizer import LiteModel
from ml.seen import Marks, pack_marks

log = logging.getLogger(__name__)

TOLERANCE: Final = 1e-3
"""Largest difference of a score between Keras and LiteRT; measured: below 1e-5."""


def to_litert(model: keras.Model, *, half: bool = False) -> bytes:
    """Convert to LiteRT: batch 1, float32, built-in operators only, the glosses' scores alone.

    Args:
        model: a trained model.
        half: keep weights as float16; it computes with float32 all the same.

    Raises:
        ExportError: an operator has no built-in counterpart.
    """
    # Conversion is TensorFlow's, whatever backend trains.
    import tensorflow as tf  # noqa: PLC0415
    from tensorflow.python.framework import convert_to_constants  # noqa: PLC0415

    shape = (1, *model.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])  # type: ignore[untyped-decorator]
    def scores(features: Any) -> Any:
        out = model(features, training=False)
        return out[-1] if isinstance(out, list) else out

    concrete = scores.get_concrete_function()
    frozen = convert_to_constants.convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], tf.Module())
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    try:
        with _quiet():
            return bytes(converter.convert())
    except Exception as error:
        raise ExportError(
            f"The model cannot be converted to LiteRT: {str(error)[:300]}."
        ) from error


def check_export(litert: bytes, model: keras.Model, features: Floats) -> float:
    """Compare both models on real clips, shape=(clips, length, channels).

    Returns:
        The largest difference of any score.

    Raises:
        ExportError: a score differs by more than the tolerance, or a best gloss does.
    """
    wanted = predict(model, features)
    lite = LiteModel(litert, (1, *features.shape[1:]), wanted.shape[-1])
    got = np.stack([lite(clip) for clip in features])
    worst = float(np.abs(got - wanted).max())
    rivals = np.sort(wanted, axis=1)[:, -2:]
    clear = rivals[:, 1] - rivals[:, 0] > 2 * TOLERANCE
    same = got.argmax(axis=1)[clear] == wanted.argmax(axis=1)[clear]
    if not worst <= TOLERANCE or not same.all():
        raise ExportError(
            f"The exported model differs from the trained one: scores by up to {worst:.2g}.",
            hint="Report this with the versions that `signtui doctor` shows.",
        )
    return worst


def export_bundle(
    folder: Path,
    model: keras.Model,
    config: TrainConfig,
    labels: list[str],
    samples: Floats,
    about: dict[str, Any],
    seen: Marks,
) -> None:
    """Write the bundle of a trained model, once LiteRT says of the samples what Keras says.

    Raises:
        ExportError: it does not.
    """
    model = glosses_alone(model)
    litert = to_litert(model)
    worst = check_export(litert, model, samples)
    log.info("LiteRT equals Keras on %d clips within %.2g", len(samples), worst)
    gate = {"clips": len(samples), "largest_difference": worst}
    with tempfile.TemporaryDirectory() as scratch:
        keras_file = Path(scratch) / "model.keras"
        model.save(keras_file)
        write_bundle(
            folder,
            litert=litert,
            further={KERAS: keras_file.read_bytes(), SEEN: pack_marks(seen)},
            labels=labels,
            features=to_json(config.features),
            about={**about, "config": to_json(config), "export": gate},
        )


def load_keras_model(folder: Path, config: TrainConfig, n_glosses: int) -> keras.Model:
    """Build the model of a config and read its weights from a bundle.

    The archive's own description of the model is never run.

    Raises:
        CheckpointError: the file is not what the bundle says, or belongs to another config.
    """
    path = checked_keras_file(folder)
    flat = replace(config, model=replace(config.model, hierarchy="none"))
    model = build_model(flat, n_glosses)
    try:
        model.load_weights(path)
    except Exception as error:
        raise CheckpointError(
            f"{path} holds no weights for this model: {str(error)[:200]}.",
            hint="Use the config that stands in bundle.json.",
        ) from error
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The converter writes to fd 2 from C++, past Python's own stderr."""
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
