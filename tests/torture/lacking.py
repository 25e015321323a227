"""Takes from a process what its environment names: file handles, locks of shared memory, or rests."""

import errno
import os
import sys
from typing import Final
from unittest.mock import patch

LACKING: Final = "SIGNTUI_TEST_LACKS"


def take_away() -> None:
    """`handles:N` leaves N file handles, `memory` no semaphores, `pauses` no time for a clip."""
    what, _, number = os.environ.get(LACKING, "").partition(":")
    if what == "handles" and sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(number), most))
    elif what == "memory":
        lost = OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        patch("multiprocessing.synchronize._multiprocessing.SemLock", side_effect=lost).start()


def lacks_pauses() -> bool:
    return os.environ.get(LACKING) == "pauses"
