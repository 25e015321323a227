"""A child in a pseudo terminal of its own; Unix only. No fork: test processes have threads."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios

# The child makes its input its controlling terminal, then becomes what is asked for.
_BECOME = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def start_in_terminal(arguments, environment, folder, *, columns, lines):
    """Run Python with arguments; returns the process and the handle of its terminal.

    Variables that are None in the environment are not there for the process.
    """
    handle, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    given = {**os.environ, **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", _BECOME, *arguments],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=folder,
        env={name: value for name, value in given.items() if value is not None},
        start_new_session=True,
    )
    os.close(inside)
    return process, handle


def read_chunk(handle, within_s=0.1):
    """What was written to a terminal; empty where nothing came in time, None where it is closed."""
    ready, _, _ = select.select([handle], [], [], within_s)
    if not ready:
        return b""
    try:
        return os.read(handle, 65536) or None
    except OSError:
        return None
