"""What a user means by a source: a camera, a file, a folder of files, or an address on the net."""

import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from capture.errors import SourceError
from store.paths import user_path

SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
_DEVICE: Final = re.compile(r"/dev/video(\d+)")
_NAMES: Final = Path("/sys/class/video4linux")
"""Where Linux keeps the names of its cameras; OpenCV knows them on no system."""


class SourceKind(StrEnum):
    CAMERA = "camera"
    FILE = "file"
    FOLDER = "folder"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Address:
    kind: SourceKind
    value: str
    """A camera's index, a path, or a URL."""

    @property
    def live(self) -> bool:
        """Whether it goes on by itself, and frames that nobody takes are lost."""
        return self.kind in {SourceKind.CAMERA, SourceKind.STREAM}

    @property
    def name(self) -> str:
        """What to show: never a password."""
        if self.kind == SourceKind.CAMERA:
            return f"camera {self.value}"
        if self.kind == SourceKind.STREAM:
            parts = urlsplit(self.value)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return Path(self.value).name or self.value


def parse_address(text: str) -> Address:
    """Find out what a source is.

    Raises:
        SourceError: it is no camera, no address, and nothing lies there.
    """
    text = text.strip()
    if "://" in text:
        return _stream(text)
    device = _DEVICE.fullmatch(text)
    if text.isdecimal() or device:
        number = int(device[1] if device else text)
        return Address(SourceKind.CAMERA, str(number))
    path = user_path(text)
    with suppress(OSError, ValueError):  # too long a name, or one that no system has
        if text and path.is_dir():
            return Address(SourceKind.FOLDER, str(path.absolute()))
        if text and path.exists():
            return Address(SourceKind.FILE, str(path.absolute()))
    named = find_camera(text)
    if named is not None:
        return Address(SourceKind.CAMERA, str(named))
    raise SourceError(
        f"The clip {text} is not there." if text else "No source is named.",
        hint="A source is a file, a folder, a camera's number such as 0 (on Linux its name, too), "
        "or an rtsp:// or http:// address.",
    )


def _stream(text: str) -> Address:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme.lower() not in SCHEMES or not host:
        raise SourceError(
            f"The address {text[:200]} cannot be a source.",
            hint=f"Schemes: {', '.join(f'{name}://' for name in SCHEMES)}",
        )
    return Address(SourceKind.STREAM, text)


def list_cameras(names: Path = _NAMES) -> dict[int, str]:
    """Indices and names of the cameras, where the system tells them (Linux)."""
    found: dict[int, str] = {}
    for folder in sorted(names.glob("video*")):
        number = folder.name.removeprefix("video")
        if not number.isdecimal():
            continue
        try:
            found[int(number)] = (folder / "name").read_text(encoding="utf-8").strip()
        except OSError:
            continue
    return found


def find_camera(name: str, names: Path = _NAMES) -> int | None:
    """The first camera whose name holds these words."""
    wanted = name.casefold()
    cameras = list_cameras(names) if wanted else {}
    return next((n for n, shown in cameras.items() if wanted in shown.casefold()), None)
