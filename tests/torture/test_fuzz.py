"""Hostile input: whatever the bytes are, one clear error or a sound result; never another exception."""

import io
import json
import string
import subprocess
import zipfile
from contextlib import suppress
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.bundle import CARD, FEATURES, INDEX, KERAS, LABELS, LITERT, read_bundle
from store.check import check
from store.errors import ImportSourceError, QueryError, SettingsError, SigntuiError
from store.importers import rehearsal
from store.importers.dataset import Dataset, store_dataset
from store.importers.landmarks import import_landmarks
from store.importers.source import unpack
from store.importers.staging import StagedIndex
from store.importers.wlasl import read_index, read_subset
from store.library import Library
from store.query import run_query
from store.settings import MOST_WORKERS, NAMES, read_settings
from store.takes import read_take
from tests.ml.test_controls import heard_of
from tests.store.test_landmark_import import clips, write_h5
from tests.store.test_query import snapshot
from tests.support.library import small_index
from tests.support.torture import dice, many
from tui.reading.live_events import event_of, latency_of, number_of, picture_of, take_of, top_of

pytestmark = pytest.mark.torture

SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
chance = dice()


def tries(short, long):
    return settings(
        max_examples=many(short, long),
        deadline=None,
        suppress_health_check=SHARED,
        database=None,
        derandomize=bool(many(1, 0)),
    )


any_text = st.text(st.characters(exclude_categories=()), max_size=20)
"""Halves of surrogate pairs too: JSON can say them, and no file or database takes them."""
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def bent(draw, value):
    """A JSON value of which something was exchanged for anything else."""
    if draw(st.integers(0, 5)) == 0:
        return draw(json_values)
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(bent(value[name]))}
    if isinstance(value, list) and value:
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(bent(value[place])), *value[place + 1 :]]
    return draw(json_values)


def mangled(raw):
    """Some bytes flipped, cut out or doubled."""
    data = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                del data[place : place + chance.randrange(1, 40)]
            case 2:
                data[place:place] = data[place : place + chance.randrange(1, 40)]
            case _:
                data[place] = chance.choice(b"\x00\xff\x7f\x80")
        if not data:
            break
    return bytes(data)


@tries(100, 4000)
@given(index=bent(small_index()))
def test_an_index(filled, tmp_path, index):
    """What is read can be stored, shown and asked of."""
    path = tmp_path / "index.json"
    path.write_text(json.dumps(index), encoding="utf-8")
    try:
        items = read_index(path)
    except ImportSourceError:
        return
    for item in items:
        assert item.frame_start >= 0
        assert item.frame_end is None or item.frame_end > item.frame_start
    stored = store_dataset(filled, Dataset(StagedIndex(items), [], None))
    assert stored.instances == len(items)
    wrong = "SELECT COUNT(*) FROM instance WHERE extra IS NOT NULL AND NOT json_valid(extra)"
    assert run_query(filled, wrong).rows == [(0,)]


@tries(60, 3000)
@given(lines=bent({"00001": {"subset": "train", "action": [0, 1, 30]}}))
def test_a_subset(filled, tmp_path, lines):
    path = tmp_path / "nslt_100.json"
    path.write_text(json.dumps(lines), encoding="utf-8")
    with suppress(ImportSourceError):
        index = StagedIndex(read_index(index_of(tmp_path)))
        store_dataset(filled, Dataset(index, read_subset(path), None))


def index_of(folder):
    path = folder / "whole.json"
    if not path.exists():
        path.write_text(json.dumps(small_index()), encoding="utf-8")
    return path


def test_bytes_that_are_no_index(tmp_path):
    raw, path = json.dumps(small_index()).encode(), tmp_path / "index.json"
    for _ in range(many(150, 5000)):
        path.write_bytes(mangled(raw))
        with suppress(ImportSourceError):
            read_index(path)


def test_an_archive(tmp_path):
    """Nothing is ever written outside the target, whatever the archive says."""
    for kind in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        fuzz_archive(tmp_path, kind)


def fuzz_archive(tmp_path, kind):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", kind) as archive:
        archive.writestr("WLASL_v0.3.json", json.dumps(small_index()))
        archive.writestr("nslt_100.json", "{}")
        archive.writestr("videos/00001.mp4", b"clip" * 100)
    path, inside = tmp_path / "a.zip", tmp_path / "inside"
    for _ in range(many(40, 1500)):
        path.write_bytes(mangled(packed.getvalue()))
        with suppress(ImportSourceError):
            unpack(path, inside / "target")
        assert {entry.name for entry in tmp_path.iterdir()} <= {"a.zip", "inside"}
        if inside.exists():
            assert {entry.name for entry in inside.iterdir()} <= {"target"}


ODD = (
    "inf",
    "-inf",
    "nan",
    "1e400",
    "9" * 50,
    "9" * 5000,
    "[" * 5000,
    "{a=" * 3000,
    "'\0'",
    '"\\u0000"',
)


@tries(50, 1000)
@given(
    st.text(string.printable, max_size=80)
    | st.builds(
        "{} = {}".format,
        st.sampled_from([*NAMES, "x"]),
        st.text(max_size=20) | json_values.map(json.dumps) | st.sampled_from(ODD),
    )
)
def test_a_settings_file(tmp_path, monkeypatch, text):
    path = tmp_path / "settings.toml"
    monkeypatch.setenv("SIGNTUI_CONFIG", str(path))
    path.write_text(text, encoding="utf-8", errors="replace")
    with suppress(SettingsError):
        found = read_settings({})
        assert found.workers is None or found.workers <= MOST_WORKERS
        with suppress(SigntuiError):
            Library.open(found.library)


