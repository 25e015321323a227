"""Super-classes of glosses: runs of neighbouring ones, or clusters of those that a model finds alike."""

import json
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.errors import CheckpointError
from store.files import write_text

CLASSES_FILE: Final = "super_classes.json"
"""In a run's folder: the super-class of each gloss, so that going on needs no other model."""
Classes = NDArray[np.int64]
"""The super-class of each gloss, from 0. shape=(glosses,)."""


def neighbours(n_glosses: int, n_super: int) -> Classes:
    """The notebook's: as many neighbouring glosses to each, the last takes what is left over."""
    each = n_glosses // n_super
    return np.array([min(gloss // each, n_super - 1) for gloss in range(n_glosses)], np.int64)


def cluster(directions: NDArray[np.float32], n_super: int) -> Classes:
    """Cluster glosses by the directions of their weights in a model's head.

    Ward's method (J. Am. Stat. Assoc. 1963) with the updates of Lance and Williams (1967); of equal
    distances the first counts, so that the same weights always give the same classes.

    Args:
        directions: shape=(glosses, values), of any length each.
        n_super: how many classes, at most one a gloss.
    """
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    unit = (directions / np.maximum(length, 1e-12)).astype(np.float64)
    apart = np.maximum(2.0 - 2.0 * unit @ unit.T, 0.0)
    np.fill_diagonal(apart, np.inf)
    sizes = np.ones(len(unit))
    member = np.arange(len(unit))
    for _ in range(len(unit) - n_super):
        one, other = divmod(int(apart.argmin()), len(unit))
        one, other = min(one, other), max(one, other)
        _merge(apart, sizes, one, other)
        member[member == other] = one
    return np.asarray(np.unique(member, return_inverse=True)[1], np.int64)


def _merge(apart: NDArray[np.float64], sizes: NDArray[np.float64], one: int, other: int) -> None:
    """Make two clusters the first of them; the second is far from everything from now on."""
    a, b, between = sizes[one], sizes[other], apart[one, other]
    rest = np.isfinite(apart[one]) & np.isfinite(apart[other])
    total = a + b + sizes[rest]
    apart[one, rest] = (
        (a + sizes[rest]) * apart[one, rest]
        + (b + sizes[rest]) * apart[other, rest]
        - sizes[rest] * between
    ) / total
    apart[rest, one] = apart[one, rest]
    apart[other, :] = apart[:, other] = np.inf
    sizes[one] = a + b


def keep_classes(folder: Path, classes: Classes) -> None:
    """Write them into a run's folder. Raises DiskFullError, StoreError."""
    write_text(folder / CLASSES_FILE, json.dumps(classes.tolist()) + "\n")


def kept_classes(folder: Path, n_glosses: int, n_super: int) -> Classes:
    """Those of a run that goes on. Raises CheckpointError where they are not there or wrong."""
    try:
        found = np.array(json.loads((folder / CLASSES_FILE).read_text(encoding="utf-8")), np.int64)
    except (OSError, ValueError, TypeError) as error:
        raise _bad() from error
    if found.shape != (n_glosses,) or not 0 <= found.min() <= found.max() < n_super:
        raise _bad()
    return found


def _bad() -> CheckpointError:
    return CheckpointError(
        f"{CLASSES_FILE} does not hold the run's super-classes.", hint="Start a new run."
    )
