"""Bodies beside hands: in files, packs, exports and checks, and in the mirror."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

from store.errors import DamagedFileError
from store.landmarks import Sequence, read_sequence, read_sequences, write_sequences
from store.skeleton import (
    BODY_MIRROR,
    BODY_PARTS,
    BODY_SHAPE,
    LIP_INDICES,
    LIPS,
    MOUTH_CORNERS,
    N_BODY,
    POSE,
    POSE_INDICES,
    POSE_NAMES,
    mirror_body,
)
from tests.support.library import make_sequence


def make_holistic(frames: int, *, seed: int = 0) -> Sequence:
    random = np.random.default_rng(seed)
    body = random.random((frames, *BODY_SHAPE)).astype(np.float32)
    body[random.random(frames) < 0.2, LIPS] = np.nan
    body[random.random(frames) < 0.1] = np.nan
    return replace(make_sequence(frames, seed=seed), body=body)


def test_bodies_come_back_bit_by_bit_in_any_order(tmp_path):
    items = [(str(i), make_holistic(i + 1, seed=i)) for i in range(8)]
    write_sequences(tmp_path / "a.h5", items)
    for wanted in ([7, 0], [3], list(range(7, -1, -1))):
        for place, got in zip(wanted, read_sequences(tmp_path / "a.h5", wanted), strict=True):
            assert got.body is not None
            assert got.body.tobytes() == items[place][1].body.tobytes()
            assert got.sha256() == items[place][1].sha256()


def test_hands_alone_have_no_body_and_the_hash_they_had(tmp_path):
    sequence = make_sequence(4)
    write_sequences(tmp_path / "a.h5", [("1", sequence)])
    assert read_sequence(tmp_path / "a.h5").body is None
    with h5py.File(tmp_path / "a.h5") as file:
        assert "body" not in file
    holistic = replace(sequence, body=np.zeros((4, *BODY_SHAPE), np.float32))
    assert holistic.sha256() != sequence.sha256()


def test_the_two_sets_do_not_share_a_file(tmp_path):
    with pytest.raises(ValueError, match="do not lie in one file"):
        write_sequences(tmp_path / "a.h5", [("1", make_sequence(2)), ("2", make_holistic(2))])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body", [np.zeros((3, *BODY_SHAPE), np.float32), np.zeros((2, *BODY_SHAPE))]
)
def test_a_body_of_another_length_or_type_is_refused(tmp_path, body):
    with pytest.raises(ValueError, match="a body of shape"):
        write_sequences(tmp_path / "a.h5", [("1", replace(make_sequence(2), body=body))])


def test_a_flipped_bit_in_a_body_is_noticed(tmp_path):
    path, body = tmp_path / "a.h5", np.full((20, *BODY_SHAPE), 0.5, np.float32)
    body[3] = 0.25
    write_sequences(path, [("1", replace(make_sequence(20), body=body))])
    raw = bytearray(path.read_bytes())
    raw[raw.index(body[3].tobytes()) + 5] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DamagedFileError):
        read_sequence(path)


def test_mirroring_twice_gives_back_the_body_and_its_gaps():
    body = make_holistic(12).body
    np.testing.assert_allclose(mirror_body(mirror_body(body)), body, atol=1e-6)
    assert sorted(BODY_MIRROR) == list(range(N_BODY))
    assert (np.isnan(mirror_body(body)) == np.isnan(body)).all()


def test_the_mirror_exchanges_what_has_two_sides():
    for place, name in enumerate(POSE_NAMES):
        other = POSE_NAMES[BODY_MIRROR[place]]
        side, _, part = name.partition("_")
        assert other == {"left": f"right_{part}", "right": f"left_{part}"}.get(side, name)
    corner, opposite = (LIPS.start + place for place in MOUTH_CORNERS)
    assert BODY_MIRROR[corner] == opposite
    for points, lines in BODY_PARTS:
        edges = {frozenset(points.start + end for end in line) for line in lines}
        mirrored = {frozenset(BODY_MIRROR[end] for end in edge) for edge in edges}
        assert mirrored == edges, "lines of the mirrored body are those of the body"


def test_the_points_are_mediapipes():
    assert len(POSE_NAMES) == len(POSE_INDICES) == POSE.stop
    assert len(set(LIP_INDICES)) == 40
