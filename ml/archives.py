"""NumPy archives that may come from anywhere: plain arrays of bounded size, or one kind of error."""

import io
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray


class WrongArchiveError(ValueError):
    """It is no archive of plain arrays, or a damaged or an enormous one."""


def read_arrays(source: Path | bytes, *, most_bytes: int) -> dict[str, NDArray[Any]]:
    """All arrays of a `.npz` by name. Nothing is unpickled.

    Args:
        source: the file, or its bytes.
        most_bytes: how large they may be together, unpacked.

    Raises:
        FileNotFoundError: there is no such file.
        WrongArchiveError: it cannot be read, or would be larger.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
            _require_small(stream, most_bytes)
            with np.load(stream, allow_pickle=False) as file:
                return {name: np.asarray(file[name]) for name in file.files}
    except (FileNotFoundError, WrongArchiveError):
        raise
    except Exception as error:
        # NumPy reads headers with Python's own parser, and zipfile fails in many ways.
        raise WrongArchiveError(str(error)[:200] or type(error).__name__) from error


def _require_small(stream: IO[bytes], most_bytes: int) -> None:
    with zipfile.ZipFile(stream) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > most_bytes:
        raise WrongArchiveError(f"it would unpack to {size:,} bytes")
    stream.seek(0)
