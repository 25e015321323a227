"""Archives of arrays from elsewhere: plain arrays of bounded size, or one kind of error."""

import io
import struct
import zipfile

import numpy as np
import pytest

from ml.archives import WrongArchiveError, read_arrays
from ml.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from ml.errors import CheckpointError

MOST = 2**20


def packed(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def with_header(text):
    """An archive whose only array says this of itself."""
    header = text.encode("latin1").ljust(117) + b"\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        raw = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(64)
        archive.writestr("a.npy", raw)
    return stream.getvalue()


EVIL = {
    "a bomb": packed(a=np.zeros(MOST, np.float64)),
    "a pickle": packed(a=np.array([{}], dtype=object)),
    "no archive": b"\x80\x04N.",
    "empty": b"",
    "cut": packed(a=np.ones(9))[:-30],
    "too large a shape": with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999,)}"),
    "a negative shape": with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"),
    "a deep header": with_header("(" * 100),
    "code as header": with_header("__import__('os').abort()"),
    "an odd type": with_header("{'descr': '|V0', 'fortran_order': False, 'shape': (3, [])}"),
}  # fmt: skip


def test_arrays_come_back(tmp_path):
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.float16(1.5)}
    for source in (packed(**arrays), tmp_path / "a.npz"):
        if not isinstance(source, bytes):
            source.write_bytes(packed(**arrays))
        found = read_arrays(source, most_bytes=MOST)
        assert found.keys() == arrays.keys()
        np.testing.assert_array_equal(found["a"], arrays["a"])


@pytest.mark.parametrize("raw", EVIL.values(), ids=EVIL)
def test_whatever_is_wrong_is_one_error(tmp_path, raw):
    with pytest.raises(WrongArchiveError):
        read_arrays(raw, most_bytes=MOST)
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(raw)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    assert caught.value.hint


@pytest.mark.parametrize(
    "state", [b"[]", b"{}", b"[" * 5000, b'{"format": 1, "model": 1e999, "optimizer": 0}', b"\xff",
              b'{"format": 1, "model": 99999999, "optimizer": 0, "epoch": 0, "state": {}}'],
)  # fmt: skip
def test_a_checkpoint_with_another_head_is_refused(tmp_path, state):
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(packed(state=np.frombuffer(state, np.uint8)))
    with pytest.raises(CheckpointError):
        read_checkpoint(path)


def test_a_checkpoint_comes_back(tmp_path):
    path = tmp_path / "checkpoint.npz"
    write_checkpoint(path, Checkpoint(3, (np.ones(2),), (np.zeros(1), np.int64(7)), {"a": 1}))
    found = read_checkpoint(path)
    assert (found.epoch, found.state, len(found.model), int(found.optimizer[1])) == (
        3,
        {"a": 1},
        1,
        7,
    )
