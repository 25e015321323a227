"""What a running live job is told: JSON, one object a line on stdin, each with a `command`."""

import json
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

log = logging.getLogger(__name__)

Command = dict[str, Any]
Handler = Callable[[Command], None]

_MAX_LINE: Final = 65_536
_MAX_WAITING: Final = 1000


class Controls:
    """Reads commands in a thread of its own; `poll` runs them in the caller's."""

    def __init__(self, stream: BinaryIO, handlers: Mapping[str, Handler]) -> None:
        """Start to listen.

        Args:
            stream: where the lines come from; its end ends only the listening.
            handlers: what to do for each command, by its name.
        """
        self._stream, self._handlers = stream, handlers
        self._heard: queue.Queue[Command] = queue.Queue(_MAX_WAITING)
        threading.Thread(target=self._listen, name="controls", daemon=True).start()

    def poll(self) -> None:
        """Do what was asked for since the last look."""
        while True:
            try:
                command = self._heard.get_nowait()
            except queue.Empty:
                return
            handler = self._handlers.get(str(command.get("command")))
            if handler is None:
                log.warning("live does not know the command %.200r", command)
            else:
                handler(command)

    def _listen(self) -> None:
        while line := self._stream.readline(_MAX_LINE):
            try:
                command = json.loads(line)
            except (ValueError, RecursionError):
                log.warning("live was told what is no JSON: %.200r", line)
                continue
            if isinstance(command, dict):
                try:
                    self._heard.put_nowait(command)
                except queue.Full:
                    log.warning("live is told more than it can do")
