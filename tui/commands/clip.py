"""clip: what the catalog knows of one clip, as the dashboard's page of it shows."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import Json, context_of, print_json, print_table

if TYPE_CHECKING:
    from tui.reading.clip import ClipFacts


def register(app: typer.Typer) -> None:
    app.command()(clip)


def clip(
    context: typer.Context,
    video_id: Annotated[str, typer.Argument(help="A video id of the index.")],
    json: Json = False,
) -> None:
    """All that is known of one clip: its instances, landmarks, twins and predictions."""
    from store.exclusions import find_instances
    from tui.reading.clip import read_clip

    library = context_of(context).open()
    ids = find_instances(library, video_ids=[video_id])
    found = [read_clip(library, instance_id) for instance_id in ids]
    if json:
        print_json([asdict(facts) for facts in found])
        return
    for facts in found:
        _print_facts(facts)


def _print_facts(facts: "ClipFacts") -> None:
    from tui.clip_words import describe
    from tui.wording import first_line

    rows: list[list[Any]] = [
        [fact.name, "" if fact.value is None else first_line(fact.value, 400)]
        for fact in describe(facts)
    ]
    print_table(["", "instance"], rows)
    if facts.extractions:
        columns = ["status", "origin", "frames", "frames_left", "frames_right", "attempts", "error"]
        print_table(columns, [[row[name] for name in columns] for row in facts.extractions])
    if facts.twins:
        print_table(
            ["twin", "gloss", "split", "the same", ""],
            [
                [twin.video_id, twin.gloss, twin.split, ", ".join(twin.same),
                 "another gloss" if twin.contradicts else ""]
                for twin in facts.twins
            ],
        )  # fmt: skip
    if facts.predictions:
        columns = ["run", "split", "predicted", "rank", "score"]
        print_table(columns, [[row[name] for name in columns] for row in facts.predictions])
