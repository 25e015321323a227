"""exclude, include: which instances training leaves out."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.options import Json, context_of, print_json, say

if TYPE_CHECKING:
    from store.exclusions import Marking

VideoIds = Annotated[list[str] | None, typer.Argument(help="Video ids; all their instances.")]
Where = Annotated[
    str, typer.Option(help="Instances that fulfil an SQL condition, such as: split = 'val'")
]


def register(app: typer.Typer) -> None:
    app.command()(exclude)
    app.command()(include)


def exclude(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why; it is kept and shown.")],
    video_ids: VideoIds = None,
    where: Where = "",
    json: Json = False,
) -> None:
    """Leave instances out of training, with a reason."""
    from store.exclusions import check_reason
    from store.exclusions import exclude as exclude_instances

    why = check_reason(reason)
    library = context_of(context).open()
    ids = _named(context, video_ids, where)
    with library.session() as session:
        done = exclude_instances(session, ids, why)
    _report("excluded from training", done, json=json)


def include(
    context: typer.Context, video_ids: VideoIds = None, where: Where = "", json: Json = False
) -> None:
    """Take excluded instances back into training."""
    from store.exclusions import include as include_instances

    library = context_of(context).open()
    ids = _named(context, video_ids, where)
    with library.session() as session:
        done = include_instances(session, ids)
    _report("included in training again", done, json=json)


def _named(context: typer.Context, video_ids: list[str] | None, where: str) -> list[int]:
    from store.exclusions import find_instances

    if not video_ids and not where.strip():
        raise typer.BadParameter('Name video ids, or --where "SQL condition".')
    return find_instances(context_of(context).open(), video_ids=video_ids or (), condition=where)


def _report(what: str, done: "Marking", *, json: bool) -> None:
    if json:
        print_json(asdict(done))
        return
    instances = "instance" if done.changed == 1 else "instances"
    already = done.found - done.changed
    rest = f"; {already:,} of {done.found:,} were already" if already else ""
    say(f"{done.changed:,} {instances} {what}{rest}.")
