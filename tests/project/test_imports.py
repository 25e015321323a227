"""What each process may import, read from `sys.modules` of a real one."""

import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "mediapipe", "cv2", "jax")


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sorted(sys.modules), sep='\\n')"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(run.stdout.splitlines())


@pytest.mark.parametrize(
    "module",
    ["tui.app", "tui.cli", "tui.jobs", "capture.config", "ml.config", "store.library"],
)
def test_the_dashboards_process_stays_light(module):
    assert loaded_after(f"import {module}").isdisjoint(HEAVY)


def test_help_imports_no_database():
    loaded = loaded_after("import tui.cli")
    assert loaded.isdisjoint({"sqlalchemy", "alembic", "h5py", "numpy", "textual", "rich"})


def test_the_store_knows_no_media():
    code = """
import importlib, pkgutil, store
for module in pkgutil.walk_packages(store.__path__, "store."):
    if "migrations" not in module.name:
        importlib.import_module(module.name)
"""
    assert loaded_after(code).isdisjoint({*HEAVY, "textual"})


@pytest.mark.slow
def test_live_never_imports_tensorflow():
    loaded = loaded_after("import ml.live, ml.recognizer, capture.extractor")
    assert loaded.isdisjoint({"tensorflow", "keras", "textual"})


@pytest.mark.slow
def test_training_never_imports_mediapipe():
    assert loaded_after("import ml.train, ml.evaluate").isdisjoint({"mediapipe", "textual"})
