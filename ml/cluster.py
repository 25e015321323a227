"""Which machines train together, as TensorFlow's TF_CONFIG says it. Light: no heavy imports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ml.errors import ClusterError

Strategy = Literal["one", "mirrored", "multiworker"]
"""`one` device; all devices of this machine; all devices of several workers."""

VARIABLE: Final = "TF_CONFIG"
_CHIEF: Final = "chief"
_WORKER: Final = "worker"
_LARGEST_PORT: Final = 65_535
_HINT: Final = (
    'It looks like {"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}; the index is each worker\'s own.'
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The workers of a training and which of them this process is. The first is the chief."""

    addresses: tuple[str, ...]
    """host:port of each."""
    index: int

    @property
    def is_chief(self) -> bool:
        return self.index == 0

    @property
    def chief(self) -> str:
        return self.addresses[0]

    def address(self, index: int) -> tuple[str, int]:
        """Host and port of a worker."""
        host, _, port = self.addresses[index].rpartition(":")
        return host.strip("[]"), int(port)


def read_cluster(environ: Mapping[str, str]) -> Cluster:
    """What TF_CONFIG says.

    The order is TensorFlow's: the task of type chief, if there is one, then those of type worker.

    Raises:
        ClusterError: it is not set, or says nothing that a training can use.
    """
    text = environ.get(VARIABLE, "")
    if not text.strip():
        raise ClusterError(f"{VARIABLE} is not set: it names the workers.", hint=_HINT)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ClusterError(f"{VARIABLE} is no JSON: {str(error)[:200]}.", hint=_HINT) from error
    jobs, task = _table(said, "cluster"), _table(said, "task")
    if other := sorted(str(name) for name in jobs if name not in {_CHIEF, _WORKER}):
        raise _wrong(f"has tasks of type {', '.join(other)[:80]}: there are chief and worker alone")
    chiefs, workers = _addresses(jobs, _CHIEF), _addresses(jobs, _WORKER)
    if len(chiefs) > 1:
        raise _wrong("names more than one chief")
    addresses = (*chiefs, *workers)
    if not addresses:
        raise _wrong("names no worker")
    if len(set(addresses)) < len(addresses):
        raise _wrong("names an address twice")
    kind = task.get("type")
    own = {_CHIEF: chiefs, _WORKER: workers}.get(kind) if isinstance(kind, str) else None
    if not own:
        raise _wrong(f"has a task of type {str(kind)[:80]!r}, which the cluster has not")
    index = task.get("index")
    if type(index) is not int or not 0 <= index < len(own):
        raise _wrong(f"has the index {str(index)[:80]!r}; it may be 0 to {len(own) - 1}")
    return Cluster(addresses, index + (len(chiefs) if kind == _WORKER else 0))


def _wrong(what: str) -> ClusterError:
    return ClusterError(f"{VARIABLE} {what}.", hint=_HINT)


def _table(said: object, name: str) -> dict[str, Any]:
    table = said.get(name) if isinstance(said, dict) else None
    if not isinstance(table, dict):
        raise _wrong(f"has no {name}")
    return table


def _addresses(jobs: dict[str, Any], kind: str) -> list[str]:
    found = jobs.get(kind, [])
    if not isinstance(found, list):
        raise _wrong(f"gives no list for {kind}")
    for address in found:
        host, colon, port = address.rpartition(":") if isinstance(address, str) else ("", "", "")
        good = port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= _LARGEST_PORT
        if not (host and colon and good):
            raise _wrong(f"has the address {str(address)[:80]!r}, which is no host:port")
    return found
