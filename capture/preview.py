"""A window of the desktop that shows what the camera sees, with the hands drawn over it."""

import os
import subprocess
import sys
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.errors import PreviewError
from capture.overlay import draw_body, draw_caption, draw_hands

Image = NDArray[np.uint8]

TITLE: Final = "signtui"
_PROBE: Final = "import cv2; cv2.namedWindow('signtui'); cv2.waitKey(1)"
_PROBE_WITHIN_S: Final = 15.0
_NO_WINDOW: Final = "No window can be opened here."
_HINT: Final = "The preview in the terminal works without a display."


class PreviewWindow:
    """Opens with the first picture; the user may close it at any time."""

    def __init__(self, *, mirror: bool) -> None:
        """Make sure that a window can be opened.

        Args:
            mirror: show pictures as a mirror would; landmarks are never mirrored.

        Raises:
            PreviewError: there is no display, or OpenCV was built without windows.
        """
        self._mirror = mirror
        self._shown = False
        check_display()

    def show(
        self,
        image: Image,
        landmarks: NDArray[np.float32],
        caption: str,
        *,
        body: NDArray[np.float32] | None = None,
        recording: bool = False,
    ) -> bool:
        """Show a picture. Returns whether the window is still open.

        Args:
            image: shape=(height, width, 3), BGR; it is not changed.
            landmarks: shape=(2, 21, 3), NaN where absent.
            caption: one line below it.
            body: shape=(51, 3), where somebody looks for it.
            recording: light the red lamp.

        Raises:
            PreviewError: the window system is gone.
        """
        if self._shown and not self._is_open():
            return False
        picture = framed(
            image, landmarks, caption, body=body, mirror=self._mirror, recording=recording
        )
        try:
            if not self._shown:
                # Without the toolbar that OpenCV's Qt windows have.
                cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL)
                cv2.resizeWindow(TITLE, picture.shape[1], picture.shape[0])
            cv2.imshow(TITLE, picture)
            cv2.waitKey(1)
        except cv2.error as error:
            raise PreviewError(_NO_WINDOW, hint=_HINT) from error
        self._shown = True
        return True

    def _is_open(self) -> bool:
        cv2.waitKey(1)
        try:
            return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            return False

    def close(self) -> None:
        if self._shown and self._is_open():
            cv2.destroyWindow(TITLE)
            cv2.waitKey(1)
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def framed(
    image: Image,
    landmarks: NDArray[np.float32],
    caption: str = "",
    *,
    mirror: bool,
    body: NDArray[np.float32] | None = None,
    recording: bool = False,
) -> Image:
    """A copy of a picture with body, hands, caption and lamp. Same shape."""
    picture = image.copy()
    if body is not None:
        draw_body(picture, body)
    draw_hands(picture, landmarks)
    if mirror:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if caption or recording:
        draw_caption(picture, caption, recording=recording)
    return picture


def check_display() -> None:
    """Find out whether a window can be opened here.

    Raises:
        PreviewError: it cannot.
    """
    if sys.platform != "linux":
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise PreviewError("There is no display here for a preview window.", hint=_HINT)
    # Where the display does not answer, Qt ends the process: let that be another one.
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE],
            check=False, timeout=_PROBE_WITHIN_S, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PreviewError(_NO_WINDOW, hint=_HINT) from error
    if probe.returncode:
        raise PreviewError(
            f"The display {os.environ.get('DISPLAY', '')} does not answer.", hint=_HINT
        )
