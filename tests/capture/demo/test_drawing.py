"""Capsules, and the clips drawn with them."""

import numpy as np
import pytest

from capture.demo.capsules import EMPTY, Field, cast, smoothed
from capture.demo.clip import draw_clip
from capture.demo.scene import HEIGHT, WIDTH, Camera
from capture.demo.shading import Light, covered, shade
from capture.demo.signer import SIGNERS
from capture.demo.signs import SIGNS
from store.skeleton import LEFT, RIGHT, SEQUENCE_SHAPE

SIZE = (60, 80)


def vector(*values: float) -> Field:
    return np.array(values, np.float32)


def field_of(start: Field, end: Field, radii: tuple[float, float]) -> Field:
    patch = cast(start, end, radii, SIZE)
    assert patch is not None
    field = np.full(SIZE, EMPTY, np.float32)
    field[patch.where] = patch.heights
    return field


def by_many_spheres(start, end, radii, count=2000):
    """The highest of many spheres on the way, pixel by pixel: what `cast` computes at once."""
    rows, cols = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(float)
    best = np.full(SIZE, float(EMPTY))
    for t in np.linspace(0, 1, count):
        u, v, w = start + t * (end - start)
        chord = (radii[0] + t * (radii[1] - radii[0])) ** 2 - (cols - u) ** 2 - (rows - v) ** 2
        heights = w + np.sqrt(np.maximum(chord, 0))
        best = np.where(chord > 0, np.maximum(best, heights), best)
    return best


@pytest.mark.parametrize(
    ("start", "end", "radii"),
    [
        (vector(20, 20, 0), vector(60, 40, 0), (8.0, 8.0)),
        (vector(20, 20, 0), vector(60, 40, 25), (9.0, 4.0)),
        (vector(30, 45, 30), vector(45, 15, -20), (5.0, 10.0)),
        (vector(40, 30, 0), vector(41, 30, 40), (10.0, 6.0)),
    ],
    ids=["square to the view", "rising", "widening", "towards the camera"],
)
def test_a_capsule_is_the_highest_of_its_spheres(start, end, radii):
    field = field_of(start, end, radii)
    expected = by_many_spheres(start, end, radii)
    outline = covered(field) != (expected > EMPTY / 2)
    assert outline.sum() <= 4
    inside = covered(field) & (expected > EMPTY / 2)
    assert np.abs(field[inside] - expected[inside]).max() < 1.0


def test_a_capsule_outside_the_field_shows_nothing():
    assert cast(vector(-50, 10, 0), vector(-20, 10, 0), (5.0, 5.0), SIZE) is None


def test_a_capsule_is_cut_at_the_field_s_edge():
    patch = cast(vector(-5, 10, 0), vector(10, 10, 0), (6.0, 6.0), SIZE)
    assert patch is not None
    assert patch.where[1].start == 0
    assert patch.heights.shape == (patch.where[0].stop - patch.where[0].start, patch.where[1].stop)


def test_smoothing_keeps_the_outline_and_stays_between_lowest_and_highest():
    field = field_of(vector(20, 20, 0), vector(60, 40, 25), (9.0, 4.0))
    soft = smoothed(field, 7)
    np.testing.assert_array_equal(covered(soft), covered(field))
    inside = covered(field)
    assert field[inside].min() - 1e-3 <= soft[inside].min()
    assert soft[inside].max() <= field[inside].max() + 1e-3


def test_the_side_towards_the_light_is_brighter():
    field = field_of(vector(40, 30, 0), vector(40.5, 30, 0), (20.0, 20.0))
    brightness = shade(field, Light((-1.0, 0.0, 0.5)), 4.0)
    assert brightness[30, 27] > brightness[30, 53] + 0.2


def test_the_camera_shows_right_as_right_up_as_up_and_near_as_large():
    camera = Camera()
    centre, right, up, near = camera.project(
        np.array([[0.0, 0, 0], [10.0, 0, 0], [0, 10.0, 0], [10.0, 0, 40.0]])
    )
    assert right[0] > centre[0]
    assert up[1] < centre[1]
    assert near[0] > right[0]
    assert near[2] > right[2]


@pytest.fixture(scope="module")
def play():
    """A two-handed sign."""
    sign = next(sign for sign in SIGNS if sign.gloss == "play")
    return draw_clip(sign, SIGNERS[0], (7, 1))


def test_a_clip_has_a_picture_and_two_hands_a_frame(play):
    count = len(play.frames)
    assert play.frames.shape == (count, HEIGHT, WIDTH, 3)
    assert play.frames.dtype == np.uint8
    assert play.joints.shape == (count, *SEQUENCE_SHAPE)
    assert play.joints.dtype == np.float32


def test_hands_are_absent_first_and_last_and_present_between(play):
    present = np.isfinite(play.joints[:, :, 0, 0])
    assert not present[[0, -1]].any()
    assert present[len(present) // 2].all()
    assert play.frames_with_hands == present.any(axis=1).sum()
    whole = np.isfinite(play.joints).all(axis=(2, 3)) | np.isnan(play.joints).all(axis=(2, 3))
    assert whole.all()


def test_the_right_hand_is_on_the_picture_s_left(play):
    middle = len(play.frames) // 2
    assert play.joints[middle, RIGHT, :, 0].mean() < play.joints[middle, LEFT, :, 0].mean()


def test_skin_is_where_the_joints_are(play):
    middle = len(play.frames) // 2
    without = play.frames[0].astype(int)
    columns = (play.joints[middle, :, :, 0].reshape(-1) * WIDTH).astype(int)
    rows = (play.joints[middle, :, :, 1].reshape(-1) * HEIGHT).astype(int)
    change = np.abs(play.frames[middle].astype(int) - without)[rows, columns].sum(axis=1)
    assert np.median(change) > 60
    blue, _, red = play.frames[middle][rows, columns].astype(int).T
    assert (red > blue).mean() > 0.9


def test_a_one_handed_sign_never_shows_the_left_hand():
    clip = draw_clip(SIGNS[0], SIGNERS[1], (7, 2))
    assert np.isnan(clip.joints[:, LEFT]).all()
    assert np.isfinite(clip.joints[:, RIGHT]).any()


def test_the_seed_decides_every_pixel(play):
    sign = next(sign for sign in SIGNS if sign.gloss == "play")
    again, other = (draw_clip(sign, SIGNERS[0], seed) for seed in ((7, 1), (7, 2)))
    np.testing.assert_array_equal(again.frames, play.frames)
    np.testing.assert_array_equal(again.joints, play.joints)
    assert other.frames.shape != play.frames.shape or (other.frames != play.frames).any()


def test_the_box_lies_in_the_picture(play):
    left, top, right, bottom = play.box
    assert 0 <= left < right <= WIDTH
    assert 0 <= top < bottom <= HEIGHT
