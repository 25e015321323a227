"""The model card: what stands in bundle.json, as a text that says what the model is and is not.

It follows Mitchell et al., Model Cards for Model Reporting (FAT* 2019). All words that come from
elsewhere are escaped: the card is Markdown without markup, links or paths of theirs.
"""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ml.bundle import CARD, LITERT, Bundle, read_bundle
from ml.config import PRESETS, TrainConfig, from_json
from ml.errors import ConfigError
from ml.recipe import train_command
from store.files import write_text
from store.provenance import NOT_STATED
from store.splits import Dropped
from store.words import SPLITS

_MARKUP: Final = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]()<>#+-!|~&"})
_LONGEST: Final = 200
_LARGEST: Final = 1e15
_LIMITS: Final = """\
It names isolated signs, one at a time. Sentences, grammar and fingerspelled words are beyond it.
It knows the glosses in `labels.json` and no others: any other sign is taken for one of them, or for \
unknown where its score is low.
It sees {landmarks}: what else tells signs apart is lost on it.
{people}
Other cameras, angles and light than those of its clips, and variants of a sign that it was not \
trained on, lower its accuracy; how much was not measured.
A gloss is a label for a sign, no translation. Do not use it where a mistake could harm anyone, nor in \
place of an interpreter."""
_STRANGERS: Final = (
    "People it was not trained on are read worse: {how}, so that the accuracies above hold for people "
    "as those of its clips at best."
)
_PEOPLE: Final = {
    "signer": "Nobody is in two parts of its split: the accuracies above are those of people that it "
    "was not trained on.",
    "official": _STRANGERS.format(how="most signers are in several parts of its split"),
    "notebook": _STRANGERS.format(how="signers, and copies of clips, are in several parts"),
}
_SEES: Final = {
    "hands": "the hands alone, not the face, the mouth or the body",
    "holistic": "hands, pose and lips as landmarks, not the picture",
}


def write_card(folder: Path) -> None:
    """Put the card into a bundle in place of an older one.

    Raises:
        CheckpointError: it is no bundle.
        DiskFullError, StoreError: the card cannot be written; an older one stays.
    """
    write_text(folder / CARD, render_card(read_bundle(folder)))


def render_card(bundle: Bundle) -> str:
    """The card of a bundle, in Markdown."""
    about = bundle.about
    config = _config(about)
    name = plain(config.name) if config and config.name else f"run {plain(about.get('run'))}"
    sections = (
        (f"# Model card: {name}", _head(bundle)),
        ("## Data", _data(about)),
        ("## Accuracy", _accuracy(about)),
        ("## Scores", _scores(about)),
        ("## Size and speed", _size(about)),
        ("## What it cannot do", _limits(about)),
        ("## How to make it again", _again(about, config)),
    )
    return "\n\n".join("\n".join((title, "", *lines)) for title, lines in sections) + "\n"


def plain(value: object, length: int = _LONGEST) -> str:
    """Foreign text as one line without markup or control characters."""
    text = " ".join(str(value).split())
    shown = "".join(sign for sign in text if sign.isprintable())[:length]
    unlinked = shown.translate(_MARKUP).replace("://", "\\://").replace("www.", "www\\.")
    return unlinked or NOT_STATED


def _head(bundle: Bundle) -> Iterator[str]:
    made = _part(bundle.about, "versions")
    yield (
        f"Names one of {len(bundle.labels):,} glosses (`labels.json`) when shown the landmarks of an "
        f"isolated sign, or says that it does not know. Trained with signtui "
        f"{plain(made.get('signtui'))}, Keras {plain(made.get('keras'))} on "
        f"{plain(made.get('backend'))}."
    )
    yield ""
    yield "Written from `bundle.json` when the model is made, and again when it is evaluated."


