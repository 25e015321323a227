"""Folders, archives and explicit paths, trusted and not."""

import io
import json
import os
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from store.errors import DiskFullError, ImportSourceError
from store.importers import source as source_module
from store.importers.source import find_dataset, unpack
from tests.support.library import small_index


def write_zip(path: Path, members: dict[str, bytes], **options) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def index_bytes() -> bytes:
    return json.dumps(small_index()).encode()


def all_files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_the_kaggle_layout(tmp_path):
    path = write_zip(
        tmp_path / "wlasl.zip",
        {
            "WLASL_v0.3.json": index_bytes(),
            "nslt_100.json": b"{}",
            "missing.txt": b"1\n",
            "videos/00001.mp4": b"clip one",
            "videos/00002.mp4": b"clip two",
        },
    )
    seen: list[tuple[int, int]] = []
    paths = find_dataset(
        path, unpack_to=tmp_path / "clips", on_progress=lambda *step: seen.append(step)
    )
    assert paths.videos is not None
    assert all_files(paths.videos) == {"00001.mp4", "00002.mp4"}
    assert [subset.name for subset in paths.subsets] == ["nslt_100.json"]
    assert seen[-1] == (4, 4)


def test_unpacking_again_keeps_what_is_there(tmp_path):
    path = write_zip(
        tmp_path / "w.zip", {"WLASL_v0.3.json": index_bytes(), "videos/00001.mp4": b"clip"}
    )
    clip = unpack(path, tmp_path / "out") / "videos" / "00001.mp4"
    os.utime(clip, (1, 1))
    unpack(path, tmp_path / "out")
    assert clip.stat().st_mtime == 1


EVIL_NAMES = ["../evil.mp4", "/tmp/evil.mp4", "videos/../../evil.mp4", "C:\\evil.mp4", "..\\e.mp4"]


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_paths_that_leave_the_folder_are_refused_before_anything_is_written(tmp_path, name):
    path = write_zip(tmp_path / "evil.zip", {"WLASL_v0.3.json": index_bytes(), name: b"x"})
    with pytest.raises(ImportSourceError, match="leaves the folder"):
        unpack(path, tmp_path / "out")
    assert all_files(tmp_path) == {"evil.zip"}


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("videos/00001.mp4")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("WLASL_v0.3.json", index_bytes())
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ImportSourceError, match="is a link"):
        unpack(path, tmp_path / "out")


def test_two_contents_under_one_name_are_refused(tmp_path):
    """Whichever came last would be the clip; the same content twice is no harm."""
    twice = {"WLASL_v0.3.json": index_bytes(), "a/00001.mp4": b"one", "b/00001.mp4": b"one"}
    unpack(write_zip(tmp_path / "same.zip", twice), tmp_path / "same")
    twice["b/00001.mp4"] = b"two"
    path = write_zip(tmp_path / "two.zip", twice)
    with pytest.raises(ImportSourceError, match="two different files named videos/00001"):
        unpack(path, tmp_path / "out")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("WLASL_v0.3.json", index_bytes())
        archive.writestr("00001.mp4", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("00001.mp4", b"other")
    with pytest.raises(ImportSourceError, match="two different files"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_that_differ_in_case_are_two_clips_where_they_can_be(tmp_path, monkeypatch):
    members = {"WLASL_v0.3.json": index_bytes(), "a.mp4": b"one", "A.mp4": b"two"}
    path = write_zip(tmp_path / "case.zip", members)
    monkeypatch.setattr(source_module, "_FOLDS_CASE", True)
    with pytest.raises(ImportSourceError, match="two different files"):
        unpack(path, tmp_path / "out")


def test_a_zip_bomb_is_refused(tmp_path):
    path = write_zip(
        tmp_path / "bomb.zip",
        {"WLASL_v0.3.json": index_bytes(), "videos/00001.mp4": bytes(64 * 2**20)},
        compression=zipfile.ZIP_DEFLATED,
    )
    with pytest.raises(ImportSourceError, match="would unpack to"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("WLASL_v0.3.json", index_bytes())
        archive.writestr("videos/00001.mp4", bytes(100_000))
    raw = bytearray(buffer.getvalue())
    # The size in the central directory: 24 bytes after its last signature.
    place = raw.rindex(b"PK\x01\x02") + 24
    raw[place : place + 4] = (500).to_bytes(4, "little")
    path = tmp_path / "liar.zip"
    path.write_bytes(raw)
    with pytest.raises(ImportSourceError):
        unpack(path, tmp_path / "out")
    assert "videos/00001.mp4" not in all_files(tmp_path / "out")


def test_a_zip_with_a_bad_index_unpacks_nothing(tmp_path):
    path = write_zip(tmp_path / "bad.zip", {"WLASL_v0.3.json": b"[]", "videos/00001.mp4": b"x"})
    with pytest.raises(ImportSourceError, match="list of glosses"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_damaged_zip_is_refused(tmp_path, content):
    path = tmp_path / "damaged.zip"
    path.write_bytes(content)
    with pytest.raises(ImportSourceError, match="no readable zip"):
        unpack(path, tmp_path / "out")


def test_no_space_is_said_before_unpacking(tmp_path, monkeypatch):
    path = write_zip(tmp_path / "w.zip", {"WLASL_v0.3.json": index_bytes()})
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("store.importers.source.shutil.disk_usage", lambda _path: usage)
    with pytest.raises(DiskFullError, match="10 free"):
        unpack(path, tmp_path / "out")


def test_foreign_files_in_an_archive_are_left_alone(tmp_path):
    members = {
        "WLASL_v0.3.json": index_bytes(), "README": b"hi", "run.py": b"1", "videos/a b.mp4": b"x",
    }  # fmt: skip
    target = unpack(write_zip(tmp_path / "w.zip", members), tmp_path / "out")
    assert all_files(target) == {"WLASL_v0.3.json"}


def test_a_missing_source_is_named(tmp_path):
    for paths in ({"source": tmp_path / "none"}, {"source": None, "index": tmp_path / "none.json"}):
        with pytest.raises(ImportSourceError, match="not there"):
            find_dataset(**paths, unpack_to=tmp_path)
    with pytest.raises(ImportSourceError, match="Nothing to import"):
        find_dataset(None, unpack_to=tmp_path)


def test_a_folder_without_an_index_is_refused(tmp_path):
    with pytest.raises(ImportSourceError, match=r"no WLASL_v0\.3\.json"):
        find_dataset(tmp_path, unpack_to=tmp_path)


def test_a_missing_video_folder_is_refused(dataset_folder, tmp_path):
    with pytest.raises(ImportSourceError, match="video folder"):
        find_dataset(dataset_folder, videos=tmp_path / "gone", unpack_to=tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may read everything")
def test_an_unreadable_video_folder_is_refused(dataset_folder, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    with pytest.raises(ImportSourceError, match="cannot be read"):
        find_dataset(dataset_folder, videos=locked, unpack_to=tmp_path)


def test_an_unreadable_video_folder_is_refused_whoever_runs(dataset_folder, monkeypatch):
    def refuse(_folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ImportSourceError, match="Permission denied"):
        source_module.require_folder(dataset_folder)
