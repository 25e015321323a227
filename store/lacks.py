"""What the system may lack, as an error and a hint: none of it is a bug."""

import errno
from typing import Final

_LACKS: Final = {
    errno.EMFILE: ("This process may open too few files.", "Raise the limit: ulimit -n 4096"),
    errno.ENFILE: ("The system has no file handles left.", "Close other programs and try again."),
    errno.ENOMEM: (
        "The system has no memory left.",
        "Close other programs, or take fewer workers.",
    ),
    errno.ENOSYS: (
        "The system gives worker processes no shared memory.",
        "Mount /dev/shm; in a container: --shm-size=256m",
    ),
    errno.ENOSPC: (
        "The disk, or the shared memory of worker processes, is full.",
        "Free some space in the library's disk, the system's folder for temporary files and /dev/shm.",
    ),
}


def lack_of(error: BaseException) -> tuple[str, str] | None:
    """Error and hint for what the system lacks, None where the error tells of something else."""
    return _LACKS.get(error.errno or 0) if isinstance(error, OSError) else None
