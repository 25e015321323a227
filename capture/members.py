"""The workers of a cluster: who is there, who may work, and who sees the clips."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from capture.errand import Greeting
from capture.errors import ClusterError

_GRACE_S: Final = 15.0
"""How long a cluster may consist of refused workers only: others may be on their way."""


@dataclass
class _Member:
    address: str
    name: str
    threads: int
    greeting: Greeting | None = None

    @property
    def admitted(self) -> bool:
        return self.greeting is not None and not self.greeting.refusal

    @property
    def refused(self) -> bool:
        return self.greeting is not None and bool(self.greeting.refusal)

    def describe(self) -> str:
        host = self.greeting.host if self.greeting else ""
        named = "" if self.name == self.address else f" {self.name}"
        return f"Worker{named} at {self.address}{f' on {host}' if host else ''}"


class Members:
    """Kept up to date by whoever talks with the scheduler."""

    def __init__(
        self,
        *,
        info: Callable[[str], None],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._info, self._warn, self._clock = info, warn, clock
        self._members: dict[str, _Member] = {}
        self._hopeless_since: float | None = None

    def __len__(self) -> int:
        return len(self._members)

    @property
    def threads(self) -> int:
        """Clips that those who may work can work on at the same time."""
        return sum(member.threads for member in self._members.values() if member.admitted)

    @property
    def admitted(self) -> list[str]:
        return [member.address for member in self._members.values() if member.admitted]

    @property
    def some_refused(self) -> bool:
        return any(member.refused for member in self._members.values())

    @property
    def some_unknown(self) -> bool:
        return any(member.greeting is None for member in self._members.values())

    @property
    def all_see(self) -> bool:
        """Whether every one that may work reads the clips where they lie."""
        known = [member.greeting for member in self._members.values() if member.admitted]
        return bool(known) and all(greeting is not None and greeting.sees for greeting in known)

    def update(self, workers: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Take in who is there now, as the scheduler tells it; return those who are new."""
        for address in [known for known in self._members if known not in workers]:
            gone = self._members.pop(address)
            if gone.admitted:
                self._warn(f"{gone.describe()} is gone.")
        new = [address for address in workers if address not in self._members]
        for address in new:
            told = workers[address]
            name, threads = str(told.get("name", address)), int(told.get("nthreads", 1))
            self._members[address] = _Member(address, name, threads)
        return new

    def answer(self, address: str, greeting: Greeting) -> None:
        """Take in what a worker said of itself; nothing where it is gone."""
        member = self._members.get(address)
        if member is None or member.refused:
            return
        member.greeting = greeting
        if greeting.refusal:
            self._warn(f"{member.describe()} is refused: {greeting.refusal}.")
        else:
            reads = "reads the clips where they lie" if greeting.sees else "is sent the clips"
            self._info(f"{member.describe()} works with {member.threads} threads, {reads}.")

    def refuse(self, address: str, reason: str) -> None:
        """A worker turned out to be of no use."""
        member = self._members.get(address)
        if member is not None:
            host = member.greeting.host if member.greeting else ""
            self.answer(address, Greeting(host, reason))

    def require_hope(self) -> None:
        """Raises ClusterError where all workers are refused, and have been for a while."""
        hopeless = bool(self._members) and all(m.refused for m in self._members.values())
        if not hopeless:
            self._hopeless_since = None
            return
        if self._hopeless_since is None:
            self._hopeless_since = self._clock()
        if self._clock() - self._hopeless_since >= _GRACE_S:
            raise ClusterError(
                f"No worker of the cluster can be used. {_told(self._members.values())}",
                hint="Give the workers the same versions as here: docs/cluster.md tells how.",
            )


def _told(members: Iterable[_Member]) -> str:
    """Each reason once, with one of the workers that gave it."""
    by_reason: dict[str, list[_Member]] = {}
    for member in members:
        if member.greeting is not None:
            by_reason.setdefault(member.greeting.refusal, []).append(member)
    return " ".join(
        f"{refused[0].describe()}{f' and {len(refused) - 1} more' if refused[1:] else ''}: {reason}."
        for reason, refused in by_reason.items()
    )
