"""Hold the catalog against the files, both ways; with `repair`, make them agree again.

What is damaged or gone is forgotten and becomes pending, so that the next extraction or import
makes it anew. Files that no row points to are what a killed job leaves: a repair deletes them, but
not where they hold more than a kill can leave.
"""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update

from store.check_files import check_clips, check_runs
from store.database import translated_errors
from store.errors import DamagedFileError
from store.files import write_error
from store.findings import CheckReport, Finding
from store.jobs import list_jobs, recover_jobs
from store.landmarks import read_sequences, read_video_ids
from store.library import Library
from store.pack import list_files, list_lost, sweep
from store.rest import require_rest
from store.schema import Clip, Extraction, Instance, LandmarkFile
from store.tally import find_wrong, freshen, mark
from store.words import ExtractionStatus, JobKind, Status

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class _Stored:
    extraction_id: int
    video_id: str
    position: int | None
    sha256: str | None


def check(library: Library, *, repair: bool = False) -> CheckReport:
    """Read every file of a library and compare it with its rows.

    Raises:
        LibraryBusyError: a repair was asked for while a job is at work.
        DamagedFileError: the catalog cannot be read; `store.rebuild` makes a new one.
        StoreError: a file cannot be read at all.
    """
    recover_jobs(library)
    if repair:
        require_rest(library)
    findings = _check_database(library) + _check_folder(library, repair=repair)
    files, counted = _stored(library)
    broken: dict[str, tuple[str, str, list[int]]] = {}
    for name, rows in files.items():
        problem = _check_file(library, name, rows)
        if problem is not None:
            broken[name] = problem
    stale = _stale_rows(library)
    if repair:
        _forget(library, broken, stale)
    findings += [Finding(kind, name, text, repair) for name, (kind, text, _) in broken.items()]
    if stale:
        text = f"{len(stale)} extractions say they run, but no job does"
        findings.append(Finding("stale", "extraction", text, repair))
    findings += _check_orphans(library, set(files), repair=repair)
    findings += _check_figures(library, repair=repair)
    findings += check_runs(library, repair=repair) + check_clips(library, repair=repair)
    return CheckReport(len(files), counted, findings)


def _check_database(library: Library) -> list[Finding]:
    findings = []
    with translated_errors(), closing(library.connect_read_only()) as connection:
        for pragma in ("integrity_check(5)", "foreign_key_check"):
            for row in _rows(connection, pragma):
                if row != ("ok",):
                    text = ", ".join(str(value) for value in row)
                    findings.append(Finding("catalog", "catalog.sqlite", text, repaired=False))
    return findings


def _check_folder(library: Library, *, repair: bool) -> list[Finding]:
    if library.landmarks_dir.is_dir():
        return []
    if repair:
        try:
            library.landmarks_dir.mkdir(parents=True)
        except OSError as error:
            raise write_error(error, library.landmarks_dir) from error
    return [Finding("folder", "landmarks", "the folder is not there", repair)]


def _check_figures(library: Library, *, repair: bool) -> list[Finding]:
    """Kept figures against a new count."""
    wrong = find_wrong(library)
    if not wrong:
        return []
    if repair:
        mark(library, wrong)
        freshen(library)
    text = f"the statistics of {len(wrong)} blocks of rows are not what is there"
    return [Finding("figures", "tally", text, repair)]


def _rows(connection: sqlite3.Connection, pragma: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"PRAGMA {pragma}").fetchall()


def _stored(library: Library) -> tuple[dict[str, list[_Stored]], int]:
    files: dict[str, list[_Stored]] = {}
    with library.reading() as session:
        for name in session.scalars(select(LandmarkFile.name)):
            files[name] = []
        rows = session.execute(
            select(
                LandmarkFile.name,
                Extraction.id,
                Clip.video_id,
                Extraction.position,
                Extraction.landmarks_sha256,
            )
            .join(Extraction, Extraction.file_id == LandmarkFile.id)
            .join(Instance, Instance.id == Extraction.instance_id)
            .join(Clip, Clip.id == Instance.clip_id)
        ).all()
    for row in rows:
        files[row[0]].append(_Stored(row[1], row[2], row[3], row[4]))
    return files, len(rows)


def _check_file(
    library: Library, name: str, rows: list[_Stored]
) -> tuple[str, str, list[int]] | None:
    """What is wrong with a file: kind, text, and the extractions that suffer."""
    ids = [row.extraction_id for row in rows]
    try:
        path = library.landmark_path(name)
        if not path.is_file():
            return "missing", f"the file of {len(ids)} extractions is not there", ids
        names = read_video_ids(path)
        sequences = read_sequences(path, [row.position or 0 for row in rows])
    except DamagedFileError as error:
        return "damaged", f"{error.message} {len(ids)} extractions rest on it", ids
    wrong = [
        row.extraction_id
        for row, sequence in zip(rows, sequences, strict=True)
        if names[row.position or 0] != row.video_id or row.sha256 not in {None, sequence.sha256()}
    ]
    if wrong:
        return "damaged", f"{len(wrong)} sequences are not what was written", wrong
    return None


def _stale_rows(library: Library) -> list[int]:
    if any(
        job.kind == JobKind.EXTRACT and job.status == Status.RUNNING for job in list_jobs(library)
    ):
        return []
    with library.reading() as session:
        running = Extraction.status == ExtractionStatus.RUNNING
        done = Extraction.status == ExtractionStatus.DONE
        done_without_file = done & Extraction.file_id.is_(None)
        return list(session.scalars(select(Extraction.id).where(running | done_without_file)))


def _forget(
    library: Library, broken: dict[str, tuple[str, str, list[int]]], stale: list[int]
) -> None:
    ids = stale + [extraction for _, _, suffering in broken.values() for extraction in suffering]
    with library.session() as session:
        for start in range(0, len(ids), _AT_ONCE):
            session.execute(
                update(Extraction)
                .where(Extraction.id.in_(ids[start : start + _AT_ONCE]))
                .values(
                    status=ExtractionStatus.PENDING,
                    attempts=0,
                    file_id=None,
                    position=None,
                    landmarks_sha256=None,
                )
            )
        used = select(Extraction.file_id).where(Extraction.file_id.is_not(None))
        session.execute(
            delete(LandmarkFile).where(
                LandmarkFile.name.in_(list(broken)), LandmarkFile.id.not_in(used)
            )
        )
    for name in broken:
        _drop_if_unused(library, name)


def _drop_if_unused(library: Library, name: str) -> None:
    with library.reading() as session:
        if session.scalar(select(LandmarkFile.id).where(LandmarkFile.name == name)) is None:
            with suppress(DamagedFileError):
                library.landmark_path(name).unlink(missing_ok=True)


def _check_orphans(library: Library, known: set[str], *, repair: bool) -> list[Finding]:
    found = sorted(path.name for path in list_files(library) if path.name not in known)
    lost = list_lost(library)
    if lost:
        return [
            Finding(
                "lost",
                name,
                f"{count} clips in it are nowhere else: the catalog is older than this file; take it "
                "up with: signtui check --rebuild",
                repaired=False,
            )
            for name, count in sorted(lost.items())
        ]
    if repair:
        sweep(library)
    return [
        Finding(
            "orphan",
            name,
            "no row points to this file",
            repaired=repair and not (library.landmarks_dir / name).exists(),
        )
        for name in found
    ]
