"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

from tests.support.torture import ASKED

pytest_plugins = ["tests.support.library", "tests.support.backups"]

_ROOT = Path(__file__).resolve().parents[1]


_TORTURE_TIMEOUT_S = 1800


def pytest_addoption(parser):
    parser.addoption(
        "--torture",
        action="store_true",
        help="only the tests that try to break promises, far longer",
    )


def pytest_configure(config):
    if config.getoption("--torture"):
        os.environ[ASKED] = "1"


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--torture"):
        return
    left_out = [item for item in items if item.get_closest_marker("torture") is None]
    items[:] = [item for item in items if item.get_closest_marker("torture") is not None]
    config.hook.pytest_deselected(items=left_out)
    for item in items:
        item.add_marker(pytest.mark.timeout(_TORTURE_TIMEOUT_S))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real WLASL metadata, clips and landmarks; skips where there is none."""
    folder = Path(os.environ.get("SIGNTUI_TEST_DATA", _ROOT.parent / "shared" / "data"))
    if not (folder / "WLASL_v0.3.json").is_file():
        pytest.skip(f"no WLASL data in {folder}; set SIGNTUI_TEST_DATA to the folder that has it")
    return folder
