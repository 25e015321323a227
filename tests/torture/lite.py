"""A child that loads and runs damaged LiteRT models: `… -m tests.torture.lite SEED COUNT`.

Native code may end it; what it says until then is what became of each model.
"""

import random
import sys
from contextlib import suppress

import numpy as np

from ml.bundle import read_bundle
from ml.errors import CheckpointError
from ml.features import channels
from ml.recognizer import LiteModel
from ml.references import STARTER_FOLDER

_STRUCTURE: int = 60_000
"""A model's operators and tensors lie at its end, after the weights."""


def bent(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 3)):
        place = len(data) - 4 - chance.randrange(_STRUCTURE)
        if chance.random() < 0.5:
            data[place] ^= 1 << chance.randrange(8)
        else:
            number = chance.choice([0, 1, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF])
            data[place : place + 4] = number.to_bytes(4, "little")
    return bytes(data)


def main(seed: int, count: int) -> None:
    bundle = read_bundle(STARTER_FOLDER)
    shape = (1, bundle.features.length, channels(bundle.features))
    for number in range(seed, seed + count):
        with suppress(CheckpointError):
            model = LiteModel(bent(bundle.model, random.Random(number)), shape, len(bundle.labels))  # noqa: S311
            assert model(np.zeros(shape[1:], np.float32)).shape == (len(bundle.labels),)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
