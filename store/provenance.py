"""From which datasets landmarks come, and under which licence, as far as the index tells."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from store.batches import batches
from store.library import Library
from store.recordings import SOURCE as RECORDED
from store.schema import Extraction, Gloss, Instance
from store.words import ExtractionStatus

NOT_STATED: Final = "not stated"
DRAWN: Final = "signtui-demo"
"""What the drawn data set names as its source."""
WLASL_SITES: Final = frozenset(
    (
        "aslbrick", "asldeafined", "asllex", "asl5200", "aslpro", "aslsearch", "aslsignbank", "aslu",
        "elementalasl", "handspeak", "lillybauer", "nabboud", "northtexas", "scott", "signingsavvy",
        "signschool", "spreadthesign", "startasl", "valencia-asl",
    )
)  # fmt: skip
"""The sources that WLASL_v0.3.json names; all of its 21,083 instances have one of them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A dataset and what of it was used."""

    name: str
    licence: str
    clips: int


_WLASL: Final = (
    "WLASL (Word-Level American Sign Language)",
    "C-UDA 1.0: academic and computational use only",
)
_KNOWN: Final = {
    RECORDED: ("recorded with signtui", NOT_STATED),
    DRAWN: ("drawn by signtui", "MIT, as signtui itself"),
    **dict.fromkeys(WLASL_SITES, _WLASL),
}


def list_origins(library: Library, extractor_id: int, glosses: Collection[str]) -> list[Origin]:
    """Datasets of the sequences of these glosses, most clips first; excluded ones do not count."""
    found: Counter[tuple[str, str]] = Counter()
    with library.reading() as session:
        for some in batches(sorted(glosses)):
            rows = session.execute(
                select(Instance.source, func.count(Instance.id))
                .join(Extraction, Extraction.instance_id == Instance.id)
                .join(Gloss, Gloss.id == Instance.gloss_id)
                .where(
                    Extraction.extractor_id == extractor_id,
                    Extraction.status == ExtractionStatus.DONE,
                    Instance.excluded.is_(False),
                    Gloss.text.in_(some),
                )
                .group_by(Instance.source)
            )
            for source, clips in rows:
                found[_dataset(source)] += int(clips)
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [Origin(name, licence, clips) for (name, licence), clips in ordered]


def _dataset(source: str | None) -> tuple[str, str]:
    return _KNOWN.get(source or "", (source or "a dataset without a name", NOT_STATED))
