"""Landmarks drawn as two hands, and the body where there is one, frame by frame, over the clip's pictures.

As lines of pixels where the terminal has graphics, else in braille dots.
"""

from typing import TYPE_CHECKING, Final

from rich.color import Color
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer

from store.settings import Graphics
from tui.widgets.graphics import GraphicView
from tui.widgets.pixels import Dots, dotted, fit, half_blocks, image_of, shrink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.landmarks import Sequence
    from tui.reading.pictures import Pictures
    from tui.widgets.skeleton_dots import Window

_DEFAULT_FPS: Final = 25.0
_DEFAULT_ASPECT: Final = 4 / 3
_DRAWN_PER_S: Final = 30.0
_PICTURES_PER_S: Final = 12.5
"""A picture is some 20 KiB for the terminal: over SSH that adds up."""
_PARTS: Final = ("skeleton--left", "skeleton--right", "skeleton--body")


class SkeletonView(GraphicView):
    """Plays a sequence; the left hand in one colour, the right hand in another."""

    COMPONENT_CLASSES = set(_PARTS)  # noqa: RUF012 - as in Textual
    DEFAULT_CSS = """
    SkeletonView {
        width: 1fr; height: 1fr;
        & > .skeleton--left { color: $secondary; }
        & > .skeleton--right { color: $accent; }
        & > .skeleton--body { color: $muted; }
    }
    """
    frame: reactive[int] = reactive(0, repaint=False)
    playing: reactive[bool] = reactive(False, repaint=False)
    with_picture: reactive[bool] = reactive(False, repaint=False)
    """The clip's own picture lies behind the hands."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id)
        self.sequence: Sequence | None = None
        self.pictures: Pictures | None = None
        self.first = 0
        """The clip's frame that frame 0 of the view shows."""
        self._timer: Timer | None = None
        self._window: Window | None = None
        self._lines: list[Strip] = []

    def show(self, sequence: "Sequence | None", *, first: int = 0, play: bool) -> None:
        """Take a sequence, or none, and begin at its first frame.

        Args:
            sequence: the landmarks.
            first: the clip's frame that they begin at.
            play: begin at once.
        """
        self.sequence, self.first = sequence, first
        self._window = None
        self.frame = 0
        self.playing = play
        self._redraw()

    def show_pictures(self, pictures: "Pictures | None") -> None:
        """Take the pictures that have come so far; call again when more have."""
        waited = self._image() is None
        self.pictures = pictures
        if waited:
            self._redraw()

    @property
    def frames(self) -> int:
        """How many there are to play: of the landmarks, or of the pictures where there are none."""
        if self.sequence is not None:
            return len(self.sequence)
        if self.pictures is None or not len(self.pictures):
            return 0
        first, last = self.pictures.shown_range
        return last - first

    @property
    def fps(self) -> float:
        known = self.sequence.fps if self.sequence is not None else 0.0
        return known if known > 0 else _DEFAULT_FPS

    def step(self, frames: int) -> None:
        """Go on by some frames, round the ends."""
        if self.frames:
            self.frame = (self.frame + frames) % self.frames

    def watch_playing(self) -> None:
        self._restart()

    def watch_with_picture(self) -> None:
        self._restart()
        self._redraw()

    def _restart(self) -> None:
        """Play at the clip's own pace; pictures are drawn less often."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = None
        if self.playing:
            often = min(_PICTURES_PER_S if self.with_picture else _DRAWN_PER_S, self.fps)
            frames = max(1, round(self.fps / often))
            self._timer = self.set_interval(frames / self.fps, lambda: self.step(frames))

    def watch_frame(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        self._lines = []
        self.redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._lines = []

    def on_resize(self) -> None:
        self._lines = []

    def raster(self, width: int, height: int) -> "NDArray[np.uint8] | None":
        import numpy as np  # noqa: PLC0415 - only where a picture is drawn

        image = self._image()
        if image is not None:
            enlarge = self.sequence is not None or self.drawing.kind is Graphics.SIXEL
            pixels = fit(image, width, height, enlarge=enlarge)
        elif self.sequence is not None:
            pixels = np.empty((height, width, 3), np.uint8)
            pixels[:] = self.background_colors[1].rgb
        else:
            return None
        if self.sequence is not None:
            self._draw_hands(pixels, self.sequence, over_picture=image is not None)
        return pixels

    def _draw_hands(
        self, pixels: "NDArray[np.uint8]", sequence: "Sequence", *, over_picture: bool
    ) -> None:
        from tui.widgets.graphics_hands import draw_hands  # noqa: PLC0415 - it imports numpy
        from tui.widgets.skeleton_dots import (  # noqa: PLC0415 - it imports numpy
            Window,
            body_of,
        )

        colours = tuple(self.get_component_styles(name).color.rgb for name in _PARTS)
        window = Window() if over_picture else self._shown_window(sequence)
        aspect = pixels.shape[1] / pixels.shape[0] if over_picture else self._aspect
        hands, body = sequence.landmarks[self.frame], body_of(sequence, self.frame)
        draw_hands(pixels, hands, window, colours, aspect, body=body)

    def _shown_window(self, sequence: "Sequence") -> "Window":
        from tui.widgets.skeleton_dots import window_of  # noqa: PLC0415 - it imports numpy

        if self._window is None:
            self._window = window_of(sequence)
        return self._window

    def cell_line(self, y: int) -> Strip:
        width, height = self.size
        if y >= height or not self.frames:
            return Strip.blank(width, self.rich_style)
        if len(self._lines) != height:
            self._lines = self._drawn(width, height)
        return self._lines[y]

    def _drawn(self, width: int, height: int) -> list[Strip]:
        image = self._image()
        if image is None:
            dots = self._dots(width, height, self._aspect, None)
            lines = [dotted(dots, y, self.rich_style) for y in range(height)]
        else:
            aspect = image.shape[1] / image.shape[0]
            dots = self._dots(width, height, aspect, image)
            lines = half_blocks(self._canvas(image, width, height), dots)
        return [Strip(line, width) for line in lines]

    def _dots(
        self, width: int, height: int, aspect: float, image: "NDArray[np.uint8] | None"
    ) -> Dots:
        """The hands of the frame; over a picture they lie where they are in it."""
        import numpy as np  # noqa: PLC0415 - only where a skeleton is drawn

        from tui.widgets.skeleton_dots import (  # noqa: PLC0415 - it imports numpy
            Window,
            body_of,
            draw_hands,
        )

        found = (self.get_component_rich_style(name).color for name in _PARTS)
        colours = tuple(colour or Color.default() for colour in found)
        if self.sequence is None:
            none = np.zeros((height, width), np.uint8)
            return Dots(none, none, colours)
        window = Window() if image is not None else self._shown_window(self.sequence)
        hands, body = self.sequence.landmarks[self.frame], body_of(self.sequence, self.frame)
        return Dots(*draw_hands(hands, window, aspect, width, height, body=body), colours)

    def _canvas(self, image: "NDArray[np.uint8]", width: int, height: int) -> "NDArray[np.uint8]":
        """The picture in the middle of the view. shape=(2 * height, width, 3)."""
        import numpy as np  # noqa: PLC0415 - only where a picture is drawn

        scale = min(width / image.shape[1], 2 * height / image.shape[0])
        wide = max(1, min(width, round(image.shape[1] * scale)))
        high = max(1, min(2 * height, round(image.shape[0] * scale)))
        canvas = np.empty((2 * height, width, 3), np.uint8)
        canvas[:] = self.background_colors[1].rgb
        left, top = (width - wide) // 2, (2 * height - high) // 2
        canvas[top : top + high, left : left + wide] = shrink(image, wide, high)
        return canvas

    def _image(self) -> "NDArray[np.uint8] | None":
        """The picture of the frame, where one is wanted and there."""
        if self.pictures is None or not (self.with_picture or self.sequence is None):
            return None
        return image_of(self.pictures, self.first + self.frame)

    @property
    def _aspect(self) -> float:
        known = self.sequence.aspect if self.sequence is not None else 0.0
        return known if known > 0 else _DEFAULT_ASPECT
