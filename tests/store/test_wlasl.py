"""The index importer on small, real and hostile indexes."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from store.catalog import list_glosses, list_subsets, list_video_roots
from store.errors import ImportSourceError, NotInCatalogError
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.importers.wlasl import read_index, read_subset
from store.library import Library
from tests.support.library import instance, small_index, write_dataset


def import_folder(library: Library, folder: Path):
    return store_dataset(library, read_dataset(find_dataset(folder, unpack_to=library.clips_dir)))


def rows(library: Library, sql: str) -> list[tuple]:
    with library.reading() as session:
        return [tuple(row) for row in session.execute(text(sql))]


def test_all_fields_are_kept(library, tmp_path):
    index = small_index()
    index[0]["instances"][0]["weather"] = "fine"
    import_folder(library, write_dataset(tmp_path / "d", index))
    (row,) = rows(
        library,
        "SELECT g.text, c.video_id, s.name, split, frame_start, frame_end, i.fps, bbox_left, "
        "bbox_top, bbox_right, bbox_bottom, source, url, variation, number, extra FROM instance i "
        "JOIN gloss g ON g.id = gloss_id JOIN clip c ON c.id = clip_id "
        "JOIN signer s ON s.id = signer_id WHERE c.video_id = '00001'",
    )
    assert row == (
        "book", "00001", "3", "train", 0, None, 25.0, 10, 20, 110, 220, "test",
        "https://example.org/00001.mp4", 0, 0, '{"weather": "fine"}',
    )  # fmt: skip


def test_frames_from_one_become_half_open_from_zero(filled):
    assert rows(
        filled, "SELECT frame_start, frame_end FROM instances WHERE video_id = '00003'"
    ) == [(10, 40)]


def test_importing_again_changes_nothing(library, dataset_folder):
    first = import_folder(library, dataset_folder)
    before = rows(library, "SELECT * FROM instances")
    second = import_folder(library, dataset_folder)
    assert (first.new, second.new, second.updated, second.unchanged) == (4, 0, 0, 4)
    assert rows(library, "SELECT * FROM instances") == before


def test_importing_a_changed_index_updates_and_keeps_ids(filled, tmp_path):
    index = small_index()
    index[0]["instances"][0]["split"] = "val"
    index[1]["gloss"] = "DRINK"
    index[1]["instances"].append(instance("00005"))
    ids = dict(rows(filled, "SELECT video_id, instance_id FROM instances"))
    summary = import_folder(filled, write_dataset(tmp_path / "changed", index))
    assert (summary.new, summary.updated, summary.unchanged) == (1, 3, 1)
    after = dict(rows(filled, "SELECT video_id, instance_id FROM instances"))
    assert {key: after[key] for key in ids} == ids
    assert rows(filled, "SELECT split FROM instances WHERE video_id = '00001'") == [("val",)]


def test_subsets_keep_ids_the_index_does_not_have(filled):
    with filled.reading() as session:
        assert list_subsets(session) == ["100"]
        assert list_glosses(session, subset="100") == ["book"]
        with pytest.raises(NotInCatalogError, match="subset 300"):
            list_glosses(session, subset="300")
    assert rows(filled, "SELECT COUNT(*) FROM subset_entry") == [(3,)]


def test_a_changed_subset_replaces_lines(filled, dataset_folder):
    lines = {"00001": {"subset": "test", "action": [0, 1, 31]}}
    (dataset_folder / "nslt_100.json").write_text(json.dumps(lines), encoding="utf-8")
    import_folder(filled, dataset_folder)
    assert ("100", "00001", "test", 0, 0, 31) in rows(filled, "SELECT * FROM subset_entry")


def test_video_root_is_remembered_once(filled, dataset_folder):
    import_folder(filled, dataset_folder)
    with filled.reading() as session:
        assert list_video_roots(session) == [(dataset_folder / "videos").resolve()]


BAD_INDEXES = {
    "not JSON": ("{", "not JSON"),
    "deep": ("[" * 200_000, "not JSON"),
    "not a list": ('{"a": 1}', "list of glosses"),
    "empty": ("[]", "list of glosses"),
    "glosses alone": ('[{"gloss": "a", "instances": []}]', "no gloss has an instance"),
    "no instances": ('[{"gloss": "a"}]', "no list of instances"),
    "gloss is a number": ('[{"gloss": 1, "instances": []}]', "not a text"),
    "gloss too long": (json.dumps([{"gloss": "x" * 10_000, "instances": []}]), "10000 characters"),
    "gloss with escape codes": (
        json.dumps([{"gloss": "\x1b[2Jbook", "instances": []}]),
        "unprintable",
    ),
    "duplicate id": (
        json.dumps([{"gloss": "a", "instances": [instance("1"), instance("1")]}]),
        "occurs twice",
    ),
}
BAD_VALUES = {
    "path as id": {"video_id": "../../x"},
    "absolute id": {"video_id": "/etc/passwd"},
    "empty id": {"video_id": ""},
    "number as id": {"video_id": 12},
    "nul in id": {"video_id": "a\x00b"},
    "drive in id": {"video_id": "C:x"},
    "frame zero": {"frame_start": 0},
    "frames reversed": {"frame_start": 9, "frame_end": 4},
    "frame as text": {"frame_end": "12"},
    "huge frame": {"frame_end": 10**30},
    "bool frame": {"frame_start": True},
    "unknown split": {"split": "dev"},
    "split as list": {"split": ["train"]},
    "negative fps": {"fps": -5},
    "fps nan": {"fps": float("nan")},
    "box of three": {"bbox": [1, 2, 3]},
    "box of text": {"bbox": ["a", 1, 2, 3]},
    "signer as list": {"signer_id": [1]},
    "url as number": {"url": 5},
    "url endless": {"url": "x" * 10_000},
    "url with escape codes": {"url": "\x1b]0;x\x07"},
    "half a character": {"source": "\ud800"},
    "signer of half a character": {"signer_id": "\ud800"},
    "signer with nul": {"signer_id": "a\x00b"},
    "more is infinite": {"more": float("inf")},
    "more is nan": {"more": [{"a": float("nan")}]},
    "more is deep": {"more": json.loads("[" * 60 + "]" * 60)},
    "more is endless": {"more": "x" * 70_000},
}


@pytest.mark.parametrize(("content", "said"), BAD_INDEXES.values(), ids=BAD_INDEXES)
def test_a_bad_index_is_refused_in_one_sentence(tmp_path, content, said):
    path = tmp_path / "WLASL_v0.3.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ImportSourceError, match=said) as caught:
        read_index(path)
    assert caught.value.hint
    assert len(caught.value.message) < 300
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("changes", BAD_VALUES.values(), ids=BAD_VALUES)
def test_a_bad_value_names_its_instance_and_changes_nothing(filled, tmp_path, changes):
    index = small_index()
    index[0]["instances"][0] |= changes
    before = rows(filled, "SELECT * FROM instances")
    with pytest.raises(ImportSourceError, match="book"):
        import_folder(filled, write_dataset(tmp_path / "bad", index))
    assert rows(filled, "SELECT * FROM instances") == before


@pytest.mark.parametrize(
    "lines",
    [
        [],
        {"1": {}},
        {"1": {"subset": "train", "action": [1, 2]}},
        {"1": {"subset": "train", "action": ["a", 1, 2]}},
        {"1": {"subset": "train", "action": [10**30, 1, 2]}},
        {"../x": {"subset": "train", "action": [0, 1, 2]}},
        {"1": {"subset": "dev", "action": [0, 1, 2]}},
        {"1": 3},
    ],
)
def test_a_bad_subset_is_refused(tmp_path, lines):
    path = tmp_path / "nslt_100.json"
    path.write_text(json.dumps(lines), encoding="utf-8")
    with pytest.raises(ImportSourceError, match=r"nslt_100\.json"):
        read_subset(path)


def test_the_real_index(library, real_data):
    summary = import_folder(library, real_data)
    assert (summary.instances, summary.glosses, summary.signers) == (21_083, 2_000, 119)
    assert summary.subsets == ("100", "300", "1000", "2000")
    again = import_folder(library, real_data)
    assert (again.new, again.updated, again.unchanged) == (0, 0, 21_083)
    splits = rows(library, "SELECT split, instances FROM split_stats ORDER BY split")
    assert splits == [("test", 2_878), ("train", 14_289), ("val", 3_916)]
    with library.reading() as session:
        assert len(list_glosses(session, subset="100")) == 100
        assert list_glosses(session, subset="100")[:3] == ["book", "drink", "computer"]
