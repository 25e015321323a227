"""A process that commits sequences as fast as it can: `python -P -m tests.store.committing LIBRARY`.

It does what the extraction job does with its results, in the order of the queue, without MediaPipe.
"""

import sys
import uuid
from pathlib import Path

from sqlalchemy import select

from store.extractions import list_work, mark, record_done
from store.jobs import create_job, run_job
from store.landmarks import write_sequences
from store.library import Library
from store.pack import pack_loose
from store.schema import Extractor
from store.words import ExtractionStatus, JobKind
from tests.support.library import make_sequence

PACKED = 60


def main(root: Path) -> None:
    library = Library.open(root)
    with library.reading() as session:
        extractor_id = session.scalars(select(Extractor.id)).one()
        work = list_work(session, extractor_id)
    with run_job(library, create_job(library, JobKind.EXTRACT, {})):
        for number, item in enumerate(work, start=1):
            sequence = make_sequence(item.frames, seed=item.extraction_id)
            path = library.landmarks_dir / f"clip-{item.extraction_id}-{uuid.uuid4().hex[:8]}.h5"
            with library.session() as session:
                mark(session, [item.extraction_id], ExtractionStatus.RUNNING)
            write_sequences(path, [(item.video_id, sequence)])
            with library.session() as session:
                record_done(session, item, sequence, file=path, seconds=1.0)
            if number % PACKED == 0:
                pack_loose(library, extractor_id)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
