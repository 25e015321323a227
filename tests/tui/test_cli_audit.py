"""audit on the command line: counts, rows, JSON; findings are no failures."""

import json

import pytest
from sqlalchemy import update

from store.schema import Instance
from tests.tui.judged import add_judged


@pytest.fixture
def twins(library):
    """Clips 0 (book, train), 60 (computer, train) and 188 (hostile, val) are one recording."""
    with library.session() as session:
        session.execute(
            update(Instance).where(Instance.id.in_([1, 61, 189])).values(url="u", frame_end=20)
        )


def line(out, start):
    return next(text.split() for text in out.splitlines() if text.strip().startswith(start))


def test_counts_come_first(signtui, twins):
    code, out, _ = signtui("audit")
    assert code == 0
    assert "All glosses, split official: 300 instances of 5 glosses by 3 signers" in out
    assert line(out, "source and range")[3:] == ["300", "1", "3", "1", "1"]
    assert line(out, "any of these")[3:] == ["300", "1", "3", "1", "1"]
    assert line(out, "train")[:2] == ["train", "180"]
    assert "1 recording in train and val" in out
    assert "3 pairs of glosses share a recording" in out
    assert "3 signers in several parts" in out
    assert "left out, as they are in a later part" in out
    assert max(len(text) for text in out.splitlines() if text.startswith(" ")) <= 80


def test_json_has_it_all(signtui, twins):
    code, out, _ = signtui("audit", "--subset", "nslt_100", "--json")
    said = json.loads(out)
    assert (code, said["subset"], said["split"], said["leaking"]) == (0, "100", "official", False)
    (same,) = said["recordings"]
    assert same["glosses"] == ["[bold]hostile[/bold]", "book", "computer"]
    assert same["parts"] == ["train", "val"]
    assert {copy["video_id"] for copy in same["copies"]} == {"00000", "00060", "00188"}
    assert {pair["gloss"] for pair in said["synonyms"]} == {"[bold]hostile[/bold]", "book"}
    assert len(said["glosses"]) == 5
    assert [part["part"] for part in said["parts"]] == ["train", "val", "test"]
    assert said["signers_in_several_parts"] == 3


@pytest.mark.parametrize(
    ("listing", "shown"),
    [
        ("recordings", "00000 00060 00188"),
        ("synonyms", "[bold]hostile[/bold]"),
        ("glosses", "train used"),
        ("signers", "in several parts"),
    ],
)
def test_rows_can_be_listed(signtui, twins, listing, shown):
    code, out, _ = signtui("audit", "--list", listing)
    assert (code, shown in out) == (0, True)


def test_other_splits_and_wrong_usage(signtui):
    code, out, _ = signtui("audit", "--split", "notebook")
    assert (code, "split notebook (leaks)" in out) == (0, True)
    assert "drops nothing: it leaks" in out
    code, out, _ = signtui("audit", "--split", "signer", "--split-seed", "3")
    assert (code, "0 signers in several parts" in out) == (0, True)
    code, _, err = signtui("audit", "--subset", "300")
    assert (code, "The subset 300 is not in this library" in err) == (1, True)
    assert signtui("audit", "--split", "best")[0] == 2


def test_duplicates_that_are_kept_are_labelled_everywhere(signtui, library, twins):
    code, out, _ = signtui("train", "--check", "--duplicates", "keep")
    assert (code, "warning: This split leaks: duplicates are kept" in out) == (0, True)
    code, out, _ = signtui("train", "--check")
    assert "left out of train or val: identical ones are in a later part" in out
    run = add_judged(library, "kept", duplicates="keep")
    add_judged(library, "honest")
    assert "Leaking split" in signtui("runs", "kept")[1]
    assert "Leaking split" not in signtui("runs", "honest")[1]
    leaks = {row["name"]: row["leaks"] for row in json.loads(signtui("runs", "--json")[1])}
    assert leaks == {"kept": 1, "honest": 0}
    out = signtui("runs", "--compare", "honest", "kept")[1]
    assert "cannot be ranked against honest, as kept leaks" in out
    folder = library.run_dir(run)
    text = json.dumps({"train": [], "dropped": {"crossing": 3, "repeated": 4}})
    (folder / "split.json").write_text(text, encoding="utf-8")
    out = signtui("runs", "kept")[1]
    assert "Identical clips: 3 left out, as they are in a later part, 4 left out of train" in out
    assert json.loads(signtui("runs", "kept", "--json")[1])["dropped"]["repeated"] == 4


def test_an_older_record_means_what_was_done_then(signtui, library):
    add_judged(library, "older")
    add_judged(library, "newer", duplicates="drop", contradictions="keep", split_seed=0)
    said = json.loads(signtui("runs", "--compare", "older", "newer", "--json")[1])
    names = {setting["name"] for setting in said["settings"]}
    assert not names & {"duplicates", "contradictions", "split_seed"}
