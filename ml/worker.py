"""A worker that is no chief: `python -P -m ml.worker`, with its TF_CONFIG.

It needs no library and writes nothing: config, clips, weights and what to do next come from the
chief, which alone judges, keeps and stops.
"""

import logging
import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml.backend import make_repeatable
from ml.cluster import read_cluster
from ml.dataset import Part, Targets, TrainingData
from ml.distribute import join_chief
from ml.errors import ClusterError
from ml.features import Floats
from ml.fitting import Fitting, assign
from ml.models import build_model
from ml.replicas import END, Replicas
from ml.task import unpack_task
from store.child import EXIT_FAILED, EXIT_INTERRUPTED
from store.errors import SigntuiError
from store.jobs import JobStoppedError
from store.words import Status

_NOBODY: Final = Part((), (), np.empty(0, np.int64))
"""The chief alone judges."""

log = logging.getLogger(__name__)


def follow_chief() -> None:
    """Train as the chief says, to the end.

    Raises:
        ClusterError: the workers cannot train together, one was lost, or the chief failed.
        JobStoppedError: the chief was asked to stop.
    """
    cluster = read_cluster(os.environ)
    log.info(
        "Worker %d of %d: the chief is %s", cluster.index, len(cluster.addresses), cluster.chief
    )
    replicas = join_chief(cluster)
    head, arrays = replicas.hear()
    if END in head:
        raise_unless_finished(head)
        return
    task = unpack_task(head, arrays)
    log.info("Trains on a part of each batch: %d clips, %d glosses", len(task.train), task.glosses)
    make_repeatable(task.config.seed)
    fitting = Fitting(
        build_model(task.config, task.glosses),
        task.config,
        task.train,
        _NOBODY,
        Path(),
        "",
        classes=task.classes,
        replicas=replicas,
    )
    raise_unless_finished(_follow(fitting, replicas))


def _follow(fitting: Fitting, replicas: Replicas) -> dict[str, Any]:
    """Epoch after epoch, until the chief says that it is the end, and how."""
    data = TrainingData(fitting.train, fitting.config)
    variables = [*fitting.model.variables, *fitting.model.optimizer.variables]
    coming: dict[int, Future[tuple[Floats, Targets]]] = {}
    with ThreadPoolExecutor(1, "features") as pool:

        def prepare(epoch: int) -> Future[tuple[Floats, Targets]]:
            return pool.submit(data.epoch, epoch, fitting.positions)

        while True:
            head, arrays = replicas.hear()
            if END in head:
                return head
            epoch = fitting.epoch = int(head["epoch"])
            log.info("Epoch %d", epoch + 1)
            features, targets = (coming.pop(epoch, None) or prepare(epoch)).result()
            coming = {epoch + 1: prepare(epoch + 1)}
            assign(variables, tuple(arrays))
            fitting.fit_epoch(features, targets)


def raise_unless_finished(head: dict[str, Any]) -> None:
    """Raises JobStoppedError, ClusterError, as the chief ended."""
    if head[END] == Status.CANCELLED:
        raise JobStoppedError("The chief was asked to stop.")
    if head[END] != Status.FINISHED:
        raise ClusterError(f"The chief's training failed: {str(head.get('reason'))[:500]}")
    log.info("The chief says that the training is finished.")


def main() -> int:
    """The exit code: 0 finished, 1 failed, 130 stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        follow_chief()
    except (JobStoppedError, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except SigntuiError as error:
        log.error("%s %s", error.message, error.hint)  # noqa: TRY400 - ours need no traceback
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
