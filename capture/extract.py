"""The extraction job's process: `python -P -m capture.extract --library DIR --job ID`."""

import sys


def main() -> int:
    # Spawned workers import this module again as their own main: it must not cost them SQLAlchemy.
    from capture.coordinator import extract  # noqa: PLC0415
    from capture.entry import run_child  # noqa: PLC0415

    return run_child("capture.extract", extract)


if __name__ == "__main__":
    sys.exit(main())
