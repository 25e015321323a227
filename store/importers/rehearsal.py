"""A foreign HDF5 file is read to its end by a child process first: `python -P -m store.importers.rehearsal FILE`.

HDF5 trusts what it reads: a damaged or hostile file can make it loop for ever, take all memory or
crash. The child has a time limit and, on Unix, a limit of its address space.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import h5py

from store.errors import ImportSourceError

TIME_S: Final = 30.0
_BYTES_PER_S: Final = 2**20
"""How slow a disk may be."""
_MOST_MEMORY: Final = 8 * 2**30
_ROWS: Final = 10_000
_OUT_OF_MEMORY: Final = 3
_HINT: Final = "It is damaged or was made to do harm; get it again from where it came from."


def rehearse(path: Path) -> None:
    """Let a child do what the import is about to do.

    Raises:
        ImportSourceError: reading the file hangs, crashes or takes all memory.
    """
    limit_s = TIME_S + path.stat().st_size / _BYTES_PER_S
    command = [sys.executable, "-P", "-m", "store.importers.rehearsal", str(path)]
    try:
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s, check=False
        ).returncode
    except subprocess.TimeoutExpired as error:
        raise ImportSourceError(
            f"{path.name} could not be read within {limit_s:.0f} s.", hint=_HINT
        ) from error
    if code == _OUT_OF_MEMORY:
        raise ImportSourceError(f"{path.name} asks for more memory than it may.", hint=_HINT)
    if code:
        raise ImportSourceError(f"HDF5 crashes on {path.name} (exit code {code}).", hint=_HINT)


def _read(path: Path) -> None:
    with h5py.File(path, "r") as file:
        for _ in file["video_id"].asstr()[()]:
            pass
        file["offsets"][()]
        landmarks = file["landmarks"]
        for start in range(0, landmarks.shape[0], _ROWS):
            landmarks[start : start + _ROWS]


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Unix only

    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, most))


def main(path: Path) -> int:
    _limit_memory()
    try:
        _read(path)
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception:  # noqa: BLE001 - the import meets it again and says what it is
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