def test_landmarks_from_elsewhere(filled, tmp_path):
    """HDF5 and NumPy files with any damage: an error that changes nothing, or a sound import."""
    names = ["00001", "00002", "00003"]
    whole = write_h5(tmp_path / "whole.h5", clips(*names)).read_bytes()
    array = io.BytesIO()
    np.save(array, clips("00001")["00001"])
    path, folder = tmp_path / "a.h5", tmp_path / "arrays"
    folder.mkdir()
    for number in range(many(10, 300)):
        if number % 2:
            path.write_bytes(mangled(whole))
        else:
            (folder / "00001.npy").write_bytes(mangled(array.getvalue()))
        with suppress(ImportSourceError):
            import_landmarks(filled, path if number % 2 else folder)
        assert check(filled).findings == []


def test_a_file_that_makes_hdf5_hang_is_given_up(tmp_path, monkeypatch):
    """Flipping bits found such files; here the child says what it would say of one."""
    path = write_h5(tmp_path / "a.h5", clips("00001"))

    def slow(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    with monkeypatch.context() as patched:
        patched.setattr("store.importers.rehearsal.subprocess.run", slow)
        with pytest.raises(ImportSourceError, match="could not be read within 30 s"):
            rehearsal.rehearse(path)
    for code, said in ((-11, "crashes"), (3, "memory")):
        with monkeypatch.context() as patched:
            ended = subprocess.CompletedProcess([], code)
            patched.setattr("store.importers.rehearsal.subprocess.run", lambda *_, e=ended, **__: e)
            with pytest.raises(ImportSourceError, match=said):
                rehearsal.rehearse(path)
    rehearsal.rehearse(path)


def test_a_bundle(tmp_path):
    """Any byte of any part changed: refused, and nothing of it is run."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    parts = {
        LITERT: b"0000TFL3" + bytes(50), KERAS: b"PK", LABELS: b'["a", "b"]', FEATURES: b"{}",
        INDEX: b"", CARD: b"text",
    }  # fmt: skip
    files = {
        name: {"sha256": sha256(parts[name]).hexdigest()}
        for name in (LITERT, KERAS, LABELS, FEATURES)
    }
    parts[INDEX] = json.dumps({"format": 1, "files": files}).encode()
    for name, raw in parts.items():
        (folder / name).write_bytes(raw)
    read_bundle(folder)
    for number in range(many(100, 4000)):
        name = [LITERT, LABELS, FEATURES, INDEX][number % 4]
        (folder / name).write_bytes(mangled(parts[name]))
        changed = (folder / name).read_bytes() != parts[name]
        try:
            read_bundle(folder)
            assert name == INDEX or not changed
        except SigntuiError as error:
            assert error.hint  # noqa: PT017 - the index may be changed without harm
        (folder / name).write_bytes(parts[name])


EVENT = {
    "event": "prediction", "frame": 3, "time_s": 0.1, "state": "signing",
    "top": [{"gloss": "book", "score": 0.5}], "latency_ms": {"total": 12.0},
    "path": "x", "frames": 3, "fps": 25.0, "width": 1, "height": 1, "rgb": "AAAA",
    "hands": [[[0.1, 0.2, 0.0]] * 21] * 2,
}  # fmt: skip


@tries(100, 5000)
@given(event=bent(EVENT))
def test_what_a_job_says(event):
    found = event_of(json.dumps(event).encode())
    if found is not None:
        for read in (top_of, latency_of, take_of, picture_of):
            read(found)
        number_of(found.get("time_s"))


@tries(100, 3000)
@given(line=st.binary(max_size=200))
def test_bytes_that_are_no_event(line):
    event_of(line)


@tries(60, 1500)
@given(
    lines=st.lists(
        st.binary(max_size=60) | bent({"command": "pause"}).map(json.dumps).map(str.encode),
        max_size=6,
    )
)
def test_what_live_is_told(lines):
    said = b"\n".join([b"[" * 50_000, *lines, b'{"command": "stop"}', b""])
    assert heard_of(said, "pause", "stop")[-1] == {"command": "stop"}


WORDS = (
    "SELECT DELETE INSERT UPDATE FROM gloss clip ; ( ) , * 1 'x' INTO VALUES SET WITH AS PRAGMA = "
    "ATTACH DETACH DATABASE ':memory:' '/tmp/evil.sqlite' load_extension writefile readfile edit "
    "CREATE TEMP TABLE VIEW TRIGGER DROP ALTER VACUUM REINDEX journal_mode writable_schema "
    "query_only OFF RETURNING EXPLAIN SAVEPOINT COMMIT fts3_tokenizer randomblob zeroblob"
).split()


@tries(80, 4000)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=60))
def test_no_text_writes_attaches_or_loads(filled, sql):
    before = snapshot(filled)
    files = sorted(path for path in filled.root.rglob("*") if path.suffix == ".sqlite")
    with suppress(QueryError):
        run_query(filled, sql, time_limit_s=2)
    assert snapshot(filled) == before
    assert sorted(path for path in filled.root.rglob("*") if path.suffix == ".sqlite") == files


@tries(60, 2000)
@given(
    note=bent(
        {
            "gloss": "a",
            "signer": "b",
            "frames": 3,
            "fps": 30.0,
            "width": 6,
            "height": 4,
            "recorded_at": 1.0,
        }
    )
)
def test_the_note_of_a_take(tmp_path, note):
    take = tmp_path / "one.take.mp4"
    take.write_bytes(b"x")
    (tmp_path / "one.take.json").write_text(json.dumps(note), encoding="utf-8")
    read_take(take)
