"""A narrowed model: the same ratios between its glosses, nothing else named, and all changes nothing."""

import json

import numpy as np
import pytest

from ml.calibrate import calibrated
from ml.errors import GlossError
from ml.narrow import choose_outputs, narrow_scores, read_choice
from ml.recognizer import Recognizer
from store.errors import NotInCatalogError
from store.runs import list_evaluations
from store.words import JobKind
from tests.ml.clips import clip
from tests.ml.test_evaluate import evaluate_here, kept

LABELS = ("book", "circle", "drink", "wave")


def test_outputs_keep_the_order_of_the_model():
    assert choose_outputs(LABELS, ["wave", "book", "wave"]).tolist() == [0, 3]


def test_what_the_model_does_not_know_is_named():
    with pytest.raises(GlossError) as caught:
        choose_outputs(LABELS, ["wave", *(f"word {n}" for n in range(9, 2, -1))])
    assert "7 of the 8 glosses: word 9, word 8, word 7, word 6, word 5 and 2 more." in (
        caught.value.message
    )
    assert caught.value.hint


def test_one_gloss_alone_is_refused():
    with pytest.raises(GlossError, match="fewer than two"):
        choose_outputs(LABELS, ["wave"])


def test_temperature_may_come_before_or_after():
    rng = np.random.default_rng(2)
    scores = rng.dirichlet(np.full(9, 0.3), 50).astype(np.float32)
    some = np.array([0, 4, 7])
    narrowed = narrow_scores(scores, some)
    np.testing.assert_allclose(narrowed.sum(axis=1), 1, rtol=1e-6)
    assert (narrowed >= scores[:, some]).all(), "no score can fall"
    np.testing.assert_allclose(
        calibrated(narrowed, 1.7), narrow_scores(calibrated(scores, 1.7), some), atol=1e-6
    )


def test_nothing_left_makes_all_as_likely():
    assert narrow_scores(np.array([1.0, 0, 0], np.float32), np.array([1, 2])).tolist() == [0.5, 0.5]


def test_all_glosses_are_as_they_were():
    scores = np.array([[0.3, 0.31, 0.4]], np.float32)
    assert narrow_scores(scores, np.arange(3)) is scores


def test_a_choice_is_a_list_or_a_subset(shared_library):
    assert read_choice(shared_library, None) is None
    assert read_choice(shared_library, ["a"]) == ["a"]
    with pytest.raises(NotInCatalogError):
        read_choice(shared_library, "100")
    with pytest.raises(GlossError):
        read_choice(shared_library, [1])


@pytest.mark.slow
def test_a_recogniser_names_its_glosses_alone(bundle_folder):
    whole, some, every = (Recognizer.load(bundle_folder) for _ in range(3))
    some.narrow(["wave", "book"])
    every.narrow(LABELS[::-1])
    assert (some.narrowed, every.narrowed) == ({"glosses": 2, "of": 4}, None)
    for seed, gloss in enumerate(LABELS):
        shown = clip(gloss, 300 + seed)
        said, before = some.predict(shown), dict(whole.predict(shown).top)
        assert every.predict(shown) == whole.predict(shown), "all glosses: not a bit changes"
        assert {name for name, _ in said.top} == {"book", "wave"}
        assert sum(score for _, score in said.top) == pytest.approx(1)
        ratio = before["book"] / before["wave"]
        assert dict(said.top)["book"] / dict(said.top)["wave"] == pytest.approx(ratio, rel=1e-3)


@pytest.mark.slow
def test_narrowed_figures_never_mix_with_the_runs_own(own_trained):
    library, run_id = own_trained
    folder = library.run_dir(run_id) / "bundle"
    before = list_evaluations(library, run_id), kept(library, "val")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    found = evaluate_here(library, run=run_id, split="val", glosses=["wave", "drink"])
    assert (list_evaluations(library, run_id), kept(library, "val")) == before
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    assert found["narrowed"] == {"glosses": 2, "of": 4}
    assert found["n"] == found["whole"]["n"] == 4
    assert found["rests_on"] == {
        "clips": 4, "clips_named": 4, "glosses": 2, "glosses_of_run": 2,
    }  # fmt: skip
    assert found["top1"] >= found["whole"]["top1"]
    assert found["gain"]["difference"] == pytest.approx(found["top1"] - found["whole"]["top1"])
    assert found == evaluate_here(library, run=run_id, split="val", glosses=["drink", "wave"])


@pytest.mark.slow
def test_narrowed_to_all_its_glosses_a_run_is_what_it_was(own_trained):
    library, run_id = own_trained
    (val,) = [row for row in list_evaluations(library, run_id) if row.split == "val"]
    found = evaluate_here(library, run=run_id, split="val", glosses=list(LABELS))
    assert (found["top1"], found["n"]) == (val.top1, val.n)
    assert found["per_gloss"] == val.detail["per_gloss"]
    assert found["synonyms"] == val.detail["synonyms"]
    whole = found["whole"]
    assert {name: found[name] for name in whole} == whole
    assert (found["gain"]["only_a"], found["gain"]["only_b"]) == (0, 0)


@pytest.mark.slow
def test_live_is_narrowed_in_its_own_process(own_trained, real_data):
    from tests.ml.real_clips import run_child

    library, run_id = own_trained
    video = min((real_data / "videos").glob("*.mp4"), key=lambda path: path.stat().st_size)
    config = {"run": run_id, "source": str(video), "glosses": ["wave", "book"]}
    said = run_child(library, "ml.live", JobKind.LIVE, config)
    start, *others = (json.loads(line) for line in said.splitlines())
    assert start["narrowed"] == {"glosses": 2, "of": 4}
    named = {part["gloss"] for event in others for part in event.get("top", ())}
    assert named <= {"wave", "book"}
