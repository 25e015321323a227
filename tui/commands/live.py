"""live: predictions from a source, as they come."""

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import context_of, narrate

if TYPE_CHECKING:
    from store.library import Library


def register(app: typer.Typer) -> None:
    app.command()(live)


def live(
    context: typer.Context,
    source: Annotated[str, typer.Option(help="A clip.")],
    model: Annotated[str, typer.Option(help="A run's name or number, or latest.")] = "latest",
    json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")] = False,
) -> None:
    """Recognise signs in a clip with a trained run."""
    for event in iter_live(context_of(context).open(), source, model):
        if json:
            sys.stdout.write(json_module.dumps(event, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            _say(event)


def iter_live(library: "Library", source: str, model: str | int) -> Any:
    """Yield the events of a live job, as dicts.

    Raises:
        NotInCatalogError: there is no such run.
        CaptureError: the source cannot be read.
        JobError: the live process failed.
    """
    from capture.errors import UnreadableClipError
    from store.errors import JobError
    from store.runs import get_run
    from store.words import JobKind, Status
    from tui.commands.following import StoppedError
    from tui.jobs import start_job

    run = get_run(library, model)
    path = Path(source)
    if not path.is_file():
        raise UnreadableClipError(f"The clip {source} is not there.", hint="Check --source.")
    config = {"run": run.id, "source": str(path.absolute())}
    job = start_job(library, JobKind.LIVE, config, stdout=True)
    try:
        for line in job.stdout or ():
            yield json_module.loads(line)
    except KeyboardInterrupt:
        job.stop()
        raise StoppedError from None
    row = job.wait()
    if row.status != Status.FINISHED:
        raise JobError(row.error or f"Live was {row.status}.", hint=row.hint or "")


def _say(event: dict[str, Any]) -> None:
    if event.get("event") not in {"prediction", "final"}:
        return
    top = ", ".join(f"{p['gloss']} {100 * p['score']:.0f} %" for p in event["top"])
    if event["event"] == "final":
        typer.echo(top or "no hand was seen")
    else:
        narrate(f"{event['time_s']:7.2f} s  {top or 'no hand'}")
