"""Waits until all workers of a training are there, before TensorFlow is told to join them.

TensorFlow's own waiting lasts up to an hour, cannot be stopped and does not say who is missing. So
each worker first calls at the chief's address, says who it is, and hears when all have come or why
they cannot train together: one JSON object a line each way.
"""

import json
import selectors
import socket
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from ml.cluster import Cluster
from ml.errors import ClusterError
from store import __version__

JOIN_WITHIN_S: Final = 600.0
_LOOK_EVERY_S: Final = 0.25
_LINE_WITHIN_S: Final = 5.0
_LARGEST_LINE: Final = 65_536
_SAME: Final = ("numpy", "keras", "tensorflow")
_HINT: Final = "Start the same signtui train on every worker, each with its own index in TF_CONFIG."

Said = dict[str, Any]


def introduction(cluster: Cluster) -> Said:
    """Who this worker is; all but the index must be alike among workers."""
    packages = {name: version(name) for name in _SAME}
    same = {"signtui": __version__, **packages, "workers": list(cluster.addresses)}
    return {"worker": cluster.index, "same": same}


def gather(
    cluster: Cluster,
    *,
    within_s: float = JOIN_WITHIN_S,
    on_wait: Callable[[list[str]], None] = lambda _missing: None,
) -> None:
    """The chief's part: wait for every other worker.

    Args:
        cluster: of which this process is the chief.
        within_s: how long.
        on_wait: hears, again and again, who is missing; may raise to end the waiting.

    Raises:
        ClusterError: the port is taken, a worker is missing or is not like the chief.
    """
    _, port = cluster.address(0)
    came: dict[int, socket.socket] = {}
    try:
        with _listen(cluster.chief, port) as door, selectors.DefaultSelector() as selector:
            selector.register(door, selectors.EVENT_READ)
            deadline = time.monotonic() + within_s
            while missing := [
                address
                for index, address in enumerate(cluster.addresses)
                if index and index not in came
            ]:
                on_wait(missing)
                _require_time(deadline, missing)
                if selector.select(_LOOK_EVERY_S):
                    _admit(cluster, door, came)
        for line in came.values():
            _say(line, {"go": True})
    except ClusterError as error:
        for line in came.values():
            _say(line, {"refused": error.message})
        raise
    finally:
        for line in came.values():
            line.close()


def _require_time(deadline: float, missing: list[str]) -> None:
    if time.monotonic() > deadline:
        raise ClusterError(f"These workers did not come: {', '.join(missing)}.", hint=_HINT)


def _listen(address: str, port: int) -> socket.socket:
    try:
        return socket.create_server(("", port))
    except OSError as error:
        raise ClusterError(
            f"The chief cannot listen at {address}: {error.strerror or error}.",
            hint="Name another port in TF_CONFIG, on every worker.",
        ) from error


def _admit(cluster: Cluster, door: socket.socket, came: dict[int, socket.socket]) -> None:
    line, _ = door.accept()
    said = _hear(line, _LINE_WITHIN_S)
    index = said.get("worker")
    if type(index) is not int or not 0 < index < len(cluster.addresses):
        line.close()
        return
    if earlier := came.pop(index, None):
        # The same worker, started again.
        earlier.close()
    came[index] = line
    own, theirs = introduction(cluster)["same"], said.get("same")
    theirs = theirs if isinstance(theirs, dict) else {}
    for name, value in own.items():
        if theirs.get(name) != value:
            raise ClusterError(
                f"The worker {cluster.addresses[index]} has {name} {_short(theirs.get(name))}, "
                f"the chief {_short(value)}.",
                hint="Install the same versions everywhere, and give all the same cluster.",
            )


def _short(value: object) -> str:
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value))[:200]


def report(cluster: Cluster, *, within_s: float = JOIN_WITHIN_S) -> None:
    """A worker's part: call at the chief's, and wait until all have come.

    Raises:
        ClusterError: the chief cannot be reached, ended, or refused.
    """
    deadline = time.monotonic() + within_s
    with _call(cluster, deadline) as line:
        _say(line, introduction(cluster))
        answer = _hear(line, None)
    if answer.get("go") is not True:
        why = answer.get("refused", "The chief ended before the training began.")
        raise ClusterError(str(why)[:500], hint=_HINT)


def _call(cluster: Cluster, deadline: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(cluster.address(0), _LINE_WITHIN_S)
        except OSError as error:
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"The chief at {cluster.chief} cannot be reached: {error.strerror or error}.",
                    hint=_HINT,
                ) from error
            time.sleep(_LOOK_EVERY_S)


def _say(line: socket.socket, said: Said) -> None:
    try:
        line.sendall(json.dumps(said).encode() + b"\n")
    except OSError:
        # Whoever has gone is missed soon enough.
        return


def _hear(line: socket.socket, within_s: float | None) -> Said:
    """One line; nothing where it is none of ours."""
    line.settimeout(within_s)
    heard = b""
    try:
        while not heard.endswith(b"\n") and len(heard) < _LARGEST_LINE:
            part = line.recv(_LARGEST_LINE)
            if not part:
                return {}
            heard += part
        said = json.loads(heard)
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
