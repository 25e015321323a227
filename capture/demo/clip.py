"""One clip: a sign, a signer and a seed in, pictures and true joints out."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.demo.body import draw_ground
from capture.demo.hand import Array, place_hand
from capture.demo.motion import HandPath, Manner, Timing, resting_path, signing_path
from capture.demo.scene import HEIGHT, WIDTH, Arm, Camera, draw_arm
from capture.demo.shading import Image, Light, as_image
from capture.demo.signer import Signer, elbows, shoulder_place
from capture.demo.signs import Sign
from store.skeleton import LEFT, N_COORDS, N_LANDMARKS, N_SLOTS, RIGHT

FPS: Final = 25
_MOST_OUTSIDE: Final = 10
"""A hand counts as drawn while at most this many of its joints are outside the picture."""
_WEAK_HAND_LAG: Final = (0.5, 1.5)
"""How late the weak hand is in a two-handed sign, frames."""
_SPARE_GRAIN: Final = 97
_MIRROR: Final = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class DrawnClip:
    frames: Image
    """shape=(frames, HEIGHT, WIDTH, 3), blue, green, red."""
    joints: NDArray[np.float32]
    """shape=(frames, 2, 21, 3), image units as MediaPipe's, NaN where no hand is in the picture."""
    box: tuple[int, int, int, int]
    """Around the signer: left, top, right, bottom, px."""

    @property
    def frames_with_hands(self) -> int:
        return int(np.isfinite(self.joints[..., 0, 0]).any(axis=1).sum())


@dataclass(frozen=True, slots=True)
class _Staging:
    camera: Camera
    light: Light
    noise: float
    exposure: float


def draw_clip(sign: Sign, signer: Signer, seed: tuple[int, ...]) -> DrawnClip:
    """Draw one clip; the same arguments give the same pixels."""
    rng = np.random.default_rng(seed)
    manner, staging = _manner(signer, rng), _staging(rng)
    paths = {RIGHT: signing_path(sign, manner, signer.hand)}
    frames = manner.timing.frames
    paths[LEFT] = (
        signing_path(sign, manner, signer.hand, lag=rng.uniform(*_WEAK_HAND_LAG))
        if sign.hands == N_SLOTS
        else resting_path(frames, signer.hand)
    )
    arms = {slot: _arms(path, slot, signer, staging.camera) for slot, path in paths.items()}
    ground = draw_ground(signer, staging.camera, staging.light, rng)
    grain = _grain(staging.noise, rng)
    pictures = np.empty((frames, HEIGHT, WIDTH, 3), np.uint8)
    joints = np.full((frames, N_SLOTS, N_LANDMARKS, N_COORDS), np.nan, np.float32)
    for t in range(frames):
        picture = ground.copy()
        for slot in sorted(arms, key=lambda s: float(arms[s][t].joints[:, 2].mean())):
            draw_arm(picture, arms[slot][t], signer, staging.light)
        pictures[t] = _filmed(picture, staging.exposure, grain, rng)
        for slot, arm in arms.items():
            joints[t, slot] = _truth(arm[t].joints)
    return DrawnClip(pictures, joints, _box(signer, staging.camera))


def _manner(signer: Signer, rng: np.random.Generator) -> Manner:
    tempo = signer.tempo * rng.uniform(0.88, 1.12)
    timing = Timing(
        rest=int(rng.integers(1, 4)),
        raise_=max(round(12 / tempo), 10),
        stroke=max(round(17 / tempo), 12),
        lower=max(round(12 / tempo), 10),
        rest_after=int(rng.integers(0, 2)),
    )
    shift, turn = rng.normal(0, 1.0, 3), rng.normal(0, 0.08, 3)
    return Manner(
        timing,
        body=signer.head,
        amplitude=signer.amplitude * rng.uniform(0.85, 1.15),
        shift=(float(shift[0]), float(shift[1]), float(shift[2])),
        turn=(float(turn[0]), float(turn[1]), float(turn[2])),
        laxness=signer.laxness + rng.uniform(0, 0.12),
    )


def _staging(rng: np.random.Generator) -> _Staging:
    return _Staging(
        Camera(
            scale=3.85 * rng.uniform(0.93, 1.08),
            centre=(WIDTH / 2 + rng.normal(0, 8), 142 + rng.normal(0, 5)),
            roll=rng.normal(0, 0.03),
        ),
        Light(
            (rng.uniform(-0.7, 0.7), rng.uniform(-0.9, -0.4), 0.9),
            ambient=rng.uniform(0.32, 0.45),
            strength=rng.uniform(0.65, 0.8),
        ),
        noise=rng.uniform(1.5, 4.5),
        exposure=rng.uniform(0.9, 1.08),
    )


def _arms(path: HandPath, slot: int, signer: Signer, camera: Camera) -> list[Arm]:
    """Return one arm in every frame, as the camera sees it."""
    side = _MIRROR if slot == LEFT else np.ones(3)
    joints = camera.project(place_hand(path.joints, path.rotation, path.wrist, slot))
    bend = camera.project(elbows(path.wrist, signer) * side)
    shoulder = camera.project(shoulder_place(signer) * side)
    scale: Array = camera.scale_at(path.wrist[:, 2])
    palmar_sign = -1.0 if slot == LEFT else 1.0
    return [
        Arm(joints[t], bend[t], shoulder, float(scale[t]), palmar_sign) for t in range(len(joints))
    ]


def _grain(noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return noise larger than the picture: each frame shows another part of it."""
    shape = (HEIGHT + _SPARE_GRAIN, WIDTH + _SPARE_GRAIN, 1)
    return rng.standard_normal(shape, np.float32) * np.float32(noise)


def _filmed(
    picture: Image, exposure: float, grain: NDArray[np.float32], rng: np.random.Generator
) -> Image:
    """Return what a small sensor makes of the picture: a little blur, exposure and noise."""
    soft = cv2.GaussianBlur(picture, (3, 3), 0.6)
    row, col = rng.integers(0, _SPARE_GRAIN, 2)
    noise = grain[row : row + HEIGHT, col : col + WIDTH]
    return as_image(soft * np.float32(exposure) + noise)


def _truth(joints: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a hand's joints in image units, NaN while it is not in the picture."""
    outside = (
        (joints[:, 0] < 0) | (joints[:, 0] >= WIDTH) | (joints[:, 1] < 0) | (joints[:, 1] >= HEIGHT)
    )
    if outside.sum() > _MOST_OUTSIDE:
        return np.full(joints.shape, np.nan, np.float32)
    depth = (joints[0, 2] - joints[:, 2]) / WIDTH
    return np.stack([joints[:, 0] / WIDTH, joints[:, 1] / HEIGHT, depth], axis=1)


def _box(signer: Signer, camera: Camera) -> tuple[int, int, int, int]:
    side = signer.shoulder + 14.0
    corners = camera.project(np.array([[-side, 35.0, 0.0], [side, -60.0, 0.0]]))
    left, top = np.maximum(corners[0, :2], 0).astype(int)
    right, bottom = np.minimum(corners[1, :2], (WIDTH, HEIGHT)).astype(int)
    return int(left), int(top), int(right), int(bottom)
