"""Questions to the catalog that come with the product."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SavedQuery:
    about: str
    sql: str


_BEST_RUN: Final = "(SELECT run FROM run_stats\n   WHERE top1 IS NOT NULL AND NOT leaks ORDER BY top1 DESC LIMIT 1)"

SAVED_QUERIES: Final[dict[str, SavedQuery]] = {
    "coverage by gloss": SavedQuery(
        "glosses with the fewest landmarks first",
        "SELECT gloss, ROUND(100.0 * extracted / instances, 1) AS percent,\n"
        "  extracted, available, instances, failed\n"
        "FROM gloss_stats\nORDER BY percent, instances DESC",
    ),
    "subset coverage": SavedQuery(
        "how much of each official subset has landmarks", "SELECT * FROM subset_stats"
    ),
    "signers by split": SavedQuery(
        "who signs in which split, the busiest first",
        "SELECT signer, train, val, test, glosses\nFROM signer_stats\nORDER BY instances DESC",
    ),
    "failures by reason": SavedQuery(
        "why landmarks could not be extracted",
        "SELECT error_kind, COUNT(*) AS clips, MAX(error) AS example\n"
        "FROM instances\nWHERE extraction = 'failed'\nGROUP BY error_kind\nORDER BY clips DESC",
    ),
    "damaged clips": SavedQuery(
        "files that are there and cannot be read",
        "SELECT video_id, gloss, reason, path\nFROM instances\n"
        "WHERE availability = 'corrupt'\nORDER BY reason, video_id",
    ),
    "duplicates by content": SavedQuery(
        "files with the same bytes under several ids",
        "SELECT sha256, COUNT(DISTINCT video_id) AS clips, COUNT(DISTINCT split) AS splits,\n"
        "  GROUP_CONCAT(DISTINCT gloss) AS glosses, GROUP_CONCAT(DISTINCT video_id) AS video_ids\n"
        "FROM instances\nWHERE sha256 IS NOT NULL\nGROUP BY sha256\n"
        "HAVING COUNT(DISTINCT video_id) > 1\nORDER BY splits DESC, clips DESC",
    ),
    "contradictory labels": SavedQuery(
        "the same stretch of video under different glosses",
        "SELECT gloss_list, instances, splits, url, frame_start, video_ids\n"
        "FROM contradictions\nORDER BY splits DESC, instances DESC",
    ),
    "crossing recordings": SavedQuery(
        "the same recording in train, val or test, and how that is known",
        "SELECT evidence, split_list, gloss_list, video_ids\nFROM same_recordings\n"
        "WHERE splits > 1\nORDER BY splits DESC, glosses DESC, gloss_list",
    ),
    "synonyms": SavedQuery(
        "glosses that share recordings: two names of one sign",
        "SELECT gloss, other, evidence, recordings\nFROM synonyms\n"
        "ORDER BY recordings DESC, gloss, other",
    ),
    "excluded instances": SavedQuery(
        "what is left out of training, and why",
        "SELECT excluded_reason, gloss, video_id, split\nFROM instances\n"
        "WHERE excluded\nORDER BY excluded_reason, gloss, video_id",
    ),
    "no hands seen": SavedQuery(
        "clips with few frames in which a hand was found",
        "SELECT gloss, video_id, frames, frames_left, frames_right,\n"
        "  ROUND(100.0 * MAX(frames_left, frames_right) / frames, 1) AS percent\n"
        "FROM instances\nWHERE frames > 0\nORDER BY percent, frames DESC",
    ),
    "slowest clips": SavedQuery(
        "clips whose landmarks took longest",
        "SELECT video_id, gloss, frames, width, height, ROUND(seconds, 2) AS seconds,\n"
        "  ROUND(1000 * seconds / frames, 1) AS ms_per_frame\n"
        "FROM instances\nWHERE seconds IS NOT NULL\nORDER BY instances.seconds DESC\nLIMIT 200",
    ),
    "best runs": SavedQuery(
        "accuracy with n and 95 % interval; leaking splits last",
        "SELECT run, name, split_kind, leaks, split, top1, low, high, n, glosses_covered\n"
        "FROM run_stats\nWHERE top1 IS NOT NULL\nORDER BY leaks, top1 DESC",
    ),
    "hardest glosses": SavedQuery(
        "glosses that the best run knows least",
        "SELECT gloss, split, n, top1_hits, top5_hits, top1, top5\nFROM gloss_results\n"
        f"WHERE run = {_BEST_RUN}\nORDER BY top1, n DESC, gloss",
    ),
    "most confused pairs": SavedQuery(
        "what the best run takes for what",
        "SELECT split, gloss, predicted, clips\nFROM confusions\n"
        f"WHERE run = {_BEST_RUN}\nORDER BY clips DESC, gloss, predicted",
    ),
    "surest mistakes": SavedQuery(
        "wrong answers of the best run with the highest score",
        "SELECT score, gloss, predicted, rank, video_id, signer, split\nFROM predictions\n"
        f"WHERE NOT correct AND run = {_BEST_RUN}\nORDER BY score DESC",
    ),
    "time in jobs": SavedQuery(
        "where the time went",
        "SELECT kind, status, COUNT(*) AS jobs, ROUND(SUM(seconds)) AS seconds\n"
        "FROM job_stats\nGROUP BY kind, status\nORDER BY seconds DESC",
    ),
}
