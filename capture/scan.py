"""The scan job's process: `python -P -m capture.scan --library DIR --job ID`."""

import sys


def main() -> int:
    # Spawned workers import this module again as their own main: it must not cost them SQLAlchemy.
    from capture.scanner import scan  # noqa: PLC0415
    from store.child import child_main  # noqa: PLC0415

    return child_main(scan)


if __name__ == "__main__":
    sys.exit(main())
