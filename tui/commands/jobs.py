"""extract, status, pause, resume, stop: long work and what became of it."""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from tui.commands.options import Json, context_of, narrate, print_json, print_table, say
from tui.wording import clock_time, day

if TYPE_CHECKING:
    from store.library import Library

_LEVELS: Final = ("info", "warning", "error")
_CLUSTER: Final = (
    "Extract on a Dask cluster: the address of its scheduler, such as tcp://host:8786, or its "
    "scheduler file; local: on this machine, whatever the settings say."
)
_CLUSTER_TAKES: Final = "ADDRESS|FILE|local"


def register(app: typer.Typer) -> None:
    app.command()(extract)
    app.command()(status)
    app.command()(pause)
    app.command()(resume)
    app.command()(stop)


def extract(
    context: typer.Context,
    workers: Annotated[int, typer.Option(min=0, max=256, help="Processes; 0 = one a core.")] = 0,
    cluster: Annotated[str | None, typer.Option(help=_CLUSTER, metavar=_CLUSTER_TAKES)] = None,
    landmarks: Annotated[
        Literal["hands", "holistic"],
        typer.Option(help="holistic: hands, upper body and lips, three times as slow."),
    ] = "hands",
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

    settings = context_of(context).settings
    if workers and cluster is not None:
        raise typer.BadParameter("--workers counts processes of this machine, not of a cluster.")
    config = ExtractConfig(
        landmarks=LandmarkSet(landmarks),
        workers=workers or settings.workers or 0,
        cluster=_cluster(cluster if cluster is not None else settings.cluster),
        limit=limit,
        retry_failed=retry_failed,
        retry_kind=retry_kind,
    )
    row = run_and_follow(context_of(context).open(), JobKind.EXTRACT, config.to_json())
    if json:
        print_json(row.result)
        return
    _print_result(row.result or {})


def _cluster(named: str | None) -> str | None:
    """Where to extract: a scheduler, or None for this machine. Raises SettingsError, ClusterError."""
    from capture.config import require_cluster_extra
    from store.cluster import cluster_address

    found = cluster_address(named) if named else None
    if found is not None:
        require_cluster_extra()
    return found


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
    clip: Annotated[
        str | None, typer.Option(help="A video id: what was tried on it, and all logs of it.")
    ] = None,
    json: Json = False,
) -> None:
    """Jobs and their progress; the log of one job, or of one clip."""
    from store.jobs import recover_jobs

    library = context_of(context).open()
    recover_jobs(library)
    if clip is not None:
        _print_clip(library, clip, json=json)
    elif job is not None:
        _print_job(library, job, level, json=json)
    else:
        _print_jobs(library, json=json)


def _print_jobs(library: "Library", *, json: bool) -> None:
    from dataclasses import asdict

    from store.jobs import list_jobs

    rows = list_jobs(library)
    if json:
        print_json([asdict(row) for row in rows])
        return
    print_table(
        ["job", "kind", "status", "done", "of", "unit", "message"],
        [[r.id, r.kind, r.status, r.done, r.total, r.unit, r.error or r.message] for r in rows],
    )


def _print_job(library: "Library", job: int, level: str, *, json: bool) -> None:
    from dataclasses import asdict

    from store.job_lines import list_lines
    from store.jobs import get_job
    from tui.commands.following import describe
    from tui.jobs import log_tail

    row = get_job(library, job)
    above = _LEVELS[_LEVELS.index(level) :]
    lines = [line for line in list_lines(library, job) if line.level in above]
    if json:
        print_json({**asdict(row), "lines": [asdict(line) for line in lines]})
        return
    say(describe(row) + (f"\n{row.error}" if row.error else ""))
    for line in lines:
        say(f"{clock_time(line.at)} {line.text}")
    if level == "info":
        say(log_tail(library, job), nl=False)


def _print_clip(library: "Library", video_id: str, *, json: bool) -> None:
    from dataclasses import asdict

    from tui.reading.extraction import read_clip_log

    log = read_clip_log(library, video_id)
    if json:
        lines = [{"job": job, **asdict(line)} for job, line in log.lines]
        print_json({"attempts": [asdict(item) for item in log.attempts], "lines": lines})
        return
    for item in log.attempts:
        reason = ": ".join(filter(None, (item.kind, item.error)))
        say(f"{item.extractor}: {item.status} after {item.attempts} tries {reason}".strip())
    for job, line in log.lines:
        say(f"{day(line.at)} {clock_time(line.at)} job {job} {line.text}")


def pause(
    context: typer.Context, job: Annotated[int, typer.Argument(help="The job's number.")]
) -> None:
    """Let a running job rest: what is begun is finished, nothing new is started."""
    from store.jobs import ask, get_job
    from store.words import ENDED, Request

    library = context_of(context).open()
    if get_job(library, job).status in ENDED:
        narrate(f"Job {job} has ended already.")
        return
    ask(library, job, Request.PAUSE)
    narrate(f"Job {job} rests soon. Go on: signtui resume {job}")


def resume(
    context: typer.Context,
    job: Annotated[
        int | None, typer.Argument(help="The job's number; none: the last one interrupted.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="Go on with an extraction elsewhere.", metavar=_CLUSTER_TAKES),
    ] = None,
    json: Json = False,
) -> None:
    """Go on with a job: one that rests, or one that was interrupted, with the settings it had."""
    from store.jobs import ask, get_job, recover_jobs
    from store.words import ENDED, JobKind, Status
    from tui.commands.following import run_and_follow

    library = context_of(context).open()
    recover_jobs(library)
    row = get_job(library, job if job is not None else _last_interrupted(library))
    if row.status not in ENDED:
        ask(library, row.id, None)
        narrate(f"Job {row.id} goes on.")
    elif row.status == Status.FINISHED:
        narrate(f"Job {row.id} is finished.")
    else:
        config = row.config
        if cluster is not None:
            if row.kind != JobKind.EXTRACT:
                raise typer.BadParameter(f"Job {row.id} is no extraction.")
            config = {**config, "cluster": _cluster(cluster)}
        ended = run_and_follow(library, JobKind(row.kind), config)
        if json:
            print_json(ended.result)


def _last_interrupted(library: "Library") -> int:
    from store.errors import NotInCatalogError
    from store.jobs import list_jobs
    from store.words import Status

    for row in list_jobs(library):
        if row.status == Status.INTERRUPTED:
            return row.id
    raise NotInCatalogError("No job was interrupted.", hint="All jobs: signtui status")


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
