"""audit: the same recording several times, glosses and signers across parts."""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from tui.commands.options import Json, context_of, print_json, print_table, say

if TYPE_CHECKING:
    from store.audit import Audit, EvidenceCount

_NAMED: Final = 3
Listing = Literal["recordings", "synonyms", "glosses", "signers"]


def register(app: typer.Typer) -> None:
    app.command()(audit)


def audit(
    context: typer.Context,
    subset: Annotated[
        str, typer.Option(help="An official subset, such as 100 or nslt_100; all: every gloss.")
    ] = "all",
    split: Annotated[
        Literal["official", "signer", "notebook"],
        typer.Option(help="Whose parts; signer and notebook share out clips with landmarks."),
    ] = "official",
    split_seed: Annotated[int, typer.Option(min=0, help="signer: another choice of people.")] = 0,
    listing: Annotated[
        Listing | None, typer.Option("--list", help="The rows behind the counts.")
    ] = None,
    json: Json = False,
) -> None:
    """What would flatter or spoil a number: duplicates, contradictions, gaps. Always exits with 0."""
    from store.audit import audit as look

    name = None if subset == "all" else subset.removeprefix("nslt_")
    found = look(context_of(context).open(), name, split, split_seed)
    if json:
        print_json(found.as_json())
    elif listing:
        _LISTS[listing](found)
    else:
        _print_counts(found)


def _print_counts(found: "Audit") -> None:
    signers = found.signers_in_several_parts
    say(
        f"{f'nslt_{found.subset}' if found.subset else 'All glosses'}, split {found.split}"
        f"{' (leaks)' if found.leaking else ''}: {found.instances:,} instances of "
        f"{len(found.glosses):,} glosses by {len(found.signers):,} signers"
    )
    if found.excluded:
        say(f"{found.excluded:,} excluded instances do not count")
    print_table(
        ["the same by", "known", "recordings", "instances", "contradicting", "crossing"],
        [_count_row(count) for count in found.counts],
    )
    print_table(
        ["part", "instances", "with landmarks", "used", "glosses without", "without used"],
        [
            [p.part, p.instances, p.with_landmarks, p.used, p.lacking, p.lacking_used]
            for p in found.parts
        ],
    )
    for parts, count in found.crossings.items():
        say(f"{_recordings(count)} in {parts}")
    if found.own_copies:
        say(f"{found.own_copies:,} clips have copies of their own in train and val")
    say(f"{_synonyms(found)}\n{signers:,} signers in several parts\n{_gate(found)}")


def _count_row(count: "EvidenceCount") -> list[Any]:
    from store.duplicates import EVIDENCE

    name = "any of these" if count.evidence == "any" else EVIDENCE[count.evidence]
    return [
        name, count.known, count.recordings, count.instances,
        count.contradicting, count.crossing,
    ]  # fmt: skip


def _recordings(count: int) -> str:
    return "1 recording" if count == 1 else f"{count:,} recordings"


def _synonyms(found: "Audit") -> str:
    pairs = [f"{pair.gloss} and {pair.other}" for pair in found.synonyms[:_NAMED]]
    more = " …" if len(found.synonyms) > _NAMED else ""
    named = f": {', '.join(pairs)}{more}" if pairs else ""
    return f"{len(found.synonyms):,} pairs of glosses share a recording{named}"


def _gate(found: "Audit") -> str:
    if found.leaking:
        return "A training on this split drops nothing: it leaks, and is labelled so"
    said = found.dropped.in_words()
    return f"A training treats identical clips so: {said}" if said else "A training drops nothing"


def _list_recordings(found: "Audit") -> None:
    from store.duplicates import EVIDENCE

    print_table(
        ["glosses", "parts", "the same", "video ids"],
        [
            [", ".join(same.glosses), ", ".join(same.parts),
             ", ".join(EVIDENCE[name] for name in same.evidence),
             " ".join(copy.video_id for copy in same.copies)]
            for same in found.recordings
        ],
    )  # fmt: skip


def _list_synonyms(found: "Audit") -> None:
    from store.duplicates import EVIDENCE

    print_table(
        ["gloss", "other", "recordings", *EVIDENCE.values()],
        [
            [pair.gloss, pair.other, pair.recordings, *(pair.by[name] for name in EVIDENCE)]
            for pair in found.synonyms
        ],
    )


def _list_glosses(found: "Audit") -> None:
    """Glosses that a part lacks first."""
    parts = [part.part for part in found.parts]
    print_table(
        ["gloss", *parts, *(f"{part} used" for part in parts)],
        [
            [row.gloss, *row.instances.values(), *row.used.values()]
            for row in sorted(
                found.glosses, key=lambda row: (min(row.used["train"], row.used["val"]), row.gloss)
            )
        ],
    )


def _list_signers(found: "Audit") -> None:
    parts = [part.part for part in found.parts]
    print_table(
        ["signer", *parts, "in several parts"],
        [
            [row.signer, *row.instances.values(), "yes" if len(row.parts) > 1 else ""]
            for row in found.signers
        ],
    )


_LISTS: Final = {
    "recordings": _list_recordings,
    "synonyms": _list_synonyms,
    "glosses": _list_glosses,
    "signers": _list_signers,
}
