"""backup, restore: a copy of the library, made while jobs run, and a library from it."""

import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from tui.commands.options import Json, context_of, narrate, print_json, say

_LOOK_EVERY_S: Final = 0.2
_PLAIN_EVERY_S: Final = 10.0
_MB: Final = 1_000_000


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="A folder that does not exist or is empty.")],
    clips: Annotated[
        bool,
        typer.Option(
            "--clips/--no-clips", help="The dataset's clips too; own recordings always come along."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Copy the library, also while jobs run; the copy is checked and is a library itself."""
    from store.backup import back_up

    library = context_of(context).open()
    report = back_up(library, target, dataset_clips=clips, on_progress=_Painter().show)
    if json:
        print_json(report.as_json())
        return
    say(
        f"{report.files:,} files, {report.bytes / _MB:,.1f} MB in {report.path}: "
        f"{report.sequences:,} sequences, {report.runs:,} runs, {report.clips:,} clips"
    )
    for job_id in report.interrupted:
        narrate(f"Job {job_id} is interrupted in the backup; here it goes on.")
    _name_lacking(report.lacking)
    if report.clips_missing:
        narrate(f"{report.clips_missing:,} clips are not where the catalog says: signtui scan")


def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A folder that signtui backup made.")],
    library: Annotated[
        Path | None, typer.Option("--library", help="Where to [default: the current library]")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="A library that is there goes aside; it is not deleted.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a library of a backup, after every byte was checked."""
    from store.restore import restore as make

    target = library or context_of(context).root
    report = make(source, target, force=force, on_progress=_Painter().show)
    if json:
        print_json(report.as_json())
        return
    made_at = time.strftime("%Y-%m-%d %H:%M", time.localtime(report.made_at))
    say(f"{report.files:,} files, {report.bytes / _MB:,.1f} MB, as of {made_at}, in {report.path}")
    if report.replaced:
        narrate(f"What was there lies in {report.replaced}")
    if report.opened:
        narrate("The backup was opened as a library since it was made.")
    _name_lacking(report.lacking)
    if report.clips_missing:
        narrate(f"{report.clips_missing:,} clips are not where the catalog says: signtui scan")


def _name_lacking(runs: list[str]) -> None:
    for run in runs:
        narrate(f"The run {run} has no model: its bundle is not there.")


class _Painter:
    """One line that changes on a terminal; a line now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._every_s = _LOOK_EVERY_S if self._terminal else _PLAIN_EVERY_S
        self._at = time.monotonic()

    def show(self, what: str, done: int, total: int) -> None:
        last = done >= total and self._terminal
        if not last and time.monotonic() - self._at < self._every_s:
            return
        self._at = time.monotonic()
        line = f"{what}: {done / _MB:,.1f} of {total / _MB:,.1f} MB"
        before, after = ("\r\x1b[K", "") if self._terminal else ("", "\n")
        sys.stderr.write(before + ("" if last else line) + after)
        sys.stderr.flush()
