"""Flipped bits and cut files, anywhere in a library: found, named, repaired as far as data allow."""

import shutil
import sys
from collections import Counter

import pytest

from store.check import check
from store.errors import DamagedFileError, SigntuiError
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.landmarks import read_sequences, read_video_ids, write_sequences
from store.library import Library
from store.pack import pack_loose
from store.rebuild import UNKNOWN_GLOSS, rebuild
from tests.support.backups import add_model, add_recording, extract, leave_out, make_library, rows
from tests.support.library import make_sequence
from tests.support.torture import dice, many

pytestmark = pytest.mark.torture

chance = dice()


@pytest.fixture
def stocked(tmp_path):
    """A packed library with forty clips, a model and a recording, closed."""
    library = make_library(tmp_path, 40)
    extract(library, 30)
    pack_loose(library, 1)
    extract(library, 3)
    add_model(library, "first")
    add_recording(library, "one")
    leave_out(library, 2)
    library.close()
    return library


def flip(path):
    raw = bytearray(path.read_bytes())
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)


def cut(path):
    raw = path.read_bytes()
    path.write_bytes(raw[: chance.randrange(len(raw))])


def blank(path):
    """A page that never reached the disk."""
    raw = bytearray(path.read_bytes())
    start = chance.randrange(0, len(raw), 4096)
    raw[start : start + 4096] = bytes(len(raw[start : start + 4096]))
    path.write_bytes(raw)


DAMAGES = (flip, cut, blank)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_catalog_is_named_and_made_anew(stocked, tmp_path, damage):
    seen, sound = Counter(), rows(stocked)
    for number in range(many(2, 60)):
        root = tmp_path / f"copy{number}"
        shutil.copytree(stocked.root, root)
        damage(root / "catalog.sqlite")
        library = Library(root)
        try:
            library = Library.open(root)
            if check(library).findings:
                seen["found"] += 1
            else:
                seen["harmless" if rows(library) == sound else "in a value"] += 1
        except SigntuiError as error:
            assert error.hint, error  # noqa: PT017 - not every damage is an error
            seen["refused"] += 1
        library.close()
        made = rebuild(root)
        assert made.report.clean, made.report.findings
        again = Library.open(root)
        assert check(again).findings == []
        # A bit in a hash or a video id makes a row doubtful: that clip is extracted again.
        assert kept(again) >= 32, "landmarks outlive their catalog"
        again.close()
        shutil.rmtree(root)
    assert seen["refused"] + seen["found"] or damage is flip, seen
    # SQLite keeps no checksums: a bit within a value, where no constraint speaks, is not noticed.
    sys.stderr.write(f"{damage.__name__}: {dict(seen)}\n")


def kept(library):
    with library.reading() as session:
        return (
            session.connection()
            .exec_driver_sql("SELECT COUNT(*) FROM extraction WHERE file_id IS NOT NULL")
            .scalar()
        )


def test_a_lost_catalog_comes_back_from_landmarks_and_index(stocked, tmp_path):
    stocked.catalog_path.unlink()
    for use in (Library.open, Library.create):
        with pytest.raises(DamagedFileError, match="catalog is lost"):
            use(stocked.root)
    made = rebuild(stocked.root)
    assert (made.attached, made.unknown, made.old) == (33, 33, None)
    library = Library.open(stocked.root)
    assert check(library).findings == []
    found = find_dataset(tmp_path / "dataset", unpack_to=library.clips_dir)
    stored = store_dataset(library, read_dataset(found))
    assert (stored.new, stored.updated) == (7, 33)
    with library.reading() as session:
        left = "SELECT COUNT(*) FROM instance JOIN gloss ON gloss.id = gloss_id WHERE text = ?"
        assert session.connection().exec_driver_sql(left, (UNKNOWN_GLOSS,)).scalar() == 0
    library.close()


def test_damaged_landmarks_are_never_believed(tmp_path):
    """Every flip, cut or lost page is an error, whatever it hits: HDF5 itself would hang on some."""
    path = tmp_path / "a.h5"
    names = ["00001", "00002", "00003"]
    write_sequences(path, [(name, make_sequence(20, seed=int(name))) for name in names])
    whole = path.read_bytes()
    for number in range(many(300, 5000)):
        path.unlink()
        path.write_bytes(whole)
        DAMAGES[number % len(DAMAGES)](path)
        if path.read_bytes() == whole:
            continue
        with pytest.raises(DamagedFileError):
            read_sequences(path, [0, 1, 2])
        with pytest.raises(DamagedFileError):
            read_video_ids(path)


@pytest.mark.parametrize("damage", [flip, cut])
def test_damage_in_any_file_is_named_by_a_check(stocked, tmp_path, damage):
    """Landmarks, models, own clips: each is damaged alone, found, and repaired where that can be."""
    names = {
        path.relative_to(stocked.root).as_posix()
        for path in stocked.root.rglob("*")
        if path.is_file() and not path.name.startswith(("catalog", "backup"))
    }
    held = {name for name in names if not name.startswith("jobs/")}
    assert len(held) >= 6, held
    for name in sorted(held):
        root = tmp_path / "copy"
        shutil.copytree(stocked.root, root)
        library = Library.open(root)
        move_own_clips(library, stocked.root)
        assert check(library).findings == []
        damage(root / name)
        findings = check(library).findings
        if not name.endswith(("bundle.json", "model.tflite")):
            assert findings, name
            assert check(library, repair=True).clean
            assert check(library).findings == []
        library.close()
        shutil.rmtree(root)


def test_a_bundle_whose_exchange_was_killed_is_put_back(stocked):
    library = Library.open(stocked.root)
    bundle = library.run_dir(1) / "bundle"
    bundle.rename(bundle.with_name("bundle.01234567.partial.old"))
    assert {finding.kind for finding in check(library).findings} == {"bundle"}
    assert check(library, repair=True).clean
    assert (bundle / "bundle.json").is_file()
    assert check(library).findings == []
    library.close()


def move_own_clips(library, old):
    with library.session() as session:
        session.connection().exec_driver_sql(
            "UPDATE clip SET path = replace(path, ?, ?)", (str(old), str(library.root))
        )
