"""What the evaluations of runs say in detail: per gloss, per signer, confused pairs, two runs paired.

All figures come from the documented views `predictions`, `gloss_results` and `confusions`, and so
from the clips that the catalog keeps a prediction of.
"""

from collections.abc import Sequence as Listing
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import text

from store.intervals import PairedCounts, wilson
from store.library import Library
from store.words import SPLITS


@dataclass(frozen=True, slots=True)
class GroupResult:
    """How often the clips of one gloss, or of one signer, were recognised."""

    name: str | None
    """None: the index names no signer."""
    n: int
    top1_hits: int
    top5_hits: int

    @property
    def top1(self) -> float:
        return self.top1_hits / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of top-1 (Wilson)."""
        return wilson(self.top1_hits, self.n)

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval
        return {**asdict(self), "top1": self.top1, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Two glosses of which one was taken for the other, in either direction."""

    gloss: str
    other: str
    clips: int
    """Both ways together."""
    there: int
    """Clips of `gloss` taken for `other`."""
    back: int
    """Clips of `other` taken for `gloss`."""


@dataclass(frozen=True, slots=True)
class PairedResult:
    """Two runs on the clips that both were measured on."""

    run_a: int
    run_b: int
    split: str
    counts: PairedCounts
    n_a: int
    """Clips that a was measured on, common ones or not."""
    n_b: int

    def as_json(self) -> dict[str, Any]:
        low, high = self.counts.interval
        return {
            **asdict(self), "common": self.counts.n, "difference": self.counts.difference,
            "low": low, "high": high, "p_value": self.counts.p_value,
            "bootstrap": asdict(self.counts.bootstrap()),
        }  # fmt: skip


_GLOSSES: Final = """
SELECT gloss, n, top1_hits, top5_hits FROM gloss_results
WHERE run = :run AND split = :split ORDER BY gloss"""

_SIGNERS: Final = """
SELECT signer, COUNT(*), SUM(correct), SUM(rank <= 5) FROM predictions
WHERE run = :run AND split = :split GROUP BY signer ORDER BY COUNT(*) DESC, signer"""

_PAIRS: Final = """
SELECT MIN(gloss, predicted) AS one, MAX(gloss, predicted) AS other, SUM(clips) AS clips,
  SUM(CASE WHEN gloss < predicted THEN clips ELSE 0 END),
  SUM(CASE WHEN gloss < predicted THEN 0 ELSE clips END)
FROM confusions WHERE run = :run AND split = :split
GROUP BY one, other ORDER BY clips DESC, one, other LIMIT :limit"""

_PAIRED: Final = """
SELECT COUNT(*), COALESCE(SUM(a.correct AND b.correct), 0),
  COALESCE(SUM(a.correct AND NOT b.correct), 0), COALESCE(SUM(b.correct AND NOT a.correct), 0),
  COALESCE(SUM(NOT a.correct AND NOT b.correct), 0)
FROM predictions a JOIN predictions b ON b.instance_id = a.instance_id AND b.split = a.split
WHERE a.run = :a AND b.run = :b AND a.split = :split"""

_SIZES: Final = "SELECT run, COUNT(*) FROM predictions WHERE split = :split GROUP BY run"


def list_gloss_results(library: Library, run: int, split: str) -> list[GroupResult]:
    """Each gloss that has a clip in the split, in alphabetical order."""
    return _groups(library, _GLOSSES, run, split)


def list_signer_results(library: Library, run: int, split: str) -> list[GroupResult]:
    """Each signer in the split, who has most clips first; clips of nobody known count together."""
    return _groups(library, _SIGNERS, run, split)


def list_confused_pairs(
    library: Library, run: int, split: str, *, limit: int = 10_000
) -> list[ConfusedPair]:
    """Pairs of glosses that were taken for one another, the most frequent first."""
    values = {"run": run, "split": split, "limit": limit}
    with library.reading() as session:
        return [ConfusedPair(*row) for row in session.execute(text(_PAIRS), values)]


def compare_paired(library: Library, run_a: int, run_b: int, split: str) -> PairedResult:
    """Hold two runs against each other on the clips of a split that both were measured on."""
    with library.reading() as session:
        counted = session.execute(text(_PAIRED), {"a": run_a, "b": run_b, "split": split}).one()
        sizes = {int(run): int(n) for run, n in session.execute(text(_SIZES), {"split": split})}
    counts = PairedCounts(*(int(number) for number in counted[1:]))
    return PairedResult(run_a, run_b, split, counts, sizes.get(run_a, 0), sizes.get(run_b, 0))


def common_splits(library: Library, runs: Listing[int]) -> list[str]:
    """Splits that each of these runs was measured on, test first: nobody chose by it."""
    with library.reading() as session:
        found = session.execute(text("SELECT run_id, split FROM evaluation")).all()
    measured = {(int(run), str(split)) for run, split in found}
    return [split for split in reversed(SPLITS) if all((run, split) in measured for run in runs)]


def clips_of(run: int, split: str, **equal: str | None) -> str:
    """The SQL condition on `instances` that its clips in an evaluation fulfil.

    Args:
        run: a run's number.
        split: what it was measured on.
        equal: columns of `predictions` and their values, such as `gloss="book"`.
    """
    wanted = [f"run = {int(run)}", f"split = {_quoted(split)}"]
    wanted += [
        f"{column} IS NULL" if value is None else f"{column} = {_quoted(value)}"
        for column, value in equal.items()
    ]
    return _chosen(" AND ".join(wanted))


def clips_of_pair(run: int, split: str, pair: ConfusedPair) -> str:
    """The SQL condition on `instances` for the clips that were confused, in either direction."""
    one, other = _quoted(pair.gloss), _quoted(pair.other)
    return _chosen(
        f"run = {int(run)} AND split = {_quoted(split)} AND "
        f"(gloss, predicted) IN (VALUES ({one}, {other}), ({other}, {one}))"
    )


def _groups(library: Library, sql: str, run: int, split: str) -> list[GroupResult]:
    with library.reading() as session:
        found = session.execute(text(sql), {"run": run, "split": split})
        return [GroupResult(*row) for row in found]


def _chosen(condition: str) -> str:
    return f"instance_id IN (SELECT instance_id FROM predictions WHERE {condition})"  # noqa: S608 - for a read-only connection


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
