"""Clips of a batch, mixed in pairs."""

import numpy as np
from numpy.typing import NDArray

from ml.features import Floats
from store.skeleton import N_SLOTS


def mix(
    features: Floats, wanted: list[Floats], alpha: float, rng: np.random.Generator
) -> tuple[Floats, list[Floats]]:
    """Mix each clip and what is wanted of it with another of the batch.

    A hand is there where either clip has it: the last channels are its presence, and a model hides
    what is absent rather than what is faint. Source: Zhang et al., mixup (ICLR 2018).

    Args:
        features: shape=(clips, length, channels).
        wanted: for each output one row a clip, shape=(clips, classes).
        alpha: both parameters of the Beta distribution that shares are drawn from.
        rng: draws shares and partners.
    """
    share = rng.beta(alpha, alpha, len(features)).astype(np.float32)
    partner = rng.permutation(len(features))

    def mixed(rows: Floats) -> Floats:
        part: NDArray[np.float32] = share.reshape(-1, *[1] * (rows.ndim - 1))
        return np.asarray(part * rows + (1 - part) * rows[partner], np.float32)

    clips = mixed(features)
    presence = features[..., -N_SLOTS:]
    clips[..., -N_SLOTS:] = np.maximum(presence, presence[partner])
    return clips, [mixed(rows) for rows in wanted]
