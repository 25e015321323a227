"""Catalog and files, driven at random, against a model in memory that knows what must be there."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from store.backup import back_up
from store.catalog import list_extractors, list_sequences, load_sequences
from store.check import check
from store.exclusions import exclude, include
from store.extractions import list_work, queue_instances, record_done, record_failure
from store.importers.dataset import read_dataset, store_dataset
from store.importers.landmarks import import_landmarks
from store.importers.source import find_dataset
from store.landmarks import write_sequences
from store.library import Library
from store.pack import pack_loose, sweep
from store.rebuild import rebuild
from store.restore import restore
from store.schema import Clip, Instance
from store.words import Availability
from tests.support.backups import make_library, silent
from tests.support.library import make_sequence
from tests.support.torture import many

pytestmark = pytest.mark.torture

CLIPS = 8
OURS = 1
"""The extractor that `make_library` makes."""


class LibraryMachine(RuleBasedStateMachine):
    """`self.done` maps video id to the landmarks that must come out; `left_out` are excluded."""

    @initialize()
    def make(self):
        self.folder = Path(tempfile.mkdtemp(prefix="signtui-model-"))
        self.library = make_library(self.folder, CLIPS)
        self.done, self.imported = {}, set()
        self.left_out, self.failed = set(), set()
        self.seed = self.copies = 0

    def work(self):
        with self.library.session() as session:
            queue_instances(session, OURS)
            return list_work(session, OURS)

    @rule(count=st.integers(1, 4))
    def extract(self, count):
        work = self.work()
        assert {item.video_id for item in work} == self.waiting()
        for item in work[:count]:
            self.seed += 1
            sequence = make_sequence(item.frames, seed=self.seed)
            path = self.library.landmarks_dir / f"clip-{item.extraction_id}-{self.seed}.h5"
            write_sequences(path, [(item.video_id, sequence)])
            with self.library.session() as session:
                record_done(session, item, sequence, file=path, seconds=1.0)
            self.done[item.video_id] = sequence.landmarks

    def waiting(self):
        names = {f"{number:05d}" for number in range(CLIPS)}
        return names - self.done.keys() - self.left_out - self.failed

    @rule()
    def fail(self):
        for item in self.work()[:1]:
            with self.library.session() as session:
                record_failure(session, item, kind="crash", error="oh", final=True)
            self.failed.add(item.video_id)

    @rule()
    def retry(self):
        with self.library.session() as session:
            queue_instances(session, OURS, retry_failed=True)
        self.failed.clear()

    @rule(number=st.integers(0, CLIPS - 1), out=st.booleans())
    def exclude(self, number, out):
        name = f"{number:05d}"
        with self.library.session() as session:
            found = session.scalar(select(Instance.id).join(Clip).where(Clip.video_id == name))
            if out:
                exclude(session, [found], "bad")
            else:
                include(session, [found])
        self.left_out = self.left_out | {name} if out else self.left_out - {name}

    @rule()
    def pack(self):
        pack_loose(self.library, OURS)
        sweep(self.library)

    @rule(number=st.integers(0, CLIPS - 1), version=st.integers(0, 2))
    def import_npy(self, number, version):
        """A folder of arrays, of which one has other content than before, or again that of before."""
        folder = self.folder / "arrays"
        folder.mkdir(exist_ok=True)
        landmarks = make_sequence(6, seed=100 + version, absent=0).landmarks
        np.save(folder / f"{number:05d}.npy", landmarks)
        import_landmarks(self.library, folder)
        self.imported = {path.stem for path in folder.iterdir()}

    @rule(number=st.integers(0, CLIPS - 1))
    def change_clip(self, number):
        """A scan finds another content: what was done of it is to be done again."""
        name = f"{number:05d}"
        with self.library.session() as session:
            clip = session.scalar(select(Clip).where(Clip.video_id == name))
            self.seed += 1
            clip.sha256, clip.availability = f"other {self.seed}", Availability.AVAILABLE
        if name in self.failed or name in self.done:
            self.failed.discard(name)
            self.done.pop(name, None)
        self.work()

    @rule()
    def import_index_again(self):
        found = find_dataset(self.folder / "dataset", unpack_to=self.library.clips_dir)
        assert store_dataset(self.library, read_dataset(found)).new == 0

    @precondition(lambda self: self.done)
    @rule(data=st.data(), gone=st.booleans())
    def damage(self, data, gone):
        """A landmark file is lost or cut: a repair makes exactly its clips pending again."""
        files = sorted(self.library.landmarks_dir.glob("*.h5"), key=lambda path: path.name)
        if not files:
            return
        path = data.draw(st.sampled_from(range(len(files))).map(files.__getitem__))
        lost = self.videos_in(path.name)
        if gone:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-100])
        found = check(self.library).findings
        assert not lost or path.name in {finding.name for finding in found}
        assert check(self.library, repair=True).clean
        for extractor, name in lost:
            if extractor == OURS:
                self.done.pop(name, None)
            else:
                self.imported.discard(name)

    def videos_in(self, name):
        query = (
            "SELECT x.extractor_id, c.video_id FROM extraction x JOIN landmark_file f "
            "ON f.id = x.file_id JOIN instance i ON i.id = x.instance_id "
            "JOIN clip c ON c.id = i.clip_id WHERE f.name = ?"
        )
        with self.library.reading() as session:
            return {tuple(row) for row in session.connection().exec_driver_sql(query, (name,))}

    @rule()
    def leave_rubbish(self):
        self.seed += 1
        (self.library.landmarks_dir / f"clip-9-{self.seed}.h5").write_bytes(b"x")
        (self.library.landmarks_dir / f"pack-{self.seed}.h5.ab.partial").write_bytes(b"x")
        assert check(self.library, repair=True).clean

    @rule()
    def back_up_and_restore(self):
        self.copies += 1
        copy = self.folder / f"copy{self.copies}"
        back_up(self.library, copy, on_progress=silent)
        self.library.close()
        restore(copy, self.library.root, force=True, on_progress=silent)
        shutil.rmtree(copy)
        self.library = Library.open(self.library.root)

    @rule()
    def rebuild_catalog(self):
        self.library.close()
        assert rebuild(self.library.root).report.clean
        self.library = Library.open(self.library.root)

    @invariant()
    def holds(self):
        assert check(self.library).findings == []
        with self.library.reading() as session:
            extractors = list_extractors(session)
        found = {}
        for extractor in extractors:
            with self.library.reading() as session:
                rows = list_sequences(session, extractor_id=extractor.id)
            for row, sequence in zip(rows, load_sequences(self.library, rows), strict=True):
                found[extractor.id == OURS, row.video_id] = sequence.landmarks
        expected = {(True, name) for name in self.done.keys() - self.left_out}
        expected |= {(False, name) for name in self.imported - self.left_out}
        assert found.keys() == expected
        for name in self.done.keys() - self.left_out:
            np.testing.assert_array_equal(found[True, name], self.done[name])

    def teardown(self):
        if hasattr(self, "library"):
            self.library.close()
            shutil.rmtree(self.folder, ignore_errors=True)


LibraryMachine.TestCase.settings = settings(
    max_examples=many(3, 60),
    stateful_step_count=many(12, 30),
    deadline=None,
    derandomize=bool(many(1, 0)),
    suppress_health_check=list(HealthCheck),
)
TestLibrary = LibraryMachine.TestCase
