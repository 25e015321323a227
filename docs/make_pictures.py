"""Pictures of every screen for these pages, from the real app on the demo's library.

`make pictures` runs the demo in a folder of its own, then this, at a terminal of 100 by 30 cells.
"""

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from textual.pilot import Pilot

from store.library import Library
from tui.app import SignApp

SIZE: Final = (100, 30)
PICTURES: Final = Path(__file__).parent / "pictures"
_WITHIN_S: Final = 60.0

Steps = Callable[[Pilot[None]], Awaitable[None]]


def keys(
    *pressed: str, until: Callable[[SignApp], bool] | None = None, rest_s: float = 1.5
) -> Steps:
    """Press keys one after the other, then wait for a condition."""

    async def run(pilot: Pilot[None]) -> None:
        for key in pressed:
            await pilot.press(key)
            await settled(pilot)
        waited = 0.0
        while until is not None and not until(pilot.app):  # type: ignore[arg-type]
            await pilot.pause(0.1)
            waited += 0.1
            if waited > _WITHIN_S:
                raise SystemExit("what the picture waits for did not happen")
        await pilot.pause(rest_s)

    return run


async def settled(pilot: Pilot[None]) -> None:
    await pilot.pause(0.4)


def working(app: SignApp) -> bool:
    """An extraction is some way on."""
    return bool(app.jobs) and app.jobs[0].kind == "extract" and app.jobs[0].done > 150  # noqa: PLR2004


def read_something(app: SignApp) -> bool:
    """Live has read a sign and goes on."""
    sentence = getattr(app.screen, "sentence", None)
    return sentence is not None and bool(sentence.words)


ON_THE_DEMO: Final[dict[str, Steps]] = {
    "library": keys("down", "down"),
    "clip": keys("down", "enter", "space", "home", "shift+right", "shift+right", "f", rest_s=4.0),
    "runs": keys("3"),
    "run": keys("3", "enter", rest_s=2.5),
    "new-run": keys("3", "n", rest_s=2.5),
    "live": keys("4", "s", until=read_something, rest_s=0.0),
    "sql": keys("5", "v", "down", "enter", rest_s=2.0),
    "jobs": keys("6"),
    "log": keys("6", "enter", rest_s=2.0),
    "settings": keys("comma"),
    "help": keys("2", "question_mark"),
}
"""What to press for each picture."""
AT_WORK: Final[dict[str, Steps]] = {"extract": keys("2", "e", until=working, rest_s=6.0)}


async def draw(name: str, steps: Steps, library: Library | None, root: Path) -> None:
    app = SignApp(library, root=root)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1.0)
        await steps(pilot)
        app.save_screenshot(f"{name}.svg", str(PICTURES))
    sys.stderr.write(f"{name}\n")


async def draw_all(demo: Path) -> None:
    """Draw every screen. `demo` is a folder that `signtui demo` filled."""
    library = Library.open(demo)
    for name, steps in ON_THE_DEMO.items():
        await draw(name, steps, library, demo)
    with tempfile.TemporaryDirectory() as folder:
        await draw("welcome", keys(), None, Path(folder) / "signs")
    fresh = Library.open(without_landmarks(demo))
    for name, steps in AT_WORK.items():
        await draw(name, steps, fresh, fresh.root)


def without_landmarks(demo: Path) -> Path:
    """A copy of the library in which all is to be extracted yet."""
    copy = demo.with_name(f"{demo.name}-fresh")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(demo, copy)
    with closing(sqlite3.connect(copy / "catalog.sqlite")) as connection:
        for table in (
            "prediction",
            "evaluation",
            "run_epoch",
            "run",
            "extraction",
            "job_line",
            "job",
        ):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        connection.commit()
    return copy


def main() -> int:
    if len(sys.argv) != 2:  # noqa: PLR2004
        sys.stderr.write("usage: python docs/make_pictures.py FOLDER_OF_A_DEMO\n")
        return 2
    demo = Path(sys.argv[1]).resolve()
    os.environ["SIGNTUI_CONFIG"] = str(demo.parent / "settings.toml")
    PICTURES.mkdir(exist_ok=True)
    asyncio.run(draw_all(demo))
    return 0


if __name__ == "__main__":
    sys.exit(main())
