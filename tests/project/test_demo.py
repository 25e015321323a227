"""The whole road in one command, with few clips: drawn, imported, extracted, trained, read live."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from textual.binding import Binding

from store.check import check
from store.jobs import list_jobs
from store.library import Library
from store.query import run_query
from store.words import ENDED
from tests.support import own_sign
from tests.support.own_sign import draw_take
from tests.support.streams import join, scenes_of
from tests.tui.conftest import settle
from tui.app import SignApp
from tui.cli import main
from tui.commands.live import iter_live
from tui.screens.dialogs import ErrorDialog
from tui.widgets.nav_bar import SCREENS


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the command printed, and where it worked."""
    tmp_path = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-P", "-m", "tui.cli", "demo", "--clips", "4", "--json"]
    environment = {**os.environ, "SIGNTUI_CONFIG": str(tmp_path / "none.toml")}
    run = subprocess.run(
        [*command, "--dir", str(tmp_path / "demo")], capture_output=True, text=True, check=False,
        env=environment, cwd=tmp_path, timeout=580,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    for step in range(1, 8):
        assert f"[{step}/7]" in run.stderr
    return json.loads(run.stdout), tmp_path / "demo" / "library"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_goes_from_nothing_to_live_predictions(demo):
    summary, folder = demo
    assert (summary["glosses"] >= 8, summary["available"]) == (True, summary["clips"])
    assert sum(summary["extraction"].values()) == summary["clips"]
    evaluations = {row["split"]: row for row in summary["evaluations"]}
    assert set(evaluations) == {"val", "test"}
    assert evaluations["test"]["n"] == summary["glosses"]
    assert evaluations["test"]["low"] <= evaluations["test"]["top1"] <= evaluations["test"]["high"]
    # Two training clips a sign teach little, but far more than guessing.
    assert evaluations["test"]["top1"] > 3 / summary["glosses"]
    assert all(len(answer["top"]) == 5 for answer in summary["live"])
    library = Library.open(folder)
    assert check(library).findings == []
    jobs = run_query(library, "SELECT kind, status FROM job_stats ORDER BY job").rows
    assert [kind for kind, _ in jobs[:6]] == [
        "demo", "import", "scan", "extract", "train", "evaluate",
    ]  # fmt: skip
    assert {status for _, status in jobs} == {"finished"}
    library.close()


@pytest.mark.slow
def test_an_unseen_signer_is_read_in_a_stream_in_order_and_nothing_in_between(demo, tmp_path):
    summary, folder = demo
    library = Library.open(folder)
    signed = join(scenes_of(library, "test"), tmp_path / "stream.avi", idle="still", idle_s=0.6)
    events = list(iter_live(library, str(tmp_path / "stream.avi"), summary["run"]))
    library.close()
    signs = [event for event in events if event["event"] == "sign"]
    assert len(signs) == len(signed) == summary["glosses"]
    for sign, truth in zip(signs, signed, strict=True):
        assert truth.start_s - 0.2 <= sign["start_s"] < sign["end_s"] <= truth.end_s + 0.2
    # With two training clips a sign, what is best of each matters less than that it is this sign's.
    best = [sign["top"][0]["gloss"] for sign in signs]
    right = sum(gloss == truth.gloss for gloss, truth in zip(best, signed, strict=True))
    assert right > 3
    assert right >= round(evaluated(summary) * len(signed)) - 3


def evaluated(summary):
    """Top-1 on the same clips, one by one."""
    return next(row["top1"] for row in summary["evaluations"] if row["split"] == "test")


KNOWN = ("father", "water", "hello", "where", "rain")
"""What the own word is told from."""
TAKES = 4
"""Three to learn from, one for val."""


@pytest.mark.slow
def test_a_word_of_one_s_own_is_recorded_learnt_and_read(demo, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SIGNTUI_CONFIG", str(tmp_path / "none.toml"))
    root = tmp_path / "library"
    shutil.copytree(demo[1], root)

    def signtui(*words):
        assert main(["--library", str(root), *map(str, words)]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    for number in range(TAKES):
        camera = draw_take(tmp_path / f"camera{number}.mp4", signer=number % 3, seed=100 + number)
        signtui("record", own_sign.GLOSS, "--signer", "me", "--source", camera, "--seconds", 60)
    signtui("extract")
    sql = "SELECT split, extraction FROM instances WHERE source = 'recorded' ORDER BY video_id"
    rows = json.loads(signtui("sql", sql, "--format", "json"))
    assert [tuple(row.values()) for row in rows] == [("train", "done")] * 3 + [("val", "done")]
    words = tmp_path / "words.txt"
    words.write_text("\n".join([*KNOWN, own_sign.GLOSS]), encoding="utf-8")
    signtui("train", "--glosses", words, "--name", "own", "--epochs", 40, "--batch-size", 8)
    # By a signer of whom neither the word nor anything else was learnt.
    unseen = draw_take(tmp_path / "unseen.mp4", signer=3, seed=999)
    said = signtui("live", "--source", unseen, "--model", "own", "--json").splitlines()
    events = [json.loads(line) for line in said]
    assert [event["gloss"] for event in events if event["event"] == "sign"] == [own_sign.GLOSS]
    assert events[-1]["top"][0]["gloss"] == own_sign.GLOSS


STARTS_WORK = {
    "extract": {"start", "scan", "rescan", "retry", "retry_reason", "resume", "stop", "pause"},
    "live": {"start", "stop", "record", "window", "leave"},
    "runs": {"resume", "stop"},
    "jobs": {"again", "stop", "pause"},
}
"""Actions whose keys are pressed elsewhere, where their jobs are looked at."""


@pytest.mark.slow
async def test_every_key_of_the_dashboard_on_the_library_that_the_demo_made(demo):
    _, folder = demo
    library = Library.open(folder)
    app = SignApp(library)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        for number, name in enumerate(SCREENS, start=1):
            await pilot.press(str(number))
            await settle(pilot)
            assert app.current_mode == name
            for key in keys_of(app, name):
                await pilot.press(key)
                await settle(pilot)
                assert not isinstance(app.screen, ErrorDialog), (
                    name,
                    key,
                    app.screen.error.message,
                )
                await back_to(app, pilot)
    assert all(job.status in ENDED for job in list_jobs(library))
    library.close()


def keys_of(app: SignApp, name: str) -> list[str]:
    """Keys of a screen that only look, each once."""
    bindings = Binding.make_bindings(type(app.screen).BINDINGS)
    return [
        binding.key
        for binding in bindings
        if binding.action.split("(")[0] not in STARTS_WORK.get(name, set())
    ]


async def back_to(app: SignApp, pilot) -> None:
    """Close whatever a key opened, and leave its field."""
    for _ in range(4):
        if len(app.screen_stack) == 1:
            break
        await pilot.press("escape")
        await settle(pilot)
    await pilot.press("escape")
    await settle(pilot)
    assert len(app.screen_stack) == 1
