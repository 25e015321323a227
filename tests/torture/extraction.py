"""The extraction job with made-up landmarks: `python -P -m tests.torture.extraction --library … --job …`.

With `SIGNTUI_TEST_DIE` there are no workers but the process itself, so that its steps to the disk are
always the same: `before:N` or `after:N` lets it kill itself around the N-th, `count` lists them.
"""

import os
import sys
from unittest.mock import patch


def main() -> int:
    # Workers import this module again as their own main: it must stay light for them.
    from capture.coordinator import extract
    from store.child import child_main
    from tests.torture import lacking, standin, steps

    patch("capture.local.extract_clip", standin.extract).start()
    patch("capture.local.start_worker", standin.start).start()
    lacking.take_away()
    if os.environ.get(steps.VARIABLE) or lacking.lacks_pauses():
        patch("capture.local.TaskPool", standin.Alone).start()
    if os.environ.get(steps.VARIABLE):
        steps.watch_from_environment()
    code = child_main(extract)
    steps.say_how_many()
    return code


if __name__ == "__main__":
    sys.exit(main())
