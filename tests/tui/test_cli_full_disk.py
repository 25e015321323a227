"""A full disk at each step that writes: one sentence, exit code 1, and it goes on afterwards."""

import json

import pytest

from store.check import check
from store.library import Library
from tests.store.test_landmark_import import write_h5
from tests.support.library import make_sequence, small_index, write_dataset


@pytest.fixture
def signtui(command_line):
    return command_line


def test_importing_landmarks_onto_a_full_disk(signtui, full_disk, tmp_path):
    root = full_disk(4) / "library"
    assert (
        signtui("--library", root, "import", write_dataset(tmp_path / "d", small_index()))[0] == 0
    )
    ballast = root.parent / "ballast"
    ballast.write_bytes(bytes(2 * 2**20))
    path = write_h5(tmp_path / "l.h5", {"00001": make_sequence(5_000).landmarks})
    code, _, err = signtui("--library", root, "import", "--landmarks", path)
    assert (code, "full" in err, "Traceback" in err) == (1, True, False)
    library = Library.open(root)
    assert list(library.landmarks_dir.iterdir()) == []
    assert check(library).findings == []
    ballast.unlink()
    code, out, _ = signtui("--library", root, "import", "--landmarks", path, "--json")
    assert (code, json.loads(out)["landmarks"]["new"]) == (0, 1)
    library.close()


def test_importing_an_index_onto_a_full_disk(signtui, full_disk, tmp_path):
    root = full_disk(1) / "library"
    (root.parent / "ballast").write_bytes(bytes(900 * 1024))
    dataset = write_dataset(tmp_path / "d", small_index())
    code, _, err = signtui("--library", root, "import", dataset)
    assert (code, "Traceback" in err, len(err.splitlines())) == (1, False, 2)
    (root.parent / "ballast").unlink()
    assert signtui("--library", root, "import", dataset)[0] == 0
    Library.open(root).close()
