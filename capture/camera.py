"""Opening cameras and streams with OpenCV, and what to say where that fails, system by system."""

import os
import sys
from pathlib import Path
from typing import Final

import cv2

from capture.address import Address, SourceKind, list_cameras
from capture.errors import CameraError
from capture.permission import (
    count_mac_cameras,
    count_windows_cameras,
    holders,
    is_denied_by_windows,
    windows_users,
)
from capture.problems import Problem, camera_error

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
        waited = f"; waited {_STREAM_TIMEOUT_MS // 1000} s"
        return camera_error(Problem.SILENT, address.name, waited, system=system)
    problem, rest = _why(address, system, devices)
    found = camera_error(problem, address.name, rest, system=system)
    known = ", ".join(f"{number} {name}" for number, name in list_cameras().items())
    if problem == Problem.MISSING and known and system == "linux":
        found.hint = f"Cameras here: {known}."
    return found


_Reason = tuple[Problem, str]
"""A problem, and what follows its words."""


def _why(address: Address, system: str, devices: Path) -> _Reason:
    match system:
        case "linux":
            return _why_linux(address, devices)
        case "darwin":
            return _why_mac(address)
        case "win32":
            return _why_windows(address)
    return Problem.MUTE, ""


def _why_linux(address: Address, devices: Path) -> _Reason:
    device = devices / f"video{address.value}"
    if not device.exists():
        return Problem.MISSING, f": {device} does not exist"
    if not os.access(device, os.R_OK | os.W_OK):
        return Problem.DENIED, f": {device} may not be opened"
    names = ", ".join(holders(device))
    if names:
        return Problem.BUSY, f" {names}"
    return Problem.MUTE, f", though {device} is there"


def _why_mac(address: Address) -> _Reason:
    """Programs share a camera there: one that is known but does not open is not permitted."""
    known = count_mac_cameras()
    if known is not None and known <= int(address.value):
        return Problem.MISSING, f": {known} known here"
    return Problem.DENIED, ""


def _why_windows(address: Address) -> _Reason:
    if is_denied_by_windows():
        return Problem.DENIED, ""
    known = count_windows_cameras()
    if known is not None and known <= int(address.value):
        return Problem.MISSING, f": {known} known here"
    names = ", ".join(windows_users())
    return (Problem.BUSY, f" {names}") if names else (Problem.MUTE, "")
