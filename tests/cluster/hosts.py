"""Two hosts with addresses of their own on one machine: network namespaces, and a cable to each.

Made by `ip` of iproute2, by root on Linux alone.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

HERE = "10.213.77.1"
"""This machine's end of the first cable."""
ADDRESSES = ("10.213.77.2", "10.213.77.6")
_ENDS = (HERE, "10.213.77.5")
_NAMES = tuple(f"signtui{os.getpid()}{letter}" for letter in "ab")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def two_hosts() -> Iterator[tuple[str, ...]]:
    """The namespaces' names; the hosts are gone afterwards.

    Raises:
        FileNotFoundError: there is no `ip`.
        CalledProcessError: it may not, as in many containers.
    """
    try:
        for name, here, there in zip(_NAMES, _ENDS, ADDRESSES, strict=True):
            cable = f"st{name[-9:]}"
            ip("netns", "add", name)
            ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("address", "add", f"{here}/30", "dev", cable)
            ip("link", "set", cable, "up")
            ip("-n", name, "address", "add", f"{there}/30", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", name, "link", "set", device, "up")
            ip("-n", name, "route", "add", "default", "via", here)
        yield _NAMES
    finally:
        for name in _NAMES:
            # Its cable goes with it.
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
