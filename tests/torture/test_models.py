"""Models of which bits are flipped, whatever their hashes say: LiteRT meets them in a child alone."""

import os
import subprocess
import sys

import pytest

from tests.support.torture import dice, many
from tests.torture.promises import ROOT

pytestmark = pytest.mark.torture

chance = dice()


def test_a_model_of_which_bits_are_flipped():
    """LiteRT refuses it, runs it, or takes its own process along: no other error, no endless run."""
    count, done = many(8, 300), 0
    while done < count:
        child = subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "tests.torture.lite",
                str(chance.randrange(2**31)),
                str(count - done),
            ],
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
            timeout=600,
        )
        assert b"Traceback" not in child.stderr, child.stderr.decode()[-2000:]
        # The one that ended the process says nothing any more.
        done += len(child.stdout.split()) + (child.returncode != 0)
