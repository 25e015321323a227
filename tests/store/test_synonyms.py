"""What counts as a known synonym: evidence from other recordings than the clip's own."""

from sqlalchemy import select, update

from store.schema import Clip, Gloss, Instance
from store.synonyms import read_synonyms


def same_range(library, *groups):
    """Let instances be one recording each: same address and frames."""
    with library.session() as session:
        for place, ids in enumerate(groups):
            session.execute(
                update(Instance)
                .where(Instance.id.in_(ids))
                .values(url=f"http://one.example/{place}", frame_start=0, frame_end=50)
            )


def by_gloss(library):
    with library.reading() as session:
        rows = session.execute(
            select(Instance.id, Gloss.text).join(Gloss, Gloss.id == Instance.gloss_id)
        ).all()
    found: dict[str, list[int]] = {}
    for number, gloss in rows:
        found.setdefault(gloss, []).append(number)
    return found


def test_a_shared_recording_makes_synonyms_for_other_clips_alone(filled):
    (one, first), (two, second) = list(by_gloss(filled).items())[:2]
    same_range(filled, [first[0], second[0]])
    known = read_synonyms(filled)
    assert known.count_pairs([one, two]) == 1
    assert known.count_pairs([one]) == 0
    assert known.are(one, two, first[1])
    assert known.are(two, one, second[1])
    assert not known.are(one, two, first[0]), "its own recording is no evidence about it"
    assert not known.are(two, one, second[0])
    assert not known.are(one, "no such gloss", first[1])
    assert known.others_of(first[0], one) == (two,)
    assert known.others_of(first[1], one) == ()


def test_a_second_recording_speaks_for_the_first(filled):
    (one, first), (two, second) = list(by_gloss(filled).items())[:2]
    same_range(filled, [first[0], second[0]], [first[1], second[1]])
    known = read_synonyms(filled)
    assert known.are(one, two, first[0])
    assert known.are(one, two, first[1])


def test_excluded_instances_are_no_evidence(filled):
    (one, first), (two, second) = list(by_gloss(filled).items())[:2]
    same_range(filled, [first[0], second[0]])
    with filled.session() as session:
        session.execute(update(Instance).where(Instance.id == second[0]).values(excluded=True))
    known = read_synonyms(filled)
    assert not known.are(one, two, first[1])
    assert known.recordings == {}


def test_twins_of_one_gloss_are_no_synonyms(filled):
    (_, first), _ = list(by_gloss(filled).items())[:2]
    same_range(filled, first[:2])
    known = read_synonyms(filled)
    assert (known.recordings, dict(known.own)) == ({}, {})


def test_wlasl_has_as_many_as_its_audit_says(real_data, tmp_path):
    from store.importers.dataset import read_dataset, store_dataset
    from store.importers.source import find_dataset
    from store.library import Library

    library = Library.create(tmp_path / "library")
    store_dataset(
        library,
        read_dataset(find_dataset(None, index=real_data / "WLASL_v0.3.json", unpack_to=tmp_path)),
    )
    known = read_synonyms(library)
    with library.reading() as session:
        clips = dict(session.execute(select(Clip.video_id, Instance.id).join(Instance)).all())
    library.close()
    assert (
        known.count_pairs({gloss for pair in known.recordings for gloss in pair})
        == len(known.recordings)
        > 500
    )
    assert set(known.own) <= set(clips.values())
