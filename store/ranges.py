"""Which frames of a file belong to an instance."""

from typing import Final

_SLACK_FRAMES: Final = 3
_SLACK: Final = 0.05


def clip_range(frames: int, start: int, end: int | None) -> tuple[int, int]:
    """Return the (first, last) frames of a file that show an instance, half-open.

    The index gives the range within the source video. A file may be that whole source, or hold
    the range alone, as the clips of the Kaggle mirror do: then all of it is the instance.

    Args:
        frames: how many the file has, counted by decoding.
        start: first frame of the range in the source, from 0.
        end: the frame after the last, None for the end of the source.

    Returns:
        0 <= first <= last <= frames; empty only where the file is.
    """
    if start <= 0:
        return 0, frames if end is None else min(end, frames)
    if start >= frames or (end is not None and _is_cut(frames, start, end)):
        return 0, frames
    return start, frames if end is None else min(end, frames)


def _is_cut(frames: int, start: int, end: int) -> bool:
    length = end - start
    if abs(frames - length) <= max(_SLACK_FRAMES, _SLACK * length):
        return True
    # A source that loses more than half of the range is no source: the file was cut and, as
    # happens, re-encoded at another rate.
    return frames - start < length / 2
