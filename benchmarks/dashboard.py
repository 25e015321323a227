"""The dashboard in a terminal: first picture, keys, filters, queries, memory; at rest and at work.

`python -m benchmarks.dashboard [LIBRARY]` works on a copy of LIBRARY, which should hold landmarks
for training; without it one is made from the real data.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import psutil

from benchmarks.measuring import load, real_data, report
from benchmarks.terminal import Terminal, signtui

KEYS: Final = 100
ROUNDS: Final = 4
"""How often each filter is typed."""
SCREENS: Final = {
    "2": "─ Workers", "3": "─ Runs", "5": "─ Result", "6": "─ Jobs", "1": "─ Instances"
}  # fmt: skip
"""Number keys and what a panel of their screen is called."""
FILTERS: Final = ("book", "go", "split = 'val'", "clip_frames > 60", "extraction = 'done'", "12")
MILLION: Final = (
    "SELECT a.instance_id, b.video_id, b.gloss FROM instances a, instances b LIMIT 1000000"
)
ENDLESS: Final = "SELECT COUNT(*) FROM instances a, instances b, instances c"
DOWN, UP, ESCAPE, CTRL_R, CTRL_X, F7 = "\x1b[B", "\x1b[A", "\x1b", "\x12", "\x18", "\x1b[18~"


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        library = prepare(folder)
        print(f"minimum, median, maximum; {load()}", flush=True)
        report("first picture", [first_picture(library) for _ in range(5)], limit_s=1)
        measure(library, "at rest")
        with at_work(library):
            print(f"an extraction and a training run; {load()}", flush=True)
            measure(library, "at work")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def prepare(folder: Path) -> Path:
    """A library with the full index and landmarks, and clips whose landmarks are still to find."""
    library = folder / "library"
    if len(sys.argv) > 1:
        shutil.copytree(sys.argv[1], library)
        return library
    data = real_data()
    if data is None:
        raise SystemExit("This needs the real WLASL data: name its folder in SIGNTUI_TEST_DATA.")
    run(library, "import", str(data))
    run(library, "import", "--landmarks", str(data / "wlasl_hands_trainval.h5"))
    run(library, "scan")
    return library


def run(library: Path, *arguments: str) -> None:
    subprocess.run([*signtui(library), *arguments], check=True, capture_output=True)


def first_picture(library: Path) -> float:
    """Seconds from the start of the process to the drawn tabs."""
    with Terminal(signtui(library)) as terminal:
        return terminal.wait(lambda: terminal.shows("6 Jobs")) - terminal.started


@contextmanager
def at_work(library: Path) -> Iterator[None]:
    """An extraction and a training beside what is measured."""
    jobs = [
        subprocess.Popen(
            [*signtui(library), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for arguments in (("extract",), ("train", "--glosses", "100"))
    ]
    time.sleep(15)
    try:
        yield
    finally:
        still = sum(job.poll() is None for job in jobs)
        print(f"{still} of {len(jobs)} jobs were still running at the end")
        for job in jobs:
            job.send_signal(signal.SIGINT)
        for job in jobs:
            job.wait()


def measure(library: Path, how: str) -> None:
    with Terminal(signtui(library)) as terminal:
        terminal.wait(lambda: terminal.shows("─ Instances  21,083"))
        terminal.rest(2)
        report(f"key to paint, {how}: rows", keys(terminal, DOWN, UP), limit_s=0.05)
        report(f"key to paint, {how}: screens", screens(terminal), limit_s=0.05)
        for words, seconds in filters(terminal).items():
            report(f"filter {words}, {how}", seconds, limit_s=0.05)
        first, scrolling = million(terminal)
        report(f"million rows, {how}: first rows", [first])
        report(f"million rows, {how}: key to paint", scrolling, limit_s=0.05)
        report(f"cancel, {how}", [cancel(terminal) for _ in range(10)], limit_s=0.1)
        memory = psutil.Process(terminal.process.pid).memory_info().rss
        print(
            f"memory of the dashboard, {how}: {memory / 1e6:.0f} MB = {memory >> 20} MiB"
            "  (aim: at most 150 MB)",
            flush=True,
        )


def keys(terminal: Terminal, *pressed: str) -> list[float]:
    """Press keys that move the cursor; a key is painted when the row under it has changed."""
    return [painted(terminal, key, terminal.cursor_row) for key in islice(cycle(pressed), KEYS)]


def painted(terminal: Terminal, key: str, look: Callable[[], object]) -> float:
    before = look()
    pressed = terminal.press(key)
    seconds = terminal.wait(lambda: look() != before) - pressed
    terminal.rest(0.03)
    return seconds


def screens(terminal: Terminal) -> list[float]:
    """Go round the screens; the first round, which makes them, does not count."""
    seconds = []
    for key, word in islice(cycle(SCREENS.items()), 6 * len(SCREENS)):
        pressed = terminal.press(key)
        seconds.append(terminal.wait(partial(terminal.shows, word)) - pressed)
        terminal.rest(0.5)
    return seconds[len(SCREENS) :]


def filters(terminal: Terminal) -> dict[str, list[float]]:
    """Of each filter, from its last key to the first page of what it finds."""
    seconds: dict[str, list[float]] = {words: [] for words in FILTERS}
    for words in FILTERS * ROUNDS:
        terminal.press("/")
        terminal.rest(0.3)
        terminal.press(words[:-1])
        terminal.rest(1)
        seconds[words].append(painted(terminal, words[-1], lambda: titled(terminal, "─ Instances")))
        terminal.press(ESCAPE)
        terminal.rest(0.3)
        terminal.press(ESCAPE)
        terminal.wait(lambda: terminal.shows("─ Instances  21,083"))
        terminal.rest(0.5)
    return seconds


def titled(terminal: Terminal, word: str) -> str:
    """The line that holds the title of a panel."""
    return next((line for line in terminal.lines if word in line), "")


def million(terminal: Terminal) -> tuple[float, list[float]]:
    terminal.press("5")
    terminal.wait(lambda: terminal.shows("─ Result"))
    terminal.rest(1)
    pressed = ask(terminal, MILLION)
    first = terminal.wait(lambda: bool(terminal.cursor_row())) - pressed
    scrolling = keys(terminal, DOWN, DOWN, UP)
    terminal.press(CTRL_X)
    terminal.rest(1)
    return first, scrolling


def ask(terminal: Terminal, sql: str) -> float:
    """Put a statement in place of what the editor holds, and run it."""
    terminal.press("e")
    terminal.wait(lambda: terminal.shows("Complete"))
    terminal.press(F7)
    terminal.rest(0.3)
    terminal.press("\x1b[200~" + sql + "\x1b[201~")
    terminal.rest(0.5)
    return terminal.press(CTRL_R)


def cancel(terminal: Terminal) -> float:
    ask(terminal, ENDLESS)
    terminal.wait(lambda: not terminal.shows("cancelled"))
    terminal.rest(1)
    pressed = terminal.press(CTRL_X)
    seconds = terminal.wait(lambda: terminal.shows("cancelled")) - pressed
    terminal.rest(0.3)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
