"""The sentence so far: the words that live decided, and how a user corrects them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from tui.reading.live_events import Top

UNKNOWN: Final = "?"
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Word:
    """A decided sign with the glosses that it may be."""

    options: Top
    """Best first."""
    place: int | None = None
    """Which of the options stands there; None: unknown."""

    @property
    def text(self) -> str:
        return UNKNOWN if self.place is None else self.options[self.place][0]

    def other(self) -> Word:
        """The same sign read as the next of its options; an unknown one becomes the best guess."""
        if not self.options:
            return self
        place = 0 if self.place is None else (self.place + 1) % len(self.options)
        return replace(self, place=place)


class Sentence:
    """Words in the order in which they were signed; only the latest are kept."""

    def __init__(self) -> None:
        self.words: tuple[Word, ...] = ()

    def add(self, gloss: str | None, top: Top) -> None:
        """Take a decided sign; a gloss that its options lack comes first among them."""
        names = [name for name, _ in top]
        if gloss is not None and gloss not in names:
            top, names = ((gloss, 1.0), *top), [gloss, *names]
        place = None if gloss is None else names.index(gloss)
        self.words = (*self.words, Word(top, place))[-_LONGEST:]

    def take_back(self) -> None:
        """Take the last word away."""
        self.words = self.words[:-1]

    def replace_last(self) -> None:
        """Read the last sign as the next of its options."""
        if self.words:
            self.words = (*self.words[:-1], self.words[-1].other())

    def clear(self) -> None:
        self.words = ()

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)
