"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.support.library", "tests.support.backups"]

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real WLASL metadata, clips and landmarks; skips where there is none."""
    folder = Path(os.environ.get("SIGNTUI_TEST_DATA", _ROOT.parent / "shared" / "data"))
    if not (folder / "WLASL_v0.3.json").is_file():
        pytest.skip(f"no WLASL data in {folder}; set SIGNTUI_TEST_DATA to the folder that has it")
    return folder
