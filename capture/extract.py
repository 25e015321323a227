"""The extraction job's process: `python -P -m capture.extract --library DIR --job ID`."""

import sys


def main() -> int:
    # Spawned workers import this module again as their own main: it must not cost them SQLAlchemy.
    from capture.coordinator import extract  # noqa: PLC0415
    from store.child import child_main  # noqa: PLC0415

    return child_main(extract)


if __name__ == "__main__":
    sys.exit(main())
