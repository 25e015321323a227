"""record: signs of one's own, from a camera into the library."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import Json, context_of, narrate, print_json, say
from tui.commands.takes import takes

if TYPE_CHECKING:
    from store.library import Library
    from store.recordings import Recorded
    from tui.jobs import JobProcess
    from tui.reading.live_events import Event, TakeSaid


def register(app: typer.Typer) -> None:
    app.command()(record)
    app.command()(takes)


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """What is recorded, and how long."""

    gloss: str
    signer: str
    seconds: float
    countdown: int
    """Seconds to get ready in; a clip gets none, since its first frames count."""
    number: int
    """Takes."""


def record(
    context: typer.Context,
    gloss: Annotated[str, typer.Argument(help="What is signed; a new word is added.")],
    signer: Annotated[str, typer.Option(help="Who signs.")],
    source: Annotated[
        str,
        typer.Option(help="A camera's number or name, a clip, or an rtsp:// or http:// address."),
    ] = "0",
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="How long a take is.")] = 3.0,
    countdown: Annotated[int, typer.Option(min=0, help="Seconds to get ready in.")] = 3,
    number: Annotated[int, typer.Option("--count", min=1, help="How many takes.")] = 1,
    json: Json = False,
) -> None:
    """Record a sign and keep it in the library, as a clip like any other; ctrl-c discards."""
    from store.recordings import check_name

    library = context_of(context).open()
    plan = RecordPlan(
        check_name("gloss", gloss), check_name("signer", signer), seconds, countdown, number
    )
    kept = []
    for one in record_takes(library, source, plan):
        kept.append(one)
        if not json:
            say(f"{one.video_id}  {plan.gloss}  {one.split}  {one.path}")
    if json:
        print_json([asdict(one) for one in kept])
    narrate("Next: signtui extract, then signtui train --glosses all")


def record_takes(library: "Library", source: str, plan: RecordPlan) -> "Iterator[Recorded]":
    """Record and keep one take after the other.

    Raises:
        SourceError: there is no such source, or it is a folder.
        JobError: the live process failed, or the source ended too soon.
        StoppedError: Ctrl-C; the running take is discarded.
    """
    from capture.address import SourceKind, parse_address
    from capture.errors import SourceError
    from store.recordings import keep_recording, waiting_takes
    from store.words import JobKind
    from tui.commands.following import StoppedError
    from tui.jobs import start_job

    address = parse_address(source)
    if address.kind == SourceKind.FOLDER:
        raise SourceError(
            "A folder cannot be recorded.", hint="Choose one clip, a camera or a stream."
        )
    left = len(waiting_takes(library))
    if left:
        narrate(f"{left} takes recorded before wait to be kept or discarded: signtui takes")
    # An event for each frame: the take ends on time.
    config = {"run": None, "source": address.value, "realtime": True, "stride": 1}
    job = start_job(library, JobKind.LIVE, config, stdout=True)
    try:
        for take in _takes(job, plan, live=address.live):
            yield keep_recording(
                library, Path(take.path), gloss=plan.gloss, signer=plan.signer,
                frames=take.frames, fps=take.fps, width=take.width, height=take.height,
            )  # fmt: skip
    except KeyboardInterrupt:
        raise StoppedError from None
    finally:
        _end(library, job)


def _takes(job: "JobProcess", plan: RecordPlan, *, live: bool) -> "Iterator[TakeSaid]":
    from store.errors import JobError
    from store.words import Status
    from tui.reading.live_events import take_of

    timer, made = _Timer(job, plan, live=live), 0
    for event in events_of(job):
        timer.hear(event)
        take = take_of(event) if event.get("event") == "take" else None
        if take is not None:
            made += 1
            yield take
            if made == plan.number:
                return
            timer.again()
    row = job.wait()
    if row.status != Status.FINISHED:
        raise JobError(row.error or f"Live was {row.status}.", hint=row.hint or "")
    raise JobError(f"The source ended after {made} of {plan.number} takes.")


class _Timer:
    """Counts down and ends takes, by the frames that come."""

    def __init__(self, job: "JobProcess", plan: RecordPlan, *, live: bool) -> None:
        self._job, self._plan = job, plan
        self._countdown = plan.countdown if live else 0
        self._ready_at: float | None = None
        self._said = 0
        self._ends_at: float | None = None
        if not live:
            self._start()

    def again(self) -> None:
        """Get ready for another take."""
        self._ready_at = self._ends_at = None
        self._said = 0

    def _start(self) -> None:
        from store.takes import describe_recording

        self._ends_at = float("inf")
        self._job.tell("record", on=True, **describe_recording(self._plan.gloss, self._plan.signer))

    def hear(self, event: "Event") -> None:
        """Take an event. Raises JobError where nothing can be recorded."""
        match event.get("event"):
            case "prediction":
                self._frame(time.monotonic())
            case "record":
                self._record(event)
            case "source":
                from capture.problems import wait_words

                narrate(wait_words(str(event.get("state"))))

    def _frame(self, now: float) -> None:
        if self._ends_at is not None:
            if now >= self._ends_at:
                self._ends_at = float("inf")
                self._job.tell("record", on=False)
            return
        if self._ready_at is None:
            self._ready_at = now + self._countdown
        left = self._ready_at - now
        if left <= 0:
            self._start()
        elif self._said != int(left) + 1:
            self._said = int(left) + 1
            narrate(f"{self._said} …")

    def _record(self, event: "Event") -> None:
        from store.errors import JobError

        if "error" in event:
            raise JobError(str(event["error"]), hint=str(event.get("hint") or ""))
        if event.get("on") is True:
            self._ends_at = time.monotonic() + self._plan.seconds
            narrate(f"● recording {self._plan.gloss}, {self._plan.seconds:g} s")


def events_of(job: "JobProcess") -> "Iterator[Event]":
    """What a live job says, until it closes its output."""
    from tui.reading.live_events import event_of

    for line in job.stdout or ():
        event = event_of(line)
        if event is not None:
            yield event


def _end(library: "Library", job: "JobProcess") -> None:
    """Stop the job, and delete the take that it was at."""
    from store.takes import discard_take
    from tui.reading.live_events import take_of

    left: list[Any] = []
    # A full pipe would keep the job from ending.
    listener = threading.Thread(target=lambda: left.extend(events_of(job)), daemon=True)
    listener.start()
    job.stop()
    listener.join()
    for pipe in (job.process.stdin, job.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    for event in left:
        take = take_of(event) if event.get("event") == "take" else None
        if take is not None:
            discard_take(library, Path(take.path))
