"""extract, status: long work and what became of it."""

import time
from typing import Annotated, Any, Final, Literal

import typer

from tui.commands.options import Json, context_of, narrate, print_json, print_table

_LEVELS: Final = ("info", "warning", "error")


def register(app: typer.Typer) -> None:
    app.command()(extract)
    app.command()(status)
    app.command()(stop)


def extract(
    context: typer.Context,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 = one a core.")] = 0,
    landmarks: Annotated[str, typer.Option(help="Landmark set.")] = "hands",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many clips.")] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also failed clips.")
    ] = False,
    retry_kind: Annotated[
        str | None,
        typer.Option(help="Only clips that failed for this reason, such as timeout or crash."),
    ] = None,
    json: Json = False,
) -> None:
    """Extract landmarks from clips; goes on where the last extraction ended."""
    from capture.config import ExtractConfig, LandmarkSet
    from store.words import JobKind
    from tui.commands.following import run_and_follow

    known = [str(name) for name in LandmarkSet]
    if landmarks not in known:
        raise typer.BadParameter(f"{landmarks!r} is not one of: {', '.join(known)}")
    workers = workers or context_of(context).settings.workers or 0
    config = ExtractConfig(
        workers=workers, limit=limit, retry_failed=retry_failed, retry_kind=retry_kind
    )
    row = run_and_follow(context_of(context).open(), JobKind.EXTRACT, config.to_json())
    if json:
        print_json(row.result)
        return
    _print_result(row.result or {})


def _print_result(result: dict[str, Any]) -> None:
    flat = {key: value for key, value in result.items() if not isinstance(value, dict | list)}
    print_table(list(flat), [list(flat.values())])
    for key, value in result.items():
        if isinstance(value, dict) and value:
            print_table([key, "count"], [[name, count] for name, count in value.items()])


def status(
    context: typer.Context,
    job: Annotated[int | None, typer.Argument(help="A job's number: show its log.")] = None,
    level: Annotated[
        Literal["info", "warning", "error"], typer.Option(help="Log lines of this level and above.")
    ] = "info",
    json: Json = False,
) -> None:
    """Jobs and their progress."""
    from dataclasses import asdict

    from store.jobs import get_job, list_jobs, list_lines, recover_jobs
    from tui.commands.following import describe
    from tui.jobs import log_tail

    library = context_of(context).open()
    recover_jobs(library)
    if job is not None:
        row = get_job(library, job)
        above = _LEVELS[_LEVELS.index(level) :]
        lines = [line for line in list_lines(library, job) if line.level in above]
        if json:
            print_json({**asdict(row), "lines": [asdict(line) for line in lines]})
            return
        typer.echo(describe(row) + (f"\n{row.error}" if row.error else ""))
        for line in lines:
            typer.echo(f"{time.strftime('%H:%M:%S', time.localtime(line.at))} {line.text}")
        if level == "info":
            typer.echo(log_tail(library, job), nl=False)
        return
    rows = list_jobs(library)
    if json:
        print_json([asdict(row) for row in rows])
        return
    print_table(
        ["job", "kind", "status", "done", "of", "unit", "message"],
        [[r.id, r.kind, r.status, r.done, r.total, r.unit, r.error or r.message] for r in rows],
    )


def stop(
    context: typer.Context, job: Annotated[int, typer.Argument(help="The job's number.")]
) -> None:
    """Stop a running job; finished work is kept."""
    from store.jobs import get_job
    from store.words import ENDED
    from tui.jobs import stop_job

    library = context_of(context).open()
    if get_job(library, job).status in ENDED:
        narrate(f"Job {job} has ended already.")
        return
    narrate(f"Job {job}: {stop_job(library, job).status}.")
