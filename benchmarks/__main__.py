"""Run all benchmarks, or those named: `python -m benchmarks [startup] [training] …`.

Rows of the table in docs/performance.md are put there as they come; those of benchmarks that did
not run stay as they were.
"""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

NAMES = (
    "startup", "catalog", "large_catalog", "landmarks", "dashboard", "extraction", "long_extraction",
    "cluster", "training", "live",
)  # fmt: skip
TABLE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
HEAD = (
    "| work | against | measured | reach | n |",
    "|---|---|---|---|---|",
)
BEGIN, END = "<!-- rows of `make bench` -->", "<!-- end -->"


def main() -> int:
    chosen = sys.argv[1:] or list(NAMES)
    unknown = set(chosen) - set(NAMES)
    if unknown:
        sys.stderr.write(f"No benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}\n")
        return 2
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python", end=" ")
    print(platform.python_version(), flush=True)
    rows: list[str] = []
    for name in chosen:
        print(f"\n== {name}", flush=True)
        rows += run(name)
    print("\n" + "\n".join((*HEAD, *rows)))
    TABLE.write_text(with_rows(TABLE.read_text(encoding="utf-8"), rows), encoding="utf-8")
    return 0


def run(name: str) -> list[str]:
    """Let one benchmark print; returns its rows of the table."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    rows = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if line.startswith("| "):
                rows.append(line.strip())
    return rows


def with_rows(text: str, rows: list[str]) -> str:
    """The page with these rows in its table, in place of those of the same work and rival."""
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    there = {key(row): row for row in table.strip().splitlines()[len(HEAD) :]}
    there |= {key(row): row for row in rows}
    lines = "\n".join((*HEAD, *there.values()))
    return f"{before}{BEGIN}\n{lines}\n{END}{after}"


def key(row: str) -> str:
    """Work and rival, without the numbers in them."""
    return re.sub(r"\d", "", "|".join(row.split("|")[1:3]))


if __name__ == "__main__":
    sys.exit(main())
