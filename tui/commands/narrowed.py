"""What a model is worth narrowed, or in a library that did not make it, on the command line."""

from collections.abc import Mapping
from typing import Any

from tui.commands.options import print_json, say
from tui.commands.run_tables import LEAK_NOTE
from tui.result_words import ratio, result_words


def print_narrowed(found: Mapping[str, Any], *, json: bool) -> None:
    """The result of an evaluation with `glosses`: it is printed and never kept with the run's own."""
    if json:
        print_json(dict(found))
        return
    some, whole, gain = found["narrowed"], found["whole"], found["gain"]
    say(
        f"{_named(found)} narrowed to {some['glosses']:,} of its "
        f"{some['of']:,} glosses, {found['split']}; not kept with the run's own figures"
    )
    for words, row in (("all glosses", whole), ("narrowed", found)):
        top1 = {"value": row["top1"], "low": row["low"], "high": row["high"]}
        say(
            f"  {words}: top-1 {ratio(top1)}, top-5 {100 * row['top5']:.1f} %, "
            f"n = {row['n']:,} clips of {row['n_glosses']:,} glosses"
        )
    say(
        f"  gain: {100 * gain['difference']:+.1f} points "
        f"({100 * gain['low']:+.1f} to {100 * gain['high']:+.1f}, p = {gain['p_value']:.2g}); "
        f"{gain['only_b']:,} more clips right, {gain['only_a']:,} fewer"
    )
    for meant, words in result_words(found):
        say(f"    {meant}: {words}")
    if found["leaking"]:
        say(f"Leaking split: {LEAK_NOTE}.")


def print_other(found: Mapping[str, Any], *, json: bool) -> None:
    """The result of evaluating a model that no run here made: it is printed and kept nowhere."""
    if json:
        print_json(dict(found))
        return
    top1 = {"value": found["top1"], "low": found["low"], "high": found["high"]}
    say(
        f"{_named(found)}, {found['split']}: top-1 {ratio(top1)}, top-5 {100 * found['top5']:.1f} %, "
        f"n = {found['n']:,} clips of {found['n_glosses']:,} glosses"
    )
    if found["left_out_as_trained"]:
        say(f"  {found['left_out_as_trained']:,} clips left out, as it was trained on them")
    for meant, words in result_words(found):
        say(f"    {meant}: {words}")
    if found["leaking"]:
        say(f"Leaking split: {LEAK_NOTE}.")


def _named(found: Mapping[str, Any]) -> str:
    if isinstance(found["run"], int):
        return f"Run {found['run']} {found['name']}"
    return f"The model {found['name']}"
