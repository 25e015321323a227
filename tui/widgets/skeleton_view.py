"""Landmarks drawn as two hands of braille dots, frame by frame."""

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.segment import Segment
from textual.content import Content
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.landmarks import Sequence

_DOT_COLUMNS: Final = 2
_DOT_ROWS: Final = 4
_BRAILLE: Final = 0x2800
_DOT_BITS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bit of each dot in a braille character, by column and row (Unicode chart U2800)."""
_DEFAULT_FPS: Final = 25.0
_DEFAULT_ASPECT: Final = 4 / 3
_MARGIN: Final = 0.08
_HANDS: Final = ("skeleton--left", "skeleton--right")


class SkeletonView(Widget):
    """Plays a sequence; the left hand in one colour, the right hand in another."""

    COMPONENT_CLASSES = set(_HANDS)  # noqa: RUF012 - as in Textual
    DEFAULT_CSS = """
    SkeletonView {
        width: 1fr; height: 1fr;
        & > .skeleton--left { color: $secondary; }
        & > .skeleton--right { color: $accent; }
    }
    """
    frame: reactive[int] = reactive(0)
    playing: reactive[bool] = reactive(False)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id)
        self.sequence: Sequence | None = None
        self._timer: Timer | None = None
        self._bounds: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
        self._cells: tuple[Any, Any] | None = None

    def show(self, sequence: "Sequence", *, play: bool) -> None:
        """Take a sequence and begin at its first frame."""
        self.sequence = sequence
        self._bounds = _bounds(sequence)
        self._cells = None
        self.frame = 0
        self.playing = play
        self.refresh()

    @property
    def fps(self) -> float:
        known = self.sequence.fps if self.sequence is not None else 0.0
        return known if known > 0 else _DEFAULT_FPS

    def step(self, frames: int) -> None:
        """Go on by some frames, round the ends."""
        if self.sequence is not None and len(self.sequence):
            self.frame = (self.frame + frames) % len(self.sequence)

    def watch_playing(self, playing: bool) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = None
        if playing:
            self._timer = self.set_interval(1 / min(30.0, self.fps), lambda: self.step(1))

    def watch_frame(self) -> None:
        self._cells = None
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._cells = None

    def on_resize(self) -> None:
        self._cells = None

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        if self.sequence is None or not len(self.sequence) or y >= height:
            return Strip.blank(width, self.rich_style)
        if self._cells is None:
            self._cells = self._draw(width, height)
        bits, owner = self._cells
        styles = [self.get_component_rich_style(name) for name in _HANDS]
        blank = self.rich_style
        segments = [
            Segment("".join(chr(_BRAILLE + bit) if bit else " " for bit, _ in cells), style)
            for style, cells in groupby(
                zip(bits[y].tolist(), owner[y].tolist(), strict=True),
                key=lambda cell: styles[cell[1]] if cell[0] else blank,
            )
        ]
        return Strip(segments, width)

    def _draw(self, width: int, height: int) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Bits and owner of each cell. shapes=(height, width)."""
        import numpy as np  # noqa: PLC0415 - only where a skeleton is drawn

        bits = np.zeros((height, width), np.uint8)
        owner = np.zeros((height, width), np.uint8)
        assert self.sequence is not None  # noqa: S101 - render_line checks it
        table = np.array(_DOT_BITS, np.uint8)
        for hand, points in enumerate(self.sequence.landmarks[self.frame]):
            dots = _dots(self._placed(points, width * _DOT_COLUMNS, height * _DOT_ROWS))
            inside = (dots >= 0).all(1) & (dots < (width * _DOT_COLUMNS, height * _DOT_ROWS)).all(1)
            x, y = dots[inside].T
            np.bitwise_or.at(
                bits, (y // _DOT_ROWS, x // _DOT_COLUMNS), table[x % _DOT_COLUMNS, y % _DOT_ROWS]
            )
            owner[y // _DOT_ROWS, x // _DOT_COLUMNS] = hand
        return bits, owner

    def _placed(self, points: "NDArray[np.float32]", width: int, height: int) -> Any:
        """Landmarks of one hand in dots, shape=(21, 2): the clip's bounds fill the view."""
        left, top, right, bottom = self._bounds
        aspect = self._aspect()
        scale = min(width / ((right - left) * aspect), height / (bottom - top))
        x = (points[:, 0] - (left + right) / 2) * aspect * scale + width / 2
        y = (points[:, 1] - (top + bottom) / 2) * scale + height / 2
        return _stack(x, y)

    def _aspect(self) -> float:
        known = self.sequence.aspect if self.sequence is not None else 0.0
        return known if known > 0 else _DEFAULT_ASPECT


def _stack(x: Any, y: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - only where a skeleton is drawn

    return np.stack([x, y], axis=1)


def _bounds(sequence: "Sequence") -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all hands of the clip, with a margin."""
    import numpy as np  # noqa: PLC0415 - only where a skeleton is drawn

    points = sequence.landmarks[..., :2].reshape(-1, 2)
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        return (0.0, 0.0, 1.0, 1.0)
    low, high = points.min(0) - _MARGIN, points.max(0) + _MARGIN
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _dots(points: Any) -> Any:
    """Dots on the bones between landmarks. shape=(dots, 2); none where the hand is absent."""
    import numpy as np  # noqa: PLC0415 - only where a skeleton is drawn

    from store.skeleton import EDGES  # noqa: PLC0415 - it imports numpy

    if not np.isfinite(points).all():
        return np.zeros((0, 2), np.int64)
    ends = points[np.array(EDGES)]
    # Foreign arrays may hold absurd positions: a bone never needs more dots than this.
    steps = int(min(512.0, np.abs(ends[:, 1] - ends[:, 0]).max())) + 2
    along = np.linspace(0.0, 1.0, steps)[None, :, None]
    dots = ends[:, :1] * (1 - along) + ends[:, 1:] * along
    clipped: NDArray[np.int64] = np.clip(np.rint(dots.reshape(-1, 2)), -1, 1 << 20).astype(np.int64)
    return clipped


class PresenceBar(Widget):
    """Which hand is there over the time of a clip, with the frame that is shown."""

    DEFAULT_CSS = "PresenceBar { width: 1fr; height: 2; }"
    frame: reactive[int] = reactive(0)
    present: reactive[tuple[tuple[bool, bool], ...]] = reactive(())

    def render(self) -> Content:
        return Content("\n").join([self._line(0, "left "), self._line(1, "right")])

    def _line(self, hand: int, label: str) -> Content:
        frames = len(self.present)
        width = max(1, self.size.width - len(label) - 1)
        here = self.frame * width // frames if frames else -1
        cells = [self._cell(hand, cell, width) for cell in range(width)]
        style = "$secondary" if hand == 0 else "$accent"
        return Content.assemble(
            (f"{label} ", "$muted"),
            *(
                (("┃" if there else "╎"), "bold $foreground")
                if index == here
                else (("━", style) if there else ("─", "$track"))
                for index, there in enumerate(cells)
            ),
        )

    def _cell(self, hand: int, cell: int, width: int) -> bool:
        """Whether the hand is there in most frames that fall into a cell."""
        frames = len(self.present)
        if not frames:
            return False
        first = cell * frames // width
        last = max(first + 1, (cell + 1) * frames // width)
        some = [row[hand] for row in self.present[first:last]]
        return 2 * sum(some) >= len(some)
