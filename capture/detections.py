"""What a tracker finds in a frame, and what every tracker can do."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from store.skeleton import N_SLOTS, SEQUENCE_SHAPE


@dataclass(frozen=True, slots=True)
class Detections:
    """The hands of one frame, and the body where it was looked for; absent is NaN."""

    landmarks: NDArray[np.float32]
    """shape=(2, 21, 3): x, y in image widths and heights, z MediaPipe's. In order of detection;
    with a body the left hand, then the right one."""
    right: NDArray[np.float32]
    """shape=(2,): probability of being a right hand, in an unmirrored picture."""
    score: NDArray[np.float32]
    """shape=(2,): how sure MediaPipe is of its label, 0.5 to 1; NaN where it does not say."""
    body: NDArray[np.float32] | None = None
    """shape=(51, 3): pose and lips of `holistic`; None where nobody looks for them."""

    @classmethod
    def none(cls) -> Self:
        """No hand."""
        absent = np.full(N_SLOTS, np.nan, np.float32)
        return cls(np.full(SEQUENCE_SHAPE, np.nan, np.float32), absent, absent.copy())

    @property
    def count(self) -> int:
        """How many hands there are."""
        return int(np.isfinite(self.right).sum())


class Extractor(Protocol):
    """Follows a signer through the frames of one clip after the other."""

    def process(self, image: NDArray[np.uint8]) -> Detections:
        """Look at the next frame, shape=(height, width, 3), BGR. Raises ExtractorError."""
        ...

    def reset(self) -> None:
        """The next frame begins another clip."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
