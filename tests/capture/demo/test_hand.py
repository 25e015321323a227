"""The skeleton of the drawn hand: lengths, sides, and the arm that follows it."""

import numpy as np
import pytest

from capture.demo.hand import (
    ANGLES_SHAPE,
    Proportions,
    hand_joints,
    palm_rotation,
    place_hand,
)
from capture.demo.motion import Manner, Timing, resting_path, signing_path
from capture.demo.signer import SIGNERS, elbows, shoulder_place
from capture.demo.signs import HANDSHAPES, SIGNS, handshape_angles
from store.skeleton import FINGERTIPS, LANDMARK_NAMES, LEFT, RIGHT

BONES = [(root + n, root + n + 1) for root in (1, 5, 9, 13, 17) for n in range(3)]
THUMB_TIP, INDEX_KNUCKLE, PINKY_KNUCKLE = 4, 5, 17
STEADY = Manner(Timing(rest=2, raise_=10, stroke=17, lower=10, rest_after=1))


def lengths(joints):
    return np.array([np.linalg.norm(joints[:, b] - joints[:, a], axis=1) for a, b in BONES]).T


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: f"signer{signer.number}")
def test_bones_keep_their_length_whatever_the_angles(signer):
    angles = np.random.default_rng(1).uniform(-0.5, 1.8, (200, *ANGLES_SHAPE))
    measured = lengths(hand_joints(angles, signer.hand))
    expected = signer.hand.bones().reshape(-1)
    np.testing.assert_allclose(measured, np.broadcast_to(expected, measured.shape), atol=1e-9)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.gloss)
def test_bones_keep_their_length_through_a_sign(sign):
    path = signing_path(sign, STEADY, Proportions())
    placed = place_hand(path.joints, path.rotation, path.wrist, LEFT)
    assert np.ptp(lengths(placed), axis=0).max() < 1e-9


def test_a_left_hand_is_the_mirror_image_of_a_right_one():
    path = signing_path(SIGNS[0], STEADY, Proportions())
    right = place_hand(path.joints, path.rotation, path.wrist, RIGHT)
    left = place_hand(path.joints, path.rotation, path.wrist, LEFT)
    np.testing.assert_allclose(left, right * [-1, 1, 1])
    assert not np.allclose(left, right)


def test_the_thumb_of_a_right_palm_towards_us_is_on_our_right():
    joints = hand_joints(handshape_angles("open")[None], Proportions())
    rotation = palm_rotation(np.array([[0.0, 1.0, 0.0]]), np.array([[0.0, 0.0, 1.0]]))
    wrist = np.zeros((1, 3))
    right = place_hand(joints, rotation, wrist, RIGHT)[0]
    left = place_hand(joints, rotation, wrist, LEFT)[0]
    assert right[THUMB_TIP, 0] > right[PINKY_KNUCKLE, 0]
    assert left[THUMB_TIP, 0] < left[PINKY_KNUCKLE, 0]
    assert (right[list(FINGERTIPS[1:]), 1] > right[INDEX_KNUCKLE, 1]).all()


def test_fingers_bend_towards_the_palm():
    flat, fist = (
        hand_joints(handshape_angles(name)[None], Proportions())[0] for name in ("flat", "fist")
    )
    knuckles = [
        LANDMARK_NAMES.index(f"{name}_pip") for name in ("index", "middle", "ring", "pinky")
    ]
    assert (fist[knuckles, 2] > flat[knuckles, 2] + 2.0).all()


def test_rotations_are_rotations():
    rng = np.random.default_rng(2)
    rotation = palm_rotation(rng.normal(size=(50, 3)), rng.normal(size=(50, 3)))
    np.testing.assert_allclose(
        rotation @ rotation.transpose(0, 2, 1), np.broadcast_to(np.eye(3), (50, 3, 3)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(rotation), 1.0)


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: f"signer{signer.number}")
def test_arms_keep_their_length_where_they_reach(signer):
    wrists = np.array([[-10.0, 20.0, 15.0], [-17.0, -40.0, 10.0], [-25.0, 0.0, 30.0]])
    bend = elbows(wrists, signer)
    np.testing.assert_allclose(
        np.linalg.norm(bend - shoulder_place(signer), axis=1), signer.upper_arm
    )
    np.testing.assert_allclose(np.linalg.norm(wrists - bend, axis=1), signer.forearm)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.gloss)
def test_the_contact_point_is_in_its_place_when_the_stroke_begins(sign):
    path = signing_path(sign, STEADY, Proportions())
    start = STEADY.timing.rest + STEADY.timing.raise_
    joints = place_hand(path.joints, path.rotation, path.wrist, RIGHT)[start]
    contact = (
        joints[[0, 5, 9, 13, 17]].mean(axis=0) if sign.contact is None else joints[sign.contact]
    )
    np.testing.assert_allclose(contact, sign.keys[0].place, atol=1e-9)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.gloss)
def test_a_sign_begins_and_ends_at_rest(sign):
    path = signing_path(sign, STEADY, Proportions())
    rest = resting_path(1, Proportions())
    np.testing.assert_allclose(path.wrist[[0, -1]], np.repeat(rest.wrist, 2, axis=0), atol=1e-9)
    assert len(path.wrist) == STEADY.timing.frames


def test_the_weak_hand_comes_late():
    early = signing_path(SIGNS[0], STEADY, Proportions())
    late = signing_path(SIGNS[0], STEADY, Proportions(), lag=1.0)
    np.testing.assert_allclose(late.wrist[1:], early.wrist[:-1], atol=1e-9)


def test_father_and_mother_differ_in_place_alone():
    father, mother = (next(s for s in SIGNS if s.gloss == name) for name in ("father", "mother"))
    for one, other in zip(father.keys, mother.keys, strict=True):
        assert (one.handshape, one.fingers, one.palm) == (
            other.handshape,
            other.fingers,
            other.palm,
        )
        assert one.place[1] > other.place[1] + 10


def test_the_vocabulary_is_sound():
    assert len({sign.gloss for sign in SIGNS}) == len(SIGNS) >= 8
    assert {sign.hands for sign in SIGNS} == {1, 2}
    for sign in SIGNS:
        moments = [key.at for key in sign.keys]
        assert moments == sorted(moments)
        assert (moments[0], moments[-1]) == (0.0, 1.0)
        assert all(key.handshape in HANDSHAPES for key in sign.keys)
