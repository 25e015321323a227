"""The documented views: what anyone may ask SQL about a library.

`VIEWS` maps each name to its description and its SELECT; `docs/data-format.md` lists them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class View:
    about: str
    select: str


_SAME: Final = """
  SELECT 'range' AS evidence, url || ' ' || frame_start || ' ' || COALESCE(frame_end, '') AS shared,
    instance_id, video_id, gloss, split, excluded
  FROM instances WHERE url <> ''
  UNION ALL SELECT 'content', sha256 || ' ' || frame_start || ' ' || COALESCE(frame_end, ''),
    instance_id, video_id, gloss, split, excluded
  FROM instances WHERE sha256 IS NOT NULL
  UNION ALL SELECT 'landmarks', e.landmarks_sha256, i.id, c.video_id, g.text, i.split, i.excluded
  FROM extraction e JOIN instance i ON i.id = e.instance_id JOIN gloss g ON g.id = i.gloss_id
  JOIN clip c ON c.id = i.clip_id WHERE e.status = 'done' AND e.landmarks_sha256 IS NOT NULL"""
"""What each instance is known by; those that share it are the same recording."""

_NEWER: Final = """
  SELECT 1 FROM extraction o WHERE o.instance_id = i.id AND o.id <> e.id
  AND (o.status IN ('done', 'no_hands'), COALESCE(o.finished_at, 0), o.id)
    > (e.status IN ('done', 'no_hands'), COALESCE(e.finished_at, 0), e.id)"""
"""Sought by index for each row that is asked for, so that a page of instances costs a page; sorting the
extractions of each takes twice as long over all of WLASL."""

VIEWS: Final[dict[str, View]] = {
    "instances": View(
        "one row per instance, with its clip and its newest extraction",
        f"""
SELECT i.id AS instance_id, c.video_id, g.text AS gloss, s.name AS signer, i.split,
  i.source, i.url, i.frame_start, i.frame_end, i.variation, i.excluded, i.excluded_reason,
  c.availability, c.reason, c.path, c.frames AS clip_frames, c.fps, c.width, c.height,
  c.size_bytes, c.sha256, COALESCE(e.status, 'pending') AS extraction, e.attempts,
  e.error_kind, e.error, e.frames, e.frames_left, e.frames_right, e.seconds, i.length
FROM instance i
JOIN gloss g ON g.id = i.gloss_id
JOIN clip c ON c.id = i.clip_id
LEFT JOIN signer s ON s.id = i.signer_id
LEFT JOIN extraction e ON e.instance_id = i.id AND NOT EXISTS ({_NEWER})""",
    ),
    "gloss_stats": View(
        "one row per gloss: instances by split, signers, clips by availability, extractions",
        """
SELECT gloss, COUNT(*) AS instances,
  SUM(split = 'train') AS train, SUM(split = 'val') AS val, SUM(split = 'test') AS test,
  COUNT(DISTINCT signer) AS signers,
  SUM(availability = 'available') AS available, SUM(availability = 'missing') AS missing,
  SUM(availability = 'corrupt') AS corrupt, SUM(availability = 'unknown') AS not_scanned,
  SUM(extraction = 'done') AS extracted, SUM(extraction = 'no_hands') AS no_hands,
  SUM(extraction = 'failed') AS failed
FROM instances GROUP BY gloss""",
    ),
    "split_stats": View(
        "one row per split: instances, glosses, signers, available, extracted, coverage",
        """
SELECT split, COUNT(*) AS instances, COUNT(DISTINCT gloss) AS glosses,
  COUNT(DISTINCT signer) AS signers, SUM(availability = 'available') AS available,
  SUM(extraction = 'done') AS extracted,
  ROUND(100.0 * SUM(extraction = 'done') / COUNT(*), 1) AS coverage_percent
FROM instances GROUP BY split""",
    ),
    "signer_stats": View(
        "one row per signer: instances by split, glosses, available, extracted",
        """
SELECT signer, COUNT(*) AS instances, COUNT(DISTINCT gloss) AS glosses,
  SUM(split = 'train') AS train, SUM(split = 'val') AS val, SUM(split = 'test') AS test,
  SUM(availability = 'available') AS available, SUM(extraction = 'done') AS extracted
FROM instances GROUP BY signer""",
    ),
    "subset_stats": View(
        "one row per official subset and split: entries, glosses, extracted, coverage",
        """
SELECT n.subset, n.split, COUNT(*) AS entries, COUNT(DISTINCT n.class_id) AS glosses,
  SUM(v.availability = 'available') AS available, SUM(v.extraction = 'done') AS extracted,
  COUNT(DISTINCT CASE WHEN v.extraction = 'done' THEN n.class_id END) AS glosses_extracted,
  ROUND(100.0 * COALESCE(SUM(v.extraction = 'done'), 0) / COUNT(*), 1) AS coverage_percent
FROM subset_entry n LEFT JOIN instances v ON v.video_id = n.video_id
GROUP BY n.subset, n.split""",
    ),
    "clip_status": View(
        "clips by availability and reason, with frames, hours and bytes",
        """
SELECT availability, reason, COUNT(*) AS clips, SUM(frames) AS frames,
  ROUND(SUM(CASE WHEN fps > 0 THEN frames / fps END) / 3600.0, 4) AS hours,
  SUM(size_bytes) AS bytes
FROM clip GROUP BY availability, reason""",
    ),
    "extraction_status": View(
        "extractions by extractor, status and kind of error, with frames and hands found",
        """
SELECT x.id AS extractor, x.landmark_set, x.origin, e.status, e.error_kind,
  COUNT(*) AS instances, SUM(e.frames) AS frames, SUM(e.frames_left) AS frames_left,
  SUM(e.frames_right) AS frames_right, ROUND(SUM(e.seconds), 1) AS seconds
