"""What an evaluation rests on reads the same on the command line and on the run's page."""

from typing import Any

from sqlalchemy import update

from store.runs import list_evaluations
from store.schema import Evaluation
from tests.tui.judged import add_judged
from tui import cli
from tui.reading.runs import read_run
from tui.result_words import brief_words, result_words
from tui.screens.run_words import facts

HALF: dict[str, float] = {"value": 0.5, "low": 0.25, "high": 0.75}
DETAIL: dict[str, Any] = {
    "rests_on": {"clips": 60, "clips_named": 1200, "glosses": 4, "glosses_of_run": 5},
    "per_instance": {"top1": HALF, "top5": HALF, "top10": HALF},
    "per_gloss": {"top1": HALF, "top5": HALF, "top10": HALF},
    "synonyms": {**HALF, "pairs": 3, "clips": 2, "several": 4, "several_right": 1},
    "calibration_error": 0.05,
    "threshold": 0.5,
}


def test_old_evaluations_say_nothing_of_it():
    assert [*result_words({}), *brief_words({})] == []


def test_each_figure_has_its_words():
    said = dict(result_words(DETAIL))
    assert list(said) == ["rests on", "per clip", "per gloss", "synonyms", "scores"]
    assert said["rests on"] == "60 clips of 1,200 that the index names, 4 of 5 glosses"
    assert said["per gloss"].startswith("top-1 50.0 % [25.0\N{EN DASH}75.0], top-5 50.0 %")
    assert "2 more clips, 3 pairs" in said["synonyms"]
    assert said["synonyms"].endswith(
        "4 clips are in the index under several glosses, 1 got another of their own"
    )


def test_where_the_index_names_no_part_nothing_is_said_of_it():
    rests = {**DETAIL["rests_on"], "clips_named": None}
    assert dict(result_words({"rests_on": rests}))["rests on"] == "60 clips, 4 of 5 glosses"


def test_screen_and_command_line_say_the_same(library, capsys):
    run = add_judged(library, "mine")
    with library.session() as session:
        session.execute(update(Evaluation).values(detail=DETAIL))
    assert list_evaluations(library, run)[0].detail == DETAIL
    assert cli.main(["--library", str(library.root), "runs", "mine"]) == 0
    out = capsys.readouterr().out
    detail = read_run(library, run)
    shown = {fact.name: str(fact.value) for fact in facts(detail.summary, None)}
    for meant, words in result_words(DETAIL):
        assert f"    {meant}: {words}" in out
    brief = dict(brief_words(DETAIL))
    assert list(brief) == [meant for meant, _ in result_words(DETAIL)]
    assert {meant: shown[meant] for meant in brief} == {m: f"val: {w}" for m, w in brief.items()}
    assert brief["rests on"] == "60 of 1,200 clips, 4 of 5 glosses"
    assert brief["per clip"] == "top-5 50.0 %, top-10 50.0 %"
    assert brief["synonyms"].endswith("], 2 more right")