def _data(about: Mapping[str, Any]) -> Iterator[str]:
    yield "| dataset | clips of these glosses with landmarks | licence of the data |"
    yield "|---|---|---|"
    for origin in _rows(about, "data"):
        yield (
            f"| {plain(origin.get('name'))} | {_count(origin.get('clips'))} | "
            f"{plain(origin.get('licence'))} |"
        )
    made, split, clips = (_part(about, name) for name in ("extractor", "split", "clips"))
    yield ""
    yield (
        f"- Landmarks: {plain(made.get('landmark_set'))}, by {plain(_file_name(made.get('origin')))}; "
        f"identity {plain(made.get('key'), 100)}"
    )
    yield f"- Split: {plain(split.get('kind'))}, hash {plain(split.get('hash'), 64)}"
    counts = ", ".join(f"{_count(clips.get(name))} {name}" for name in SPLITS)
    yield f"- Clips: {counts}"
    yield f"- Clips that are the same recording: {_dropped(split)}"
    yield from _began(about)


def _began(about: Mapping[str, Any]) -> Iterator[str]:
    """What went before: its data is in the weights as well."""
    yield from _taught(about)
    start = _part(about, "start")
    if not start:
        return
    clips = ", ".join(
        f"{_count(row.get('clips'))} of {plain(row.get('name'))} ({plain(row.get('licence'))})"
        for row in _rows(start, "data")
    )
    yield (
        f"- It began with the weights of {plain(start.get('name'))} "
        f"({plain(start.get('weights'), 64)}), which knows {_count(start.get('glosses'))} glosses from "
        f"clips with landmarks: {clips or NOT_STATED}"
    )


def _taught(about: Mapping[str, Any]) -> Iterator[str]:
    teachers = _rows(_part(about, "config"), "teachers")
    if teachers:
        names = ", ".join(
            f"{plain(row.get('name'))} ({plain(row.get('weights'), 64)})" for row in teachers
        )
        several = "models" if len(teachers) > 1 else "model"
        yield f"- It learned the answers of {len(teachers)} other {several} beside the labels: {names}"


def _dropped(split: Mapping[str, Any]) -> str:
    said = _part(split, "dropped")
    if not said:
        return NOT_STATED
    known = {name: said.get(name) for name in asdict(Dropped())}
    counts = {name: value for name, value in known.items() if isinstance(value, int)}
    return Dropped(**counts).in_words() or "none were met"


def _accuracy(about: Mapping[str, Any]) -> Iterator[str]:
    own = _part(about, "split")
    if own.get("leaking"):
        yield "**Copies of the same clips are in train and val: this says nothing about new clips.**"
        yield ""
    judged = {name: _part(about, "evaluations", name) for name in SPLITS}
    if not any(judged.values()):
        yield "Not measured."
        return
    yield "| part | counted | n | top-1 | top-5 | top-10 |"
    yield "|---|---|---|---|---|---|"
    for name, found in judged.items():
        rests = _part(found, "rests_on")
        for what, key, n in (
            ("clips", "per_instance", rests.get("clips")),
            ("glosses", "per_gloss", rests.get("glosses")),
        ):
            if tops := _part(found, key):
                cells = " | ".join(_ratio(_part(tops, top)) for top in ("top1", "top5", "top10"))
                yield f"| {name} | {what} | {_count(n)} | {cells} |"
    yield ""
    yield (
        "In brackets: 95 % intervals, Wilson's for clips, a bootstrap over clips for glosses. The "
        "best epoch and the calibration were chosen by val, which flatters val; test was not looked "
        "at before it was measured."
    )
    for name, found in judged.items():
        if found:
            yield ""
            yield _covered(name, found, str(own.get("hash")))


def _covered(name: str, found: Mapping[str, Any], trained_on: str) -> str:
    rests, synonyms = _part(found, "rests_on"), _part(found, "synonyms")
    named = rests.get("clips_named")
    of = f" of {_count(named)} that the index names" if named is not None else ""
    said = (
        f"{name}: {_count(rests.get('clips'))} clips{of}, {_count(rests.get('glosses'))} of "
        f"{_count(rests.get('glosses_of_run'))} glosses. Where known synonyms count as right, top-1 is "
        f"{_ratio(synonyms)}."
    )
    if found.get("split_hash") != trained_on:
        said += " The library had other clips than when the model was trained."
    return said


