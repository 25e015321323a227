"""Tasks that a file could make of its decoder; `python -P -m tests.torture.tasks` hands out one that hangs."""

import os
import sys
import time

import numpy as np

from capture.child import MOST_MEMORY, start_child
from capture.pool import TaskPool


def eat_memory(_argument):
    return [np.zeros(2**29, np.uint8) for _ in range(MOST_MEMORY // 2**29 + 1)] and "eaten"


def live_on(argument):
    return argument


def hang(_argument):
    """Say who hangs, and do so."""
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    time.sleep(600)


def main() -> None:
    with TaskPool(1, initializer=start_child, arguments=(None,)) as pool:
        pool.submit("hangs", hang, None, timeout_s=600)
        pool.collect(600)


if __name__ == "__main__":
    main()
