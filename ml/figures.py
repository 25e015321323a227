"""What an accuracy rests on, and how it reads when clips, glosses or synonyms are counted.

Per instance each clip counts once, with Wilson's interval. Per gloss each gloss that has a clip
counts once; its interval is that of a bootstrap over clips (percentiles of 2,000 draws with one
fixed seed), which has no width where all clips are right, or all wrong.
"""

from collections.abc import Sequence as Listing
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from store.batches import batches
from store.intervals import wilson
from store.library import Library
from store.schema import Gloss, Instance
from store.splits import Sample
from store.synonyms import read_synonyms

Ints = NDArray[np.int64]

TOPS: Final = (1, 5, 10)
_DRAWS: Final = 2000
_AT_ONCE: Final = 250
_SEED: Final = 0
_PERCENTILES: Final = (2.5, 97.5)


def count_instances(ranks: Ints) -> dict[str, dict[str, float]]:
    """Top-1, 5 and 10 of clips, each with its Wilson interval. ranks: shape=(n,)."""
    return {f"top{top}": share(int((ranks <= top).sum()), len(ranks)) for top in TOPS}


def count_glosses(ranks: Ints, targets: Ints) -> dict[str, dict[str, float]]:
    """The same as the mean over glosses that have a clip. ranks, targets: shape=(n,), n > 0."""
    order = np.argsort(targets, kind="stable")
    ranks = ranks[order]
    starts = np.unique(targets[order], return_index=True)[1]
    hits = np.stack([ranks <= top for top in TOPS]).astype(np.int64)
    whole = _mean_of_glosses(np.ones((1, len(ranks)), np.int64), hits, starts)[0]
    rng = np.random.default_rng(_SEED)
    chances = np.full(len(ranks), 1 / len(ranks))
    drawn = np.concatenate(
        [
            _mean_of_glosses(rng.multinomial(len(ranks), chances, size=_AT_ONCE), hits, starts)
            for _ in range(_DRAWS // _AT_ONCE)
        ]
    )
    lows, highs = np.percentile(drawn, _PERCENTILES, axis=0)
    return {
        f"top{top}": {"value": float(value), "low": float(low), "high": float(high)}
        for top, value, low, high in zip(TOPS, whole, lows, highs, strict=True)
    }


def _mean_of_glosses(draws: Ints, hits: Ints, starts: Ints) -> NDArray[np.float64]:
    """Each gloss counts once, and one of which no clip was drawn not at all.

    Args:
        draws: how often each clip was drawn, shape=(draws, n).
        hits: 1 where a clip counts as right, shape=(tops, n); clips lie gloss by gloss.
        starts: first clip of each gloss.

    Returns:
        shape=(draws, tops).
    """
    clips = np.add.reduceat(draws, starts, axis=1)
    there = clips > 0
    means = [
        np.divide(
            np.add.reduceat(draws * row, starts, axis=1),
            clips,
            out=np.zeros(clips.shape),
            where=there,
        ).sum(axis=1)
        / there.sum(axis=1)
        for row in hits
    ]
    return np.stack(means, axis=1)


def count_synonyms(
    library: Library, samples: Listing[Sample], answers: Listing[str], labels: Listing[str]
) -> dict[str, Any]:
    """Top-1 where a known synonym of the gloss counts as right as well.

    Args:
        library: whose index tells what is a synonym.
        samples: the clips, shape=(n,).
        answers: the first answer to each.
        labels: what the model can answer.

    Returns:
        `pairs` of labels that are synonyms, ratio and interval of top-1, the number of clips that
        count as right only so (`clips`); how many clips are in the index under several glosses
        (`several`) and how many of these got a gloss that the index gives that very recording, but
        not here (`several_right`): those count as wrong unless other recordings speak for them.
    """
    known = read_synonyms(library)
    strict = helped = several = several_right = 0
    for sample, answer in zip(samples, answers, strict=True):
        number, gloss = sample.row.instance_id, sample.row.gloss
        others = known.others_of(number, gloss)
        several += bool(others)
        several_right += answer in others
        strict += answer == gloss
        helped += answer != gloss and known.are(gloss, answer, number)
    return {
        "pairs": known.count_pairs(labels),
        **share(strict + helped, len(samples)),
        "clips": helped,
        "several": several,
        "several_right": several_right,
    }


def count_named(library: Library, part: str, labels: Listing[str]) -> int:
    """Instances of these glosses that the index names for a part, with landmarks or not."""
    total = 0
    with library.reading() as session:
        for some in batches(list(labels)):
            total += (
                session.scalar(
                    select(func.count(Instance.id))
                    .join(Gloss, Gloss.id == Instance.gloss_id)
                    .where(Instance.split == part, Gloss.text.in_(some))
                )
                or 0
            )
    return total


def share(hits: int, n: int) -> dict[str, float]:
    """A ratio of clips with its Wilson interval."""
    low, high = wilson(hits, n)
    return {"value": hits / n if n else 0.0, "low": low, "high": high}
