"""Left and right hands must keep their names, whatever order they were detected in."""

import h5py
import numpy as np
import pytest

from store.assign import assign_slots, chirality, find_swaps
from store.skeleton import LEFT, RIGHT, mirror

# A right hand, palm to the camera, fingers up, in units of its own size: x to the image's right,
# y down, z away from the camera. Its thumb points to the image's right, its fingers bend forward.
_FINGER_X = (0.35, 0.12, -0.12, -0.35)


def right_hand():
    points = [(0.0, 0.0, 0.0)]
    points += [(0.25 + 0.12 * k, -0.3 - 0.15 * k, -0.08 * k) for k in range(4)]
    for x in _FINGER_X:
        points += [(x, -1.0 - 0.22 * k, -0.07 * k * k) for k in range(4)]
    return np.array(points, dtype=np.float32)


def placed(x, y=0.5, *, left=False, size=0.1):
    hand = right_hand()
    if left:
        hand[:, 0] *= -1
    return (hand * size + (x, y, 0)).astype(np.float32)


def sequence(rows):
    absent = np.full((21, 3), np.nan, np.float32)
    return np.stack([np.stack([absent if h is None else h for h in row]) for row in rows])


def shuffled(landmarks, seed=0):
    swap = np.random.default_rng(seed).random(len(landmarks)) < 0.5
    mixed = landmarks.copy()
    mixed[swap] = mixed[swap, ::-1]
    return mixed


def test_chirality_tells_the_two_hands():
    assert chirality(placed(0.5).astype(float)) > 1
    assert chirality(placed(0.5, left=True).astype(float)) < -1


def test_chirality_survives_rotation_and_size():
    rng = np.random.default_rng(1)
    for _ in range(20):
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        turn *= np.sign(np.linalg.det(turn))
        hand = right_hand() @ turn.T * rng.uniform(0.01, 1)
        assert chirality(hand) == pytest.approx(chirality(right_hand()), rel=1e-3)


def test_two_hands_in_any_order_get_their_names():
    right = [placed(0.3 + 0.005 * t) for t in range(30)]
    left = [placed(0.7 - 0.005 * t, left=True) for t in range(30)]
    named = assign_slots(shuffled(sequence(zip(right, left, strict=True))))
    np.testing.assert_array_equal(named[:, RIGHT], right)
    np.testing.assert_array_equal(named[:, LEFT], left)


def test_crossing_hands_keep_their_names():
    right = [placed(0.3 + 0.4 * t / 39, 0.4) for t in range(40)]
    left = [placed(0.7 - 0.4 * t / 39, 0.6, left=True) for t in range(40)]
    named = assign_slots(shuffled(sequence(zip(right, left, strict=True))))
    np.testing.assert_array_equal(named[:, RIGHT], right)


def test_a_lone_hand_leaves_the_other_slot_empty():
    named = assign_slots(sequence([(placed(0.6), None)] * 12))
    assert np.isfinite(named[:, RIGHT]).all()
    assert np.isnan(named[:, LEFT]).all()


def test_a_hand_keeps_its_name_through_a_gap():
    hand = placed(0.4)
    shape = np.broadcast_to(hand[:1], hand.shape) + np.float32(1e-4)
    rows = [(hand, None)] * 8 + [(None, None)] * 3 + [(shape, None)] * 3
    named = assign_slots(sequence(rows))
    assert np.isfinite(named[[0, 7, 11, 13], RIGHT, 0, 0]).all()
    assert np.isnan(named[8:11]).all()


def test_labels_outweigh_a_doubtful_shape():
    flat = placed(0.5)
    flat[:, 2] = 0
    rows = sequence([(flat, None)] * 10)
    right = np.tile(np.array([0.97, np.nan], np.float32), (10, 1))
    assert not find_swaps(rows, 1 - right).any()
    assert find_swaps(rows, right).all()


def test_one_wrong_label_does_not_exchange_hands():
    right = [placed(0.35)] * 15
    left = [placed(0.65, left=True)] * 15
    labels = np.tile(np.array([0.95, 0.05], np.float32), (15, 1))
    labels[7] = labels[7, ::-1]
    assert find_swaps(sequence(zip(right, left, strict=True)), labels).all()


def test_a_mirror_exchanges_the_names():
    right = [placed(0.35 + 0.01 * t) for t in range(10)]
    named = assign_slots(sequence([(hand, None) for hand in right]))
    again = assign_slots(mirror(named))
    np.testing.assert_array_equal(again, mirror(named))


def test_nothing_in_nothing_out():
    empty = np.full((0, 2, 21, 3), np.nan, np.float32)
    assert assign_slots(empty).shape == (0, 2, 21, 3)
    absent = np.full((5, 2, 21, 3), np.nan, np.float32)
    np.testing.assert_array_equal(assign_slots(absent), absent)


def test_degenerate_hands_do_no_harm():
    point = np.full((4, 2, 21, 3), 0.5, np.float32)
    assert np.isfinite(assign_slots(point)).all()


def test_real_sequences_do_not_depend_on_the_order_of_detection(real_data):
    with h5py.File(real_data / "wlasl_hands_trainval.h5") as file:
        offsets = file["offsets"][:]
        for clip in range(0, len(offsets) - 1, 400):
            raw = file["landmarks"][offsets[clip] : offsets[clip + 1]]
            landmarks = np.where(raw == -32768, np.nan, raw / np.float32(16384)).astype(np.float32)
            expected = assign_slots(landmarks)
            np.testing.assert_array_equal(assign_slots(shuffled(landmarks, clip)), expected)
            np.testing.assert_array_equal(assign_slots(expected), expected)
