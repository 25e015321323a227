"""Dask's client: the only place that imports `distributed` on the coordinator's side."""

import json
from pathlib import Path
from typing import Any, Final

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from capture.errors import ClusterError
from store.cluster import is_address

__all__ = ["Client", "Future", "KilledWorker", "connect", "list_workers", "submit"]

_ASK_S: Final = 30.0
_FIRST: Final = 100
"""Priority of greetings: a clip that waits can wait a little longer."""


def connect(cluster: str) -> Client:
    """A client of a scheduler, secured as Dask's own configuration says.

    Raises:
        ClusterError: the scheduler file is not there, or nobody answers within Dask's own timeout.
    """
    address = cluster if is_address(cluster) else _read_scheduler_file(cluster)
    try:
        return Client(address, set_as_default=False, name="signtui")
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(
            f"No scheduler answers at {cluster}: {error}.",
            hint="Is it running? dask scheduler starts one: docs/cluster.md.",
        ) from error


def _read_scheduler_file(path: str) -> str:
    """The address in it; Dask itself would wait for ever for a file that is not there."""
    try:
        return str(json.loads(Path(path).read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ClusterError(
            f"{path} is no scheduler file: {error}.",
            hint="dask scheduler --scheduler-file FILE writes one.",
        ) from error


def list_workers(client: Client) -> dict[str, Any]:
    """What the scheduler knows of each worker, by address.

    Raises:
        OSError: it does not answer.
    """
    found = client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=_ASK_S)
    return dict(found["workers"])


def submit(
    client: Client,
    key: str,
    function: Any,
    arguments: tuple[Any, ...],
    *,
    wished: list[str] | None = None,
    only: str | None = None,
) -> Future:
    """Hand out a task: to any worker, rather to the `wished` ones, or to one alone."""
    return client.submit(
        function, *arguments, key=key, pure=False,
        workers=[only] if only else wished, allow_other_workers=only is None and bool(wished),
        priority=_FIRST if only else 0,
    )  # fmt: skip