def _scores(about: Mapping[str, Any]) -> Iterator[str]:
    found = _part(about, "calibration")
    if not found.get("n"):
        yield "Not calibrated: too few clips in val."
        return
    yield (
        f"Fitted on {_count(found.get('n'))} clips of val: temperature "
        f"{_decimal(found.get('temperature'))}; from a score of {_decimal(found.get('threshold'))} on a "
        f"sign is named. Cross-fitted: {_percent(found.get('coverage'))} of the clips lie above it, "
        f"{_percent(found.get('precision'))} of these are right; expected calibration error "
        f"{_percent(found.get('error'))}, {_percent(found.get('error_before'))} before calibration."
    )


def _size(about: Mapping[str, Any]) -> Iterator[str]:
    stored = _part(about, "files", LITERT).get("bytes")
    yield f"- {_count(about.get('parameters'))} parameters; LiteRT model of {_count(stored)} bytes"
    found = _part(about, "latency")
    if found:
        yield (
            f"- Model alone, LiteRT, one clip at a time on one thread: {_decimal(found.get('p50_ms'))} ms "
            f"(p50), {_decimal(found.get('p95_ms'))} ms (p95) over {_count(found.get('clips'))} clips, "
            "on the machine that evaluated it last"
        )


def _limits(about: Mapping[str, Any]) -> Iterator[str]:
    seen = str(_part(about, "extractor").get("landmark_set"))
    kind = str(_part(about, "split").get("kind"))
    said = _LIMITS.format(
        landmarks=_SEES.get(seen, "landmarks, not the picture"),
        people=_PEOPLE.get(kind, _STRANGERS.format(how="nobody knows who is in which part")),
    )
    yield from (f"- {limit}" for limit in said.splitlines())


def _again(about: Mapping[str, Any], config: TrainConfig | None) -> Iterator[str]:
    if config is None:
        yield "Its settings are not those of this signtui."
        return
    command = train_command(config, PRESETS[config.preset])
    yield "In a library with the same clips and landmarks:"
    yield ""
    yield f"    {shlex.join(command)}"
    yield ""
    if isinstance(config.glosses, list):
        yield "`glosses.txt` has the glosses of `labels.json`, one a line."
        yield ""
    yield (
        "The same split hash tells that the data is the same. On the same machine and versions the "
        f"result is the same; elsewhere it may differ a little. Best epoch here: "
        f"{_epoch(about.get('best_epoch'))}. Measure it again: `signtui evaluate RUN`."
    )


def _config(about: Mapping[str, Any]) -> TrainConfig | None:
    try:
        return from_json(TrainConfig, about.get("config"))
    except ConfigError:
        return None


def _part(said: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """What lies under these names; nothing where it is no object."""
    found: Any = said
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _rows(about: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = about.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _file_name(value: object) -> str:
    """An origin may be a file's name, and is never more than that."""
    return str(value).replace("\\", "/").rsplit("/", maxsplit=1)[-1]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < _LARGEST


def _count(value: Any) -> str:
    return f"{value:,.0f}" if _is_number(value) else NOT_STATED


def _epoch(value: Any) -> str:
    return _count(value + 1) if _is_number(value) else NOT_STATED


def _decimal(value: Any) -> str:
    return f"{value:.2f}" if _is_number(value) else NOT_STATED


def _percent(value: Any) -> str:
    return f"{100 * value:.1f} %" if _is_number(value) else NOT_STATED


def _ratio(found: Mapping[str, Any]) -> str:
    value, low, high = (_percent(found.get(name)) for name in ("value", "low", "high"))
    return f"{value} [{low} to {high}]"
