"""runs --compare: some side by side."""

from typing import TYPE_CHECKING

from tui.commands.options import print_json, print_table, say
from tui.commands.run_tables import describe_evaluation

if TYPE_CHECKING:
    from store.library import Library
    from tui.reading.comparison import Comparison


def print_comparison(
    library: "Library", references: list[str], split: str | None, *, json: bool
) -> None:
    """Runs side by side: settings that differ, accuracies, and paired differences.

    Raises:
        NotInCatalogError: there is no such run.
        SigntuiError: too few or too many runs.
    """
    from store.runs import get_run
    from tui.reading.comparison import compare_runs

    found = compare_runs(library, [get_run(library, name).id for name in references], split)
    if json:
        print_json(found.as_json())
    else:
        _print_comparison(found)


def _print_comparison(found: "Comparison") -> None:
    from tui.reading.comparison import verdict

    names = {item.run.id: item.run.name for item in found.runs}
    print_table(["setting", *names.values()], [[row.name, *row.values] for row in found.settings])
    for item in found.runs:
        say(f"{item.run.name}{' (leaks)' if item.leaks else ''}")
        for row in item.evaluations:
            say(describe_evaluation(row))
    for result in found.paired:
        counts = result.counts
        say(f"{result.split}: {verdict(result, found.runs)}")
        say(
            f"  right: both {counts.both:,}, only {names[result.run_a]} {counts.only_a:,}, "
            f"only {names[result.run_b]} {counts.only_b:,}, neither {counts.neither:,}"
        )
        drawn = counts.bootstrap()
        say(
            f"  paired bootstrap, {drawn.draws:,} draws: {100 * counts.difference:+.1f} points "
            f"({100 * drawn.low:+.1f} to {100 * drawn.high:+.1f}, p = {drawn.p_value:.2g})"
        )
    for note in found.notes:
        say(f"Note: {note}")
