"""Models that teach another one: their answers to the very clips that it sees are what it learns.

Source: Hinton et al., Distilling the knowledge in a neural network (2015); that teachers must see the
same varied clip as the model is from Beyer et al., Knowledge distillation: a good teacher is patient
and consistent (CVPR 2022).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.backend import keras
from ml.features import Floats
from ml.models import build_model, glosses_alone
from ml.warm import Source
from ml.weights import take_weights


@dataclass(frozen=True, slots=True)
class Teachers:
    """Some trained models, asked together."""

    model: keras.Model
    """One output for each teacher."""
    places: tuple[NDArray[np.intp], ...]
    """Of each teacher, where the student's glosses are among its own. shape=(glosses,)."""

    def __call__(self, features: Floats) -> Floats:
        """The mean of their scores, of the student's glosses alone, which sum to 1.

        Args:
            features: shape=(clips, length, channels).

        Returns:
            shape=(clips, glosses)
        """
        said = self.model.predict_on_batch(features)
        return mean_scores(said if isinstance(said, list) else [said], self.places)


def mean_scores(said: list[Any], places: tuple[NDArray[np.intp], ...]) -> Floats:
    """The mean of several models' scores, each narrowed to the same glosses before.

    Args:
        said: of each model, shape=(clips, its glosses).
        places: of each model, where the glosses are among its own, shape=(glosses,).

    Returns:
        shape=(clips, glosses)
    """
    narrowed = (
        np.asarray(scores, np.float32)[:, place] for scores, place in zip(said, places, strict=True)
    )
    parts = [scores / np.maximum(scores.sum(axis=1, keepdims=True), 1e-9) for scores in narrowed]
    return np.asarray(np.mean(parts, axis=0), np.float32)


def load_teachers(sources: tuple[Source, ...], labels: list[str]) -> Teachers | None:
    """The models behind some sources that were checked; None where there are none.

    Args:
        sources: as `ml.warm.read_sources` found them: of the student's features and glosses.
        labels: the student's glosses.

    Raises:
        CheckpointError: weights are not those of their settings.
    """
    if not sources:
        return None
    models = [_load(source) for source in sources]
    inputs = keras.Input(models[0].input_shape[1:], name="features")
    outputs = []
    for number, model in enumerate(models):
        model.trainable = False
        model.name = f"teacher_{number}"
        outputs.append(model(inputs, training=False))
    return Teachers(keras.Model(inputs, outputs), tuple(_places(each, labels) for each in sources))


def _load(source: Source) -> keras.Model:
    model = build_model(source.config, len(source.bundle.labels))
    take_weights(model, list(source.bundle.labels), source)
    return glosses_alone(model)


def _places(source: Source, labels: list[str]) -> NDArray[np.intp]:
    place = {gloss: number for number, gloss in enumerate(source.bundle.labels)}
    return np.array([place[gloss] for gloss in labels], np.intp)
