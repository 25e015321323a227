"""demo: the whole road on clips that signtui draws itself."""

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tui.commands.options import Context, Json, narrate, print_json, say

if TYPE_CHECKING:
    from store.library import Library

_NEEDED_BYTES: Final = 200 * 2**20
_LIVE_CLIPS: Final = 3


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where clips and library go.")] = Path(
        "signtui-demo"
    ),
    clips: Annotated[int, typer.Option(min=4, help="Clips to draw of each sign.")] = 12,
    tui: Annotated[
        bool, typer.Option("--tui/--no-tui", help="Open the dashboard at the end.")
    ] = True,
    json: Json = False,
) -> None:
    """Draw clips of signs, then import, scan, extract, train, evaluate and go live on them.

    Run it again and it goes on where it was.
    """
    started = time.monotonic()
    _require_space(folder)
    library = Context(folder / "library").create()
    run_id = _go_the_road(library, folder / "dataset", clips)
    answers = _go_live(library, run_id)
    summary = _summary(library, run_id, answers, time.monotonic() - started)
    _print(summary, library, json=json)
    if tui and not json and sys.stdin.isatty() and sys.stdout.isatty():
        from tui.dashboard import run_dashboard

        raise typer.Exit(run_dashboard(library.root, {"library": library.root}))


def _require_space(folder: Path) -> None:
    from store.errors import DiskFullError

    parent = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(parent).free
    if free < _NEEDED_BYTES:
        raise DiskFullError(
            f"The demo needs 200 MB, but {parent} has {free // 2**20} MB free.",
            hint="Choose another place: signtui demo --dir DIR",
        )


def _step(number: int, text: str) -> None:
    from tui.demo_road import STEPS

    narrate(f"[{number}/{STEPS}] {text}")


def _go_the_road(library: "Library", dataset: Path, clips: int) -> int:
    """Do the jobs of the demo and return the run's id. Raises JobError, StoppedError."""
    from store.errors import JobError
    from store.words import JobKind
    from tui.commands.following import run_and_follow
    from tui.demo_road import road, trained_run

    for step in road(library, dataset, clips=clips):
        _step(step.number, step.words)
        if step.kind == JobKind.IMPORT:
            _import(library, step.config)
        elif step.kind is not None:
            run_and_follow(library, step.kind, step.config)
    run = trained_run(library)
    if run is None:
        raise JobError("The demo's training left no run.", hint="See: signtui status")
    return run.id


def _import(library: "Library", config: dict[str, Any]) -> None:
    """Import in this process: it takes less time than starting another."""
    from store.importers.job import import_into
    from store.jobs import create_job, run_job
    from store.words import JobKind

    with run_job(library, create_job(library, JobKind.IMPORT, config)) as job:
        import_into(job, config)


def _go_live(library: "Library", run_id: int) -> list[dict[str, Any]]:
    from store.query import run_query
    from tui.commands.live import iter_live

    _step(7, "Live on unseen clips")
    unseen = run_query(
        library,
        "SELECT gloss, path FROM instances WHERE split = 'test' AND path IS NOT NULL "
        "GROUP BY gloss ORDER BY MIN(video_id)",
    )
    answers = []
    for gloss, path in unseen.rows[:_LIVE_CLIPS]:
        final = [event for event in iter_live(library, path, run_id) if event["event"] == "final"]
        top = final[-1]["top"]
        read = top[0]["gloss"] if top else None
        answers.append({"clip": Path(path).name, "signed": gloss, "read": read, "top": top})
        narrate(f"      {Path(path).name}: signed {gloss}, read {read or 'nothing'}")
    return answers


def _summary(
    library: "Library", run_id: int, answers: list[dict[str, Any]], seconds: float
) -> dict[str, Any]:
    from dataclasses import asdict

    from store.runs import list_evaluations
    from store.stats import read_stats

    stats = read_stats(library)
    return {
        "library": str(library.root),
        "glosses": stats.glosses,
        "clips": stats.clips,
        "available": stats.availability.get("available", 0),
        "extraction": stats.extraction,
        "run": run_id,
        "evaluations": [asdict(row) for row in list_evaluations(library, run_id)],
        "live": answers,
        "seconds": round(seconds, 1),
    }


def _print(summary: dict[str, Any], library: "Library", *, json: bool) -> None:
    from store.runs import list_evaluations
    from tui.commands.runs import describe_evaluation

    if json:
        print_json(summary)
        return
    done = summary["extraction"].get("done", 0)
    say(f"{summary['clips']} drawn clips of {summary['glosses']} signs; {done} with hands")
    for row in list_evaluations(library, summary["run"]):
        seen = "a signer that training never saw" if row.split == "test" else "known signers"
        say(f"{describe_evaluation(row)} ({seen})")
    right = sum(answer["read"] == answer["signed"] for answer in summary["live"])
    say(f"  live: {right} of {len(summary['live'])} clips read right")
    say(f"  {summary['seconds']:.0f} s in all")
    say(f"Open it: signtui --library {summary['library']}")
