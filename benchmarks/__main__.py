"""Run all benchmarks, or those named: `python -m benchmarks [startup] [training] …`."""

import os
import platform
import subprocess
import sys

NAMES = (
    "startup",
    "catalog",
    "landmarks",
    "dashboard",
    "extraction",
    "cluster",
    "training",
    "live",
)


def main() -> int:
    chosen = sys.argv[1:] or list(NAMES)
    unknown = set(chosen) - set(NAMES)
    if unknown:
        sys.stderr.write(f"No benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}\n")
        return 2
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python", end=" ")
    print(platform.python_version(), flush=True)
    for name in chosen:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