FROM extraction e JOIN extractor x ON x.id = e.extractor_id
GROUP BY x.id, e.status, e.error_kind""",
    ),
    # SQLite takes JSON functions in views for unsafe; inside JSON text quotes are escaped, so that
    # no name or gloss can look like the setting that is searched.
    "run_stats": View(
        "one row per run and evaluated split: accuracy with n and 95 % interval",
        """
SELECT r.id AS run, r.name, r.preset, r.status, r.split_kind,
  r.split_kind = 'notebook' OR r.config LIKE '%"duplicates": "keep"%' AS leaks,
  r.n_glosses, r.n_train, r.n_val, r.parameters,
  r.best_epoch, (SELECT COUNT(*) FROM run_epoch p WHERE p.run_id = r.id) AS epochs,
  (SELECT ROUND(SUM(seconds), 1) FROM run_epoch p WHERE p.run_id = r.id) AS seconds,
  v.split, v.n, v.n_glosses AS glosses_covered, ROUND(100 * v.top1, 1) AS top1,
  ROUND(100 * v.low, 1) AS low, ROUND(100 * v.high, 1) AS high,
  ROUND(100 * v.top5, 1) AS top5, ROUND(100 * v.top10, 1) AS top10,
  DATETIME(r.created_at, 'unixepoch') AS created
FROM run r LEFT JOIN evaluation v ON v.run_id = r.id""",
    ),
    "predictions": View(
        "one row per evaluated clip: what it is, what the run said, the true gloss's rank",
        """
SELECT v.run_id AS run, r.name, v.split, p.instance_id, c.video_id, g.text AS gloss,
  s.name AS signer, p.predicted, ROUND(100 * p.score, 1) AS score, p.rank, p.rank = 1 AS correct
FROM prediction p
JOIN evaluation v ON v.id = p.evaluation_id
JOIN run r ON r.id = v.run_id
JOIN instance i ON i.id = p.instance_id
JOIN gloss g ON g.id = i.gloss_id
JOIN clip c ON c.id = i.clip_id
LEFT JOIN signer s ON s.id = i.signer_id""",
    ),
    "gloss_results": View(
        "one row per run, evaluated split and gloss: clips, and how many were right",
        """
SELECT run, name, split, gloss, COUNT(*) AS n, SUM(correct) AS top1_hits,
  SUM(rank <= 5) AS top5_hits, ROUND(100.0 * SUM(correct) / COUNT(*), 1) AS top1,
  ROUND(100.0 * SUM(rank <= 5) / COUNT(*), 1) AS top5
FROM predictions GROUP BY run, split, gloss""",
    ),
    "confusions": View(
        "one row per run, evaluated split, gloss and wrong answer, the most frequent first",
        """
SELECT run, name, split, gloss, predicted, COUNT(*) AS clips
FROM predictions WHERE NOT correct
GROUP BY run, split, gloss, predicted ORDER BY clips DESC, gloss, predicted""",
    ),
    "job_stats": View(
        "one row per job, newest first: kind, status, progress, error, times in UTC",
        """
SELECT id AS job, kind, status, done, total, unit, message, error,
  DATETIME(created_at, 'unixepoch') AS created, DATETIME(ended_at, 'unixepoch') AS ended,
  ROUND(ended_at - started_at, 1) AS seconds
FROM job ORDER BY id DESC""",
    ),
    "contradictions": View(
        "clips with the same source and range that the index gives different glosses",
        """
SELECT url, frame_start, frame_end, COUNT(*) AS instances,
  COUNT(DISTINCT gloss) AS glosses, GROUP_CONCAT(DISTINCT gloss) AS gloss_list,
  COUNT(DISTINCT split) AS splits, GROUP_CONCAT(video_id) AS video_ids
FROM instances WHERE url <> ''
GROUP BY url, frame_start, frame_end HAVING COUNT(DISTINCT gloss) > 1""",
    ),
    "same_recordings": View(
        "one row per evidence that several instances are the same recording; excluded ones do not count",
        f"""
SELECT evidence, shared, COUNT(DISTINCT instance_id) AS instances,
  COUNT(DISTINCT gloss) AS glosses, GROUP_CONCAT(DISTINCT gloss) AS gloss_list,
  COUNT(DISTINCT split) AS splits, GROUP_CONCAT(DISTINCT split) AS split_list,
  GROUP_CONCAT(DISTINCT video_id) AS video_ids
FROM ({_SAME}) WHERE NOT excluded
GROUP BY evidence, shared HAVING COUNT(DISTINCT instance_id) > 1""",
    ),
    "synonyms": View(
        "one row per evidence and two glosses that share recordings, the most frequent first",
        f"""
SELECT a.evidence, a.gloss, b.gloss AS other, COUNT(DISTINCT a.shared) AS recordings
FROM ({_SAME}) a JOIN ({_SAME}) b
  ON b.evidence = a.evidence AND b.shared = a.shared AND a.gloss < b.gloss
WHERE NOT a.excluded AND NOT b.excluded
GROUP BY a.evidence, a.gloss, b.gloss ORDER BY recordings DESC, a.gloss, b.gloss""",
    ),
}


def definitions() -> Iterator[str]:
    """The SQL of each view, in the words that SQLite keeps."""
    for name, view in VIEWS.items():
        yield f"CREATE VIEW {name} AS {view.select.strip()}"


def statements() -> Iterator[str]:
    """The SQL that renews all views; later ones build on earlier ones."""
    for name in reversed(VIEWS):
        yield f"DROP VIEW IF EXISTS {name}"
    yield from definitions()
