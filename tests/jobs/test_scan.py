"""Every clip of the index ends available, missing or corrupt, with its reason."""

import shutil

from sqlalchemy import select

from capture import scanner
from capture.scanner import find_files
from store.jobs import create_job, run_job
from store.schema import Clip
from store.words import JobKind
from tests.jobs.extracting import SHORT, library_over, real_videos, run


def clips(library):
    with library.reading() as session:
        return {clip.video_id: clip for clip in session.scalars(select(Clip))}


def test_every_clip_is_accounted_for(real_data, tmp_path):
    library = library_over(
        tmp_path,
        {
            **real_videos(real_data, ["01377", "53199"]),
            "02622": real_data / "corrupt_videos" / "02622.mp4",
            "00010": b"",
            "00011": b"<html>gone</html>",
            "00012": None,
        },
    )
    code, job = run(library, JobKind.SCAN)
    assert (code, job.status, job.error) == (0, "finished", None)
    expected = {"available": 2, "corrupt": 3, "missing": 1, "unknown": 0, "decoded": 5}
    assert expected.items() <= job.result.items()
    found = clips(library)
    assert (found["01377"].frames, found["01377"].header_frames) == (22, 25)
    assert found["02622"].reason == "undecodable: its bytes were mangled by a text conversion"
    assert found["00010"].reason == "empty: zero bytes"
    assert found["00011"].reason.startswith("a web page")
    assert found["00012"].reason == "in none of the video folders"

    # Nothing has changed: nothing is decoded again, unless asked for.
    assert run(library, JobKind.SCAN)[1].result["decoded"] == 0
    assert run(library, JobKind.SCAN, full=True)[1].result["decoded"] == 5

    # A clip replaced, one lost, one come back.
    folder = tmp_path / "dataset" / "videos"
    shutil.copy(folder / "53199.mp4", folder / "00010.mp4")
    shutil.copy(folder / "53199.mp4", folder / "00012.mp4")
    (folder / "01377.mp4").unlink()
    result = run(library, JobKind.SCAN)[1].result
    assert (result["available"], result["missing"], result["decoded"]) == (3, 1, 2)
    assert clips(library)["01377"].path is None


def test_files_are_found_by_id_in_the_first_root_that_has_them(tmp_path):
    problems = []
    for place in ("one/7.webm", "one/8.txt", "two/7.mp4", "two/8.MP4", "two/9.mkv", "two/9.mp4"):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.touch()
    roots = [tmp_path / "none", tmp_path / "one", tmp_path / "two"]
    found = find_files(roots, on_problem=problems.append)
    assert {stem: path.name for stem, path in found.items()} == {
        "7": "7.webm",
        "8": "8.MP4",
        "9": "9.mp4",
    }
    assert len(problems) == 1
    assert "none" in problems[0]


def test_a_scan_says_how_long_the_rest_takes(real_data, tmp_path, monkeypatch):
    library = library_over(tmp_path, real_videos(real_data, SHORT))
    said = []
    monkeypatch.setattr(scanner, "_WRITE_S", 0.0)
    job_id = create_job(library, JobKind.SCAN, {"workers": 1})
    with run_job(library, job_id) as job:
        monkeypatch.setattr(job, "progress", lambda **what: said.append(what))
        scanner.scan(job)
    ranges = [what["detail"]["eta_s"] for what in said if what["detail"]["eta_s"]]
    assert ranges[-1] == [0.0, 0.0], "at the end nothing is left"
    assert len(ranges) > 2
    assert all(0 <= low <= high for low, high in ranges)
    assert ranges[0][1] > 0
    library.close()
