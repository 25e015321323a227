"""live: predictions from a source, as they come."""

import json as json_module
import sys
import tempfile
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import Context, context_of, narrate, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.library import Library


class Preview(StrEnum):
    """Where frames are shown besides the words."""

    WINDOW = "window"
    NONE = "none"


def register(app: typer.Typer) -> None:
    app.command()(live)


def live(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Option(
            help="A camera's number or name, a clip, a folder of clips, or an rtsp:// or http:// "
            "address."
        ),
    ] = "0",
    model: Annotated[
        str | None,
        typer.Option(
            help="A run's name or number, latest, starter (comes with signtui), a bundle's folder, "
            "or none: signs are seen, not read. [default: latest, or starter where there is no run]",
            show_default=False,
        ),
    ] = None,
    glosses: Annotated[
        str | None,
        typer.Option(
            help="Narrow the model to these: 100, 300 ..., or a file with a gloss a line."
        ),
    ] = None,
    realtime: Annotated[
        bool, typer.Option(help="Show clips at their own speed, not as fast as possible.")
    ] = False,
    preview: Annotated[
        Preview,
        typer.Option(
            help="A window on the desktop, or none; pictures in the terminal are the dashboard's."
        ),
    ] = Preview.NONE,
    json: Annotated[bool, typer.Option("--json", help="JSON lines on stdout.")] = False,
) -> None:
    """Read signs from a camera, a clip or a stream: one line for each, until ctrl-c."""
    from store.harmless import harmless_json
    from tui.reading.glosses import read_glosses

    window = preview is Preview.WINDOW
    chosen = None if glosses is None else read_glosses(glosses)
    if model == "none" and chosen is not None:
        raise typer.BadParameter("Without a model there is nothing to narrow.")
    with _library(context_of(context)) as library:
        run = None if model == "none" else model or _default(library)
        events = iter_live(library, source, run, realtime=realtime, window=window, glosses=chosen)
        with closing(events):
            for event in events:
                if json:
                    words = json_module.dumps(event, ensure_ascii=False)
                    sys.stdout.write(harmless_json(words) + "\n")
                    sys.stdout.flush()
                else:
                    _say(event)


@contextmanager
def _library(context: Context) -> "Iterator[Library]":
    """The library in use; where nobody named one and none is there, one that is gone afterwards.

    Raises:
        NoLibraryError: there is none where one was named, and nothing to read signs with otherwise.
    """
    from ml.references import has_starter
    from store.errors import NoLibraryError
    from store.library import Library

    try:
        found = context.open()
    except NoLibraryError:
        if context.library is not None or not has_starter():
            raise
        found = None
    if found is not None:
        yield found
    else:
        narrate("There is no library yet: nothing of this is kept.")
        with (
            tempfile.TemporaryDirectory(prefix="signtui-", ignore_cleanup_errors=True) as folder,
            closing(Library.create(Path(folder) / "library")) as library,
        ):
            yield library


def _default(library: "Library") -> str:
    """The newest run; where there is none, the starter, which is said."""
    from ml.references import LATEST, STARTER, default_model

    model = default_model(library) or LATEST
    if model == STARTER:
        narrate("No run has a model yet: this is the starter model that came with signtui.")
    return model


def iter_live(
    library: "Library",
    source: str,
    model: str | int | None,
    *,
    realtime: bool = False,
    window: bool = False,
    glosses: str | list[str] | None = None,
) -> Any:
    """Yield the events of a live job, as dicts; whoever closes it before the end stops the job.

    Args:
        library: where the run is.
        source: as `capture.address` reads it.
        model: as `ml.references` finds it; None reads nothing.
        realtime: clips at their own speed.
        window: a preview on the desktop.
        glosses: an official subset or a list that the model is narrowed to; None: all of its own.

    Raises:
        NotInCatalogError: there is no such model.
        CheckpointError: the run has no bundle.
        SourceError: there is no such source.
        JobError: the live process failed.
    """
    from capture.address import parse_address
    from ml.references import find_model
    from store.errors import JobError
    from store.words import JobKind, Status
    from tui.jobs import start_job

    run = None if model is None else find_model(library, model).key
    address = parse_address(source)
    config = {
        "run": run, "source": address.value, "realtime": realtime, "window": window,
        **({} if glosses is None else {"glosses": glosses}),
    }  # fmt: skip
    job = start_job(library, JobKind.LIVE, config, stdout=True)
    try:
        for line in job.stdout or ():
            yield json_module.loads(line)
    except (GeneratorExit, KeyboardInterrupt):
        # A full pipe would keep the job from ending.
        job.close()
        job.stop()
        raise
    finally:
        job.close()
    row = job.wait()
    if row.status != Status.FINISHED:
        raise JobError(row.error or f"Live was {row.status}.", hint=row.hint or "")


def _say(event: dict[str, Any]) -> None:
    kind, top = event.get("event"), _shown(event.get("top") or [])
    if kind == "start":
        some = event.get("narrowed")
        narrowed = f", narrowed to {some['glosses']:,} of {some['of']:,} glosses" if some else ""
        narrate(f"{event['source']} with {event['run'] or 'no model'}{narrowed}")
    elif kind == "source":
        from capture.problems import wait_words

        narrate(wait_words(event["state"]))
    elif kind == "sign":
        word = event["gloss"] or "unknown"
        say(f"{event['start_s']:7.2f} s  {word:<16} {top}")
    elif kind == "window" and "error" in event:
        narrate(f"{event['error']} {event.get('hint') or ''}".strip())
    elif kind == "final":
        said = f"the whole of it: {top}" if top else "no hand was seen" * (not event["hands"])
        narrate(f"{event['frames']} frames, {event['signs']} signs" + (f"; {said}" if said else ""))


def _shown(top: list[dict[str, Any]]) -> str:
    return ", ".join(f"{part['gloss']} {100 * part['score']:.0f} %" for part in top[:3])
