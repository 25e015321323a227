"""Questions to the catalog that come with the product."""

from typing import Final

SAVED_QUERIES: Final = {
    "coverage by gloss": (
        "SELECT gloss, instances, available, extracted, failed\n"
        "FROM gloss_stats\nORDER BY 1.0 * extracted / instances, instances DESC"
    ),
    "signers by split": (
        "SELECT signer, train, val, test, glosses\nFROM signer_stats\nORDER BY instances DESC"
    ),
    "failures by reason": (
        "SELECT error_kind, COUNT(*) AS clips, MAX(error) AS example\n"
        "FROM instances\nWHERE extraction = 'failed'\nGROUP BY error_kind\nORDER BY clips DESC"
    ),
    "damaged clips": (
        "SELECT video_id, gloss, reason, path\nFROM instances\nWHERE availability = 'corrupt'"
    ),
    "best runs": (
        "SELECT run, name, split_kind, leaks, split, top1, low, high, n, glosses_covered\n"
        "FROM run_stats\nWHERE top1 IS NOT NULL\nORDER BY leaks, top1 DESC"
    ),
    "contradictory labels": (
        "SELECT gloss_list, instances, splits, url, frame_start, video_ids\n"
        "FROM contradictions\nORDER BY splits DESC, instances DESC"
    ),
    "subset coverage": "SELECT * FROM subset_stats",
    "time in jobs": (
        "SELECT kind, COUNT(*) AS jobs, ROUND(SUM(seconds)) AS seconds\n"
        "FROM job_stats\nGROUP BY kind\nORDER BY seconds DESC"
    ),
}
