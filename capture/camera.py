"""Opening cameras and streams with OpenCV, and what to say where that fails, system by system."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2

from capture.address import Address, SourceKind, list_cameras
from capture.errors import CameraError

_STREAM_TIMEOUT_MS: Final = 5_000
_SIDE: Final = (640, 480)
"""What is asked of a camera: more pixels cost time and hand landmarks gain nothing from them."""


def open_capture(address: Address) -> cv2.VideoCapture:
    """Open a source with the backend that suits the system; `isOpened` tells whether it worked."""
    if address.kind == SourceKind.STREAM:
        timeouts = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _STREAM_TIMEOUT_MS),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, _STREAM_TIMEOUT_MS),
        ]
        return cv2.VideoCapture(address.value, cv2.CAP_FFMPEG, timeouts)
    backend = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION, "win32": cv2.CAP_MSMF}
    capture = cv2.VideoCapture(int(address.value), backend.get(sys.platform, cv2.CAP_ANY))
    for name, value in zip(
        (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT), _SIDE, strict=True
    ):
        capture.set(name, value)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def explain(
    address: Address, *, system: str = sys.platform, devices: Path = Path("/dev")
) -> CameraError:
    """Say why a source does not open, as far as the system lets one know.

    Args:
        address: a camera or a stream.
        system: as in `sys.platform`.
        devices: where Linux keeps its devices.
    """
    if address.kind == SourceKind.STREAM:
        return CameraError(
            f"Nothing can be read from {address.name}.",
            hint="Is the address right, the sender running, and the network up? "
            f"Waited {_STREAM_TIMEOUT_MS // 1000} s.",
        )
    if system == "linux":
        return _explain_linux(address, devices)
    if system == "darwin":
        return CameraError(
            f"The {address.name} does not open: it is not there, in use, or not permitted.",
            hint="Allow your terminal in System Settings > Privacy & Security > Camera, "
            "start the terminal anew, and close other programs that use the camera.",
        )
    return CameraError(
        f"The {address.name} does not open: it is not there, in use, or not permitted.",
        hint="Close other programs that use the camera, and allow desktop apps in "
        "Settings > Privacy & security > Camera.",
    )


def _explain_linux(address: Address, devices: Path) -> CameraError:
    device = devices / f"video{address.value}"
    if not device.exists():
        known = ", ".join(f"{number} {name}" for number, name in list_cameras().items())
        return CameraError(
            f"There is no {address.name}: {device} does not exist.",
            hint=f"Cameras here: {known}." if known else "Plug one in, or name a clip instead.",
        )
    if not os.access(device, os.R_OK | os.W_OK):
        return CameraError(
            f"The {address.name} is not permitted: {device} may not be opened.",
            hint="sudo usermod -aG video $USER, then log in again.",
        )
    holders = ", ".join(_holders(device))
    if holders:
        return CameraError(
            f"The {address.name} is in use by {holders}.", hint="Close that program and try again."
        )
    return CameraError(
        f"The {address.name} does not open, though {device} is there.",
        hint="Unplug it and plug it in again; some devices are no cameras: try another number.",
    )


def _holders(device: Path) -> Iterator[str]:
    """Names of the processes that have a device open, of those one may look at."""
    import psutil  # noqa: PLC0415 - only where something went wrong

    for process in psutil.process_iter(["name", "pid"]):
        folder = Path("/proc") / str(process.pid) / "fd"
        try:
            open_files = [str(file.readlink()) for file in folder.iterdir()]
        except OSError:
            continue
        if str(device) in open_files and process.pid != os.getpid():
            yield f"{process.info['name']} ({process.pid})"
