"""takes: recordings that nobody has kept or discarded yet."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tui.commands.options import Json, context_of, narrate, print_json, print_table, say

if TYPE_CHECKING:
    from store.takes import WaitingTake

ALL: Final = "all"


def takes(
    context: typer.Context,
    keep: Annotated[list[str] | None, typer.Option(help="Keep this take, or all.")] = None,
    discard: Annotated[list[str] | None, typer.Option(help="Delete this take, or all.")] = None,
    json: Json = False,
) -> None:
    """Takes that wait, as after a crash: list, keep or discard them."""
    from store.recordings import keep_recording, waiting_takes
    from store.takes import discard_take

    library = context_of(context).open()
    waiting = waiting_takes(library)
    wanted = [find_take(waiting, name) for name in keep or ()]
    thrown = [find_take(waiting, name) for name in discard or ()]
    keeping = list(dict.fromkeys(take for group in wanted for take in group))
    deleting = list(dict.fromkeys(take for group in thrown for take in group))
    if set(keeping) & set(deleting):
        raise typer.BadParameter("A take is either kept or discarded.")
    kept = [
        keep_recording(
            library, take.path, gloss=take.gloss, signer=take.signer, frames=take.frames,
            fps=take.fps, width=take.width, height=take.height,
        )
        for take in keeping
    ]  # fmt: skip
    for take in deleting:
        discard_take(library, take.path)
    left = [take for take in waiting if take not in keeping and take not in deleting]
    if json:
        lists: dict[str, list[Any]] = {"kept": kept, "discarded": deleting, "waiting": left}
        print_json({name: [asdict(one) for one in found] for name, found in lists.items()})
        return
    for take, one in zip(keeping, kept, strict=True):
        say(f"{one.video_id}  {take.gloss}  {one.split}  {one.path}")
    if deleting:
        narrate(f"{len(deleting)} discarded")
    _print(left)


def find_take(waiting: "list[WaitingTake]", name: str) -> "list[WaitingTake]":
    """The take of this name, or all. Raises RecordingError where there is none."""
    from store.errors import RecordingError

    found = [take for take in waiting if name in {take.name, ALL}]
    if not found and name != ALL:
        raise RecordingError(f"No take {name[:40]!r} waits.", hint="List them: signtui takes")
    return found


def _print(left: "list[WaitingTake]") -> None:
    if not left:
        narrate("No take waits.")
        return
    rows: list[list[Any]] = [
        [
            take.name, take.gloss, take.signer, round(take.seconds, 1),
            _local(take.recorded_at), str(take.path),
        ]
        for take in left
    ]  # fmt: skip
    print_table(["take", "gloss", "signer", "seconds", "recorded", "path"], rows)
    narrate("signtui takes --keep NAME, or --discard NAME; all for every one of them")


def _local(at: float) -> str:
    return f"{datetime.fromtimestamp(at, tz=UTC).astimezone():%Y-%m-%d %H:%M}"
