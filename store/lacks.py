"""What the system may lack while a job is at work, in our words."""

import errno
from typing import Final

LACKS: Final = {
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
"""What the system may lack, as an error and a hint: none of it is a bug."""
