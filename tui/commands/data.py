"""import, scan, stats, check, exclude, include, clip: what is in the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands import clip, exclusions
from tui.commands.options import Json, context_of, narrate, print_json, print_table, say

if TYPE_CHECKING:
    from store.findings import CheckReport
    from store.importers.dataset import Dataset
    from store.stats import LibraryStats


def register(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(scan)
    app.command()(stats)
    app.command()(check)
    exclusions.register(app)
    clip.register(app)


def import_(
    context: typer.Context,
    source: Annotated[
        Path | None, typer.Argument(help="A folder or .zip with WLASL_v0.3.json and videos/.")
    ] = None,
    index: Annotated[Path | None, typer.Option(help="The index, if it lies elsewhere.")] = None,
    videos: Annotated[Path | None, typer.Option(help="A folder of clips.")] = None,
    landmarks: Annotated[
        Path | None, typer.Option(help="Landmarks: an .h5 file or a folder of <video_id>.npy.")
    ] = None,
    json: Json = False,
) -> None:
    """Bring a dataset or landmarks into the library; again means update."""
    from store.errors import ImportSourceError
    from store.importers.job import import_into, read_source
    from store.jobs import create_job, run_job
    from store.words import JobKind

    paths = {"source": source, "index": index, "videos": videos, "landmarks": landmarks}
    config = {key: str(path.absolute()) if path else None for key, path in paths.items()}
    dataset: Dataset | None = None
    if source or index:
        # Read before anything is made: a wrong index leaves no empty library behind.
        dataset = read_source(context_of(context).root, config, None)
        library = context_of(context).create()
    elif landmarks:
        library = context_of(context).open()
    elif videos:
        library = _add_videos(context, videos)
    else:
        raise ImportSourceError(
            "Nothing to import was named.",
            hint="Give a folder or a .zip, or --index FILE with --videos DIR, or --landmarks FILE.",
        )
    with run_job(library, create_job(library, JobKind.IMPORT, config)) as job:
        result = import_into(job, config, dataset)
    _report_import(result, json=json)


def _add_videos(context: typer.Context, videos: Path) -> Any:
    from store.catalog import add_video_root
    from store.importers.source import require_folder

    require_folder(videos)
    library = context_of(context).open()
    with library.session() as session:
        add_video_root(session, videos)
    return library


def _report_import(result: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(result)
        return
    if dataset := result.get("dataset"):
        say(
            f"{dataset['instances']:,} instances of {dataset['glosses']:,} glosses by "
            f"{dataset['signers']:,} signers: {dataset['new']:,} new, "
            f"{dataset['updated']:,} updated, {dataset['unchanged']:,} unchanged"
        )
        if dataset["subsets"]:
            say(f"Official subsets: {', '.join(dataset['subsets'])}")
        narrate("Next: signtui scan" if dataset["videos"] else "Clips: signtui import --videos DIR")
    if landmarks := result.get("landmarks"):
        say(
            f"{landmarks['sequences']:,} sequences, {landmarks['frames']:,} frames: "
            f"{landmarks['new']:,} new, {landmarks['updated']:,} updated, "
            f"{landmarks['unchanged']:,} unchanged, {landmarks['unknown']:,} not in the index"
        )


def scan(
    context: typer.Context,
    full: Annotated[bool, typer.Option(help="Decode files again that have not changed.")] = False,
    workers: Annotated[int, typer.Option(min=0, max=256, help="Processes; 0 = one a core.")] = 0,
    json: Json = False,
) -> None:
    """See which clips are there and readable."""
    from capture.config import ScanConfig
    from store.stats import read_stats
    from store.words import JobKind
    from tui.commands.following import run_and_follow

    library = context_of(context).open()
    workers = workers or context_of(context).settings.workers or 0
    row = run_and_follow(library, JobKind.SCAN, ScanConfig(full=full, workers=workers).to_json())
    if json:
        print_json(row.result)
        return
    _print_availability(read_stats(library))


def stats(context: typer.Context, json: Json = False) -> None:
    """The dataset at a glance."""
    from store.stats import read_stats

    found = read_stats(context_of(context).open())
    if json:
        print_json(found.as_json())
        return
    say(
        f"{found.glosses:,} glosses, {found.instances:,} instances, {found.signers:,} signers, "
        f"{found.hours:.2f} h of clips, {found.runs} runs, {found.excluded:,} excluded from training"
    )
    _print_availability(found)
    _print_coverage(found)
    _print_hands(found)


def _print_availability(found: "LibraryStats") -> None:
    rows: list[list[Any]] = [[row.state, row.reason, row.count] for row in found.reasons]
    for state, count in found.availability.items():
        without = count - sum(row.count for row in found.reasons if row.state == state)
        if without:
            rows.append([state, None, without])
    print_table(["clips", "reason", "count"], sorted(rows, key=lambda row: (row[0], -row[2])))


def _print_coverage(found: "LibraryStats") -> None:
    print_table(
        ["best extraction", "instances"],
        [[state, count] for state, count in found.extraction.items()],
    )
    say(f"{found.to_extract:,} instances wait for signtui extract\n")
    print_table(
        ["split", "instances", "glosses", "signers", "available", "extracted", "%"],
        [
            [s.split, s.instances, s.glosses, s.signers, s.available, s.extracted,
             round(100 * s.extracted / s.instances, 1)]
            for s in found.splits
        ],
    )  # fmt: skip
    if found.subsets:
        print_table(
            ["subset", "split", "entries", "glosses", "available", "extracted", "with landmarks"],
            [
                [f"nslt_{s.subset}", s.split, s.entries, s.glosses, s.available, s.extracted,
                 f"{s.glosses_extracted:,} glosses"]
                for s in found.subsets
            ],
        )  # fmt: skip


def _print_hands(found: "LibraryStats") -> None:
    hands = found.hands
    if hands.frames:
        left, right, either = (
            round(100 * number / hands.frames, 1)
            for number in (hands.left, hands.right, hands.either_at_least)
        )
        say(
            f"Hands in {hands.frames:,} frames: left {left} %, right {right} %, "
            f"either in at least {either} %"
        )


def check(
    context: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Make them agree again.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make a damaged catalog anew of what is left.")
    ] = False,
    json: Json = False,
) -> None:
    """Hold the catalog against the files, both ways."""
    from store.check import check as check_library

    if rebuild:
        _rebuild(context, json=json)
        return
    report = check_library(context_of(context).open(), repair=repair)
    if json:
        print_json(report.as_json())
    else:
        _print_findings(report)
    if not report.clean:
        raise typer.Exit(1)


def _print_findings(report: "CheckReport") -> None:
    say(f"{report.files:,} landmark files with {report.sequences:,} sequences read")
    for found in report.findings:
        state = "repaired" if found.repaired else "found"
        say(f"{state}: {found.kind} {found.name}: {found.text}")
    say("Clean." if report.clean else "Not clean. Try: signtui check --repair")


def _rebuild(context: typer.Context, *, json: bool) -> None:
    from store.rebuild import rebuild

    made = rebuild(context_of(context).root)
    if json:
        print_json(made.as_json())
    else:
        say(
            f"{sum(made.rows.values()):,} rows could be read; {made.attached:,} sequences come "
            f"from their files; {made.unknown:,} clips have no gloss"
        )
        _print_findings(made.report)
        if made.old:
            narrate(f"The damaged catalog is {made.old}")
        if made.unknown:
            narrate("Import the index again to name them: signtui import SOURCE")
    if not made.report.clean:
        raise typer.Exit(1)
