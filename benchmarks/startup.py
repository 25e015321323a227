"""Start-up: the help of the command line, and the dashboard's first picture."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import load, report, time_s
from store.library import Library

FIRST_PICTURE = """
import sys, time
from pathlib import Path
started = float(sys.argv[2])
from store.library import Library
from tui.app import SignApp
import asyncio

async def main():
    async with SignApp(Library.open(Path(sys.argv[1]))).run_test(size=(120, 40)) as pilot:
        print(time.time() - started)
        await pilot.exit(0)

asyncio.run(main())
"""


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    library = Library.create(folder / "library")
    print(f"minimum, median, maximum; {load()}")
    try:
        report("python -c pass", time_s(lambda: run("-c", "pass"), runs=10))
        report(
            "signtui --help", time_s(lambda: run("-m", "tui.cli", "--help"), runs=10), limit_s=0.3
        )
        report("the dashboard's first picture", [picture(library) for _ in range(5)], limit_s=1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def run(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def picture(library: Library) -> float:
    """Seconds from the start of the process to a drawn screen, without a terminal."""

    environment = {**os.environ, "SIGNTUI_CONFIG": os.devnull}
    result = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE, str(library.root), str(time.time())],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    return float(result.stdout.split()[0])


if __name__ == "__main__":
    sys.exit(main())
