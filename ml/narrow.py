"""A model narrowed to some of its glosses: the scores of the others go, the rest sum to 1 again.

A calibrated score is the plain one to the power of 1 / temperature, renormalised. So it makes no
difference whether scores are narrowed before or after, and the temperature stays what it was. The
threshold is that of lists of this length (`ml.calibrate`). A sign outside the list has nowhere else
to go. What holds of a certain list is to be measured.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ml.errors import GlossError
from ml.features import Floats
from store.catalog import list_glosses
from store.library import Library

_FEWEST = 2
_NAMED = 5


def read_choice(library: Library, wanted: object) -> list[str] | None:
    """The glosses that a job's config asks for: a list, an official subset by name, None for all.

    Raises:
        NotInCatalogError: there is no such subset.
        GlossError: it is none of these.
    """
    if wanted is None:
        return None
    if isinstance(wanted, str):
        with library.reading() as session:
            return list_glosses(session, subset=wanted)
    if isinstance(wanted, list) and all(isinstance(gloss, str) for gloss in wanted):
        return wanted
    raise GlossError("Nobody can tell to which glosses the model is to be narrowed.")


def choose_outputs(labels: tuple[str, ...], wanted: Collection[str]) -> NDArray[np.int64]:
    """Places of the wanted glosses among a model's, in the model's order. shape=(kept,).

    Raises:
        GlossError: the model does not know all of them, or fewer than two are left: of one gloss
            alone every sign would be.
    """
    known = set(labels)
    unknown = [gloss for gloss in dict.fromkeys(wanted) if gloss not in known]
    if unknown:
        named = ", ".join(unknown[:_NAMED])
        more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
        raise GlossError(
            f"The model does not know {len(unknown):,} of the {len(set(wanted)):,} glosses: "
            f"{named}{more}.",
            hint="It knows the glosses that it was trained on: they stand in its labels.json.",
        )
    if len(set(wanted)) < _FEWEST:
        raise GlossError(
            "A model cannot be narrowed to fewer than two glosses: every sign would be that one.",
            hint="Name two or more.",
        )
    chosen = set(wanted)
    return np.array([place for place, label in enumerate(labels) if label in chosen], np.int64)


def narrow_scores(scores: Floats, kept: NDArray[np.int64]) -> Floats:
    """Scores of the kept glosses alone, summing to 1 again; all kept: as they were.

    Args:
        scores: plain scores, shape=(…, glosses).
        kept: places in rising order, shape=(kept,).
    """
    if len(kept) == scores.shape[-1]:
        return scores
    some = scores[..., kept]
    total = some.sum(axis=-1, keepdims=True)
    # Where nothing at all is left of the scores, all are as likely.
    equal = np.full(some.shape, 1 / len(kept), np.float32)
    return np.divide(some, total, out=equal, where=total > 0)
