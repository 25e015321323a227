"""The seal of a landmark file: a hash of all that follows, in the block before HDF5's own bytes.

HDF5 leaves a user block at the start of a file to whoever wants one, and every reader of HDF5 skips it
(HDF5 File Format Specification, II.A). A file whose seal is broken is never handed to HDF5: one
flipped bit can make it loop for ever.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from store.errors import DamagedFileError

BLOCK: Final = 512
"""The least that HDF5 allows."""
_MARK: Final = b"signtui sealed 1"
_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_DIGEST: Final = 32


def seal(image: bytes) -> bytes:
    """The block that goes before the bytes of a file made with `userblock_size=BLOCK`."""
    return (_MARK + hashlib.sha256(image).digest()).ljust(BLOCK, b"\0")


State = tuple[int, int, int]
"""Size, time of change in ns and inode: a file that has the same is the same."""


def check_seal(path: Path) -> State:
    """Read a file whole, once for each of its states, and hold it against its seal; return its state.

    Files made before there were seals start with HDF5's own mark and pass.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedFileError: it is not what was written.
        OSError: it cannot be read.
    """
    stat = path.stat()
    state = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
    if not _is_whole(path, state):
        raise DamagedFileError(
            f"The landmark file {path.name} is damaged: its bytes are not those that were written.",
            hint="Run: signtui check --repair",
        )
    return state


@lru_cache(maxsize=4096)
def _is_whole(path: Path, _state: State) -> bool:
    with path.open("rb") as file:
        block = file.read(BLOCK)
        if block.startswith(_HDF5):
            return True
        found = hashlib.file_digest(file, "sha256").digest()
    return block == (_MARK + found).ljust(BLOCK, b"\0")
