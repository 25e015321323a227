"""The log of one job by level: lines kept in the catalog, then what its process wrote to stderr."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, text

from store.library import Library
from tui.jobs import log_path
from tui.widgets.table import Row
from tui.wording import clock_time


class Level(StrEnum):
    """What of a log is shown."""

    ALL = "all"
    INFO = "info"
    WARNINGS = "warnings"
    ERRORS = "errors"


OUTPUT_BYTES: Final = 4 * 2**20
"""So much of the end of a process's output is read."""
_SHOWN_IN: Final = {
    "output": (Level.ALL,),
    "info": (Level.ALL, Level.INFO),
    "warning": (Level.ALL, Level.INFO, Level.WARNINGS),
    "error": tuple(Level),
}
_COLOURS: Final = {"warning": "$warning", "error": "$error", "output": "$idle"}
_LOGGED: Final = re.compile(r"\S+ \S+ (INFO|WARNING|ERROR|CRITICAL) ")
_LEVEL_OF: Final = {"INFO": "info", "WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}
_NEW: Final = """
SELECT id, level FROM job_line
WHERE job_id = :job AND id > :last AND (:needle = '' OR text LIKE :pattern ESCAPE '\\')
ORDER BY id"""
_PAGE: Final = text("SELECT id, at, level, text FROM job_line WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


@dataclass(frozen=True, slots=True)
class OutputLine:
    level: str
    text: str


class JobLog:
    """Where the lines of a log lie; lines are read when they come into sight.

    `refresh` and the reading of rows happen in threads; what is there already never moves.
    """

    def __init__(self, library: Library, job_id: int, needle: str = "") -> None:
        """Make an empty index; `needle` keeps only lines that hold it, in any case of ASCII."""
        self._library, self._job_id, self._needle = library, job_id, needle
        self._last = 0
        self._ids = {level: array("q") for level in Level}
        self._output: dict[Level, list[OutputLine]] = {level: [] for level in Level}
        self._output_size = -1

    def refresh(self) -> bool:
        """Look for new lines; says whether there are any. Raises SigntuiError."""
        before = self.count(Level.ALL)
        self._read_new_ids()
        self._read_output()
        return self.count(Level.ALL) != before

    def count(self, level: Level) -> int:
        return len(self._ids[level]) + len(self._output[level])

    def rows(self, level: Level) -> LogRows:
        return LogRows(self, level)

    def read(self, level: Level, first: int, count: int) -> list[Row]:
        """Rows of a level from `first` on, at most `count`."""
        ids = self._ids[level]
        wanted = ids[first : first + count].tolist()
        with self._library.reading() as session:
            found = {row[0]: row for row in session.execute(_PAGE, {"ids": wanted})}
        rows = [_row(str(i), *found[i][1:]) for i in wanted if i in found]
        start = max(0, first - len(ids))
        end = max(0, first + count - len(ids))
        output = self._output[level][start:end]
        return rows + [
            _row(f"o{place}", None, line.level, line.text)
            for place, line in enumerate(output, start=start)
        ]

    def _read_new_ids(self) -> None:
        pattern = re.sub(r"([\\%_])", r"\\\1", self._needle)
        values = {
            "job": self._job_id, "last": self._last, "needle": self._needle,
            "pattern": f"%{pattern}%",
        }  # fmt: skip
        with self._library.reading() as session:
            new = session.execute(text(_NEW), values).all()
        for line_id, level in new:
            for shown in _SHOWN_IN.get(level, tuple(Level)):
                self._ids[shown].append(line_id)
        if new:
            self._last = new[-1][0]

    def _read_output(self) -> None:
        path = log_path(self._library, self._job_id)
        try:
            size = path.stat().st_size
            if size == self._output_size:
                return
            with path.open("rb") as file:
                file.seek(max(0, size - OUTPUT_BYTES))
                content = file.read(OUTPUT_BYTES).decode("utf-8", errors="replace")
        except OSError:
            return
        self._output_size = size
        lines = [line for line in classify(content.splitlines()) if self._holds(line.text)]
        self._output = {
            level: [line for line in lines if level in _SHOWN_IN[line.level]] for level in Level
        }

    def _holds(self, line: str) -> bool:
        return self._needle.casefold() in line.casefold()


@dataclass(frozen=True, slots=True)
class LogRows:
    """The rows of one level, for a `RowView`."""

    log: JobLog
    level: Level

    @property
    def total(self) -> int:
        return self.log.count(self.level)

    def read(self, first: int, count: int) -> Sequence[Row]:
        return self.log.read(self.level, first, count)


def classify(lines: Iterable[str]) -> list[OutputLine]:
    """Give each line of a process's output its level: as it was logged, or error in a traceback."""
    found: list[OutputLine] = []
    in_traceback = False
    for line in lines:
        if not line.strip():
            continue
        if line.startswith("Traceback (most recent call last)"):
            in_traceback = True
            level = "error"
        elif in_traceback:
            # It ends with the line that names the exception, which is not indented.
            level, in_traceback = "error", line.startswith((" ", "\t"))
        else:
            logged = _LOGGED.match(line)
            level = _LEVEL_OF[logged[1]] if logged else "output"
        found.append(OutputLine(level, line))
    return found


def _row(key: str, at: float | None, level: str, words: str) -> Row:
    colour = _COLOURS.get(level, "$foreground")
    time = clock_time(at) if at is not None else ""
    return Row(key, ((time, "$muted"), (level, colour), (words, colour)))
