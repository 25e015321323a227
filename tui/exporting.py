"""Export what is shown: the writing is done by a process of its own."""

from __future__ import annotations

import asyncio
import glob
import json
import sys
from pathlib import Path
from typing import Any

from store.errors import StoreError
from store.export import Format, Report
from store.files import PARTIAL
from store.spool import Order, Spool


async def export_shown(
    spool: Spool, path: Path, format_: Format, *, order: Order | None, force: bool
) -> Report:
    """Write the rows that have come to a file, in the order in which they are shown.

    Cancelling it ends the process and deletes what it wrote aside.

    Raises:
        StoreError: the file is there already or cannot be written.
    """
    command = [
        sys.executable, "-P", "-m", "store.export", str(spool.path), str(path),
        "--format", format_, "--rows", str(spool.total),
    ]  # fmt: skip
    if order is not None:
        command += ["--column", str(order[0]), *(["--descending"] if order[1] else [])]
    process = await asyncio.create_subprocess_exec(
        *command,
        *(["--force"] if force else []),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
            for aside in path.parent.glob(f"{glob.escape(path.name)}.*{PARTIAL}"):
                aside.unlink(missing_ok=True)
    return _report(output, process.returncode)


def _report(output: bytes, code: int | None) -> Report:
    try:
        said: dict[str, Any] = json.loads(output)
    except ValueError as error:
        raise StoreError(
            f"The export ended with code {code} and said nothing.", hint="See the dashboard's log."
        ) from error
    if "error" in said:
        raise StoreError(str(said["error"]), hint=str(said.get("hint", "")))
    return Report(**said)
