"""The dataset at a glance: figures as bars, and how they are spread."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from store.stats import Bin, LibraryStats
from store.words import Availability, ExtractionStatus
from tui.widgets.bars import Bar, BarList, Portion, StackedBar
from tui.widgets.histogram import Column, Histogram
from tui.wording import STATE_COLOURS, count, percent, size


class Overview(Container):
    """Four panels: what there is, in which state, how much has landmarks, how it is spread."""

    def compose(self) -> ComposeResult:
        with Vertical(id="dataset", classes="panel") as dataset:
            dataset.border_title = "Dataset"
            yield Static(id="counts")
        with Vertical(id="states", classes="panel") as states:
            states.border_title = "Clips and landmarks"
            yield StackedBar("clips", id="clips")
            yield StackedBar("landmarks", id="extraction")
            yield Static(id="hands-line")
            yield BarList(id="hands")
        with Vertical(id="coverage", classes="panel") as coverage:
            coverage.border_title = "With landmarks"
            yield BarList(id="shares")
        with Horizontal(id="spread", classes="panel") as spread:
            spread.border_title = "How they are spread"
            yield Histogram("per gloss", id="per-gloss")
            yield Histogram("with landmarks", style="$secondary", id="landmarks-per-gloss")
            yield Histogram("frames", style="$accent", id="lengths")

    def show(self, stats: LibraryStats) -> None:
        """Draw these figures."""
        self.query_one("#counts", Static).update(_counts(stats))
        self.query_one("#clips", StackedBar).portions = _portions(
            stats.availability, [word.value for word in Availability]
        )
        self.query_one("#extraction", StackedBar).portions = _portions(
            stats.extraction, [word.value for word in ExtractionStatus]
        )
        waiting = stats.to_extract
        self.query_one("#states").border_subtitle = (
            f"extract would read {count(waiting)}" if waiting else ""
        )
        self.query_one("#hands-line", Static).update(_hands_line(stats))
        self.query_one("#hands", BarList).bars = _hand_bars(stats)
        self.query_one("#shares", BarList).bars = (*_split_bars(stats), *_subset_bars(stats))
        for name, bins in (
            ("per-gloss", stats.clips_per_gloss),
            ("landmarks-per-gloss", stats.landmarks_per_gloss),
            ("lengths", stats.lengths),
        ):
            self.query_one(f"#{name}", Histogram).columns = _columns(bins)


def _counts(stats: LibraryStats) -> Content:
    lines = [
        (count(stats.glosses), "glosses"),
        (count(stats.instances), "instances"),
        (count(stats.signers), "signers"),
        (f"{stats.hours:.1f}", "hours"),
        (size(stats.bytes).replace(" ", "\N{NO-BREAK SPACE}"), "clips"),
        (count(stats.contradictions), "disputed"),
        (count(stats.excluded), "excluded"),
    ]
    return Content("\n").join(
        Content.assemble((f"{number:>8} ", "bold $foreground"), (name, "$muted"))
        for number, name in lines
    )


def _portions(numbers: dict[str, int], order: list[str]) -> tuple[Portion, ...]:
    return tuple(
        Portion(word, numbers[word], STATE_COLOURS[word]) for word in order if numbers.get(word)
    )


def _hands_line(stats: LibraryStats) -> Content:
    hands = stats.hands
    return Content.assemble(
        ("left hand ", "$muted"),
        (percent(hands.left, hands.frames), "$secondary"),
        (", right ", "$muted"),
        (percent(hands.right, hands.frames), "$accent"),
    )


def _hand_bars(stats: LibraryStats) -> tuple[Bar, ...]:
    hands = stats.hands
    if not hands.frames:
        return ()
    least = percent(hands.either_at_least, hands.frames)
    note = f"≥ {least}" if hands.either_at_least < hands.frames else least
    return (
        Bar("left hand", hands.left, hands.frames, style="$secondary"),
        Bar("right hand", hands.right, hands.frames, style="$accent"),
        Bar("either", hands.either_at_least, hands.frames, note=note),
    )


def _split_bars(stats: LibraryStats) -> tuple[Bar, ...]:
    return tuple(
        Bar(item.split or "no split", item.extracted, item.instances) for item in stats.splits
    )


def _subset_bars(stats: LibraryStats) -> tuple[Bar, ...]:
    """One bar for each subset file, under the file's name."""
    names = dict.fromkeys(item.subset for item in stats.subsets)
    groups = [(name, [item for item in stats.subsets if item.subset == name]) for name in names]
    return tuple(
        Bar(
            f"nslt_{name}",
            sum(item.extracted for item in items),
            sum(item.entries for item in items),
            style="$secondary",
        )
        for name, items in groups
    )


def _columns(bins: Sequence[Bin]) -> tuple[Column, ...]:
    return tuple(Column(one.low, one.high, one.count) for one in bins)
