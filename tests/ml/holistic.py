"""Made-up clips with bodies, and a library of them."""

import time
from dataclasses import replace

import numpy as np
from sqlalchemy import insert

from store.catalog import get_or_add_extractor, list_extractors, list_sequences
from store.extractions import add_landmark_file
from store.landmarks import Sequence, write_sequences
from store.library import Library
from store.schema import Extraction
from store.skeleton import LIPS, N_LIPS, POSE
from tests.ml.clips import clip

_STANDING = np.array(
    [(0.5, 0.25), (0.53, 0.22), (0.47, 0.22), (0.56, 0.24), (0.44, 0.24), (0.65, 0.45),
     (0.35, 0.45), (0.7, 0.65), (0.3, 0.65), (0.65, 0.8), (0.35, 0.8)], np.float32,
)  # fmt: skip


def holistic_clip(gloss: str, seed: int, frames: int = 30) -> Sequence:
    """A made-up clip whose signer stands still and whose lips open and close."""
    sequence = clip(gloss, seed, frames)
    rng = np.random.default_rng(1000 + seed)
    body = np.zeros((frames, 51, 3), np.float32)
    body[:, POSE, :2] = _STANDING
    angle = np.linspace(0, 2 * np.pi, N_LIPS // 2, endpoint=False) + np.pi
    opening = 0.01 + 0.01 * np.sin(np.linspace(0, 6, frames))
    for ring, size in ((0, 1.0), (N_LIPS // 2, 0.7)):
        points = body[:, LIPS.start + ring : LIPS.start + ring + N_LIPS // 2]
        points[..., 0] = 0.5 + 0.03 * size * np.cos(angle)
        points[..., 1] = 0.32 - opening[:, None] * size * np.sin(angle)
    body += rng.normal(0, 0.001, body.shape).astype(np.float32)
    body[rng.random(frames) < 0.1, LIPS] = np.nan
    body[rng.random(frames) < 0.05] = np.nan
    return replace(sequence, body=body)


def add_holistic(library: Library) -> int:
    """Give every clip of `make_library` holistic landmarks, and return their extractor."""
    with library.session() as session:
        [hands] = list_extractors(session)
        rows = list_sequences(session, extractor_id=hands.id)
        extractor_id = get_or_add_extractor(
            session, key="holistic-made", landmark_set="holistic", origin="made", settings={}
        )
        items = [
            (row.video_id, holistic_clip(row.gloss, row.instance_id, row.frames)) for row in rows
        ]
        path = library.landmarks_dir / "pack-made.h5"
        write_sequences(path, items)
        file_id = add_landmark_file(session, path, extractor_id, len(items))
        values = [
            {
                "instance_id": row.instance_id, "extractor_id": extractor_id, "status": "done",
                "frames": row.frames, "first_frame": 0, "file_id": file_id, "position": place,
                "landmarks_sha256": sequence.sha256(), "finished_at": time.time(),
            }
            for place, (row, (_, sequence)) in enumerate(zip(rows, items, strict=True))
        ]  # fmt: skip
        session.execute(insert(Extraction), values)
    return extractor_id
