"""The wheel holds what the program needs, and starts somewhere else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(target)]
    build = subprocess.run(
        [*command, str(ROOT)], capture_output=True, text=True, check=False, timeout=250
    )
    if build.returncode and "Could not find a version" in build.stderr:
        pytest.skip("the package index is out of reach, so hatchling cannot be had")
    assert build.returncode == 0, build.stderr
    (found,) = target.glob("signtui-*.whl")
    return found


def test_all_files_of_the_packages_are_in_it(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("store", "capture", "ml", "tui")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= held
    assert not [name for name in held if name.startswith(("tests", "benchmarks", "docs"))]


def test_it_starts_from_somewhere_else(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import tui.cli, store; assert 'site' in store.__file__; sys.exit(tui.cli.main(sys.argv[1:]))"
    environment = {**os.environ, "SIGNTUI_CONFIG": str(tmp_path / "none.toml")}
    for arguments, said in ((["--version"], "0.1.0"), (["demo", "--help"], "--no-tui")):
        run = subprocess.run(
            [sys.executable, "-I", "-c", code, str(tmp_path / "site"), *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=environment, timeout=60,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert said in run.stdout
