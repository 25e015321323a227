"""A training that begins with another model's weights: whether it fits, and what that one has seen.

Light: weights are moved in `ml.weights`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ml.bundle import KERAS, SEEN, WEIGHTS, Bundle, read_bundle, read_further
from ml.config import FeatureConfig, ModelName, TrainConfig, from_json, to_json
from ml.errors import CheckpointError, ConfigError, SourceModelError
from ml.prepare import SPLIT_FILE, Data
from ml.references import NamedModel, find_model
from ml.seen import Marks, count_seen, join, marks_of, pack_marks, unpack_marks
from store.catalog import list_sequences
from store.files import write_aside, write_text
from store.library import Library
from store.splits import LeakError

START_FILE: Final = "start.json"
"""In a run's folder: what its bundle says of the model that it began with."""
_SIZES: Final = ("width", "stages", "kernel", "heads", "neck")
"""What of a model's settings makes its weights fit."""
_FOUND_OUT: Final = "divide_by"
"""The notebook's scale comes from the clips."""


@dataclass(frozen=True, slots=True)
class Source:
    """A model to begin with, whose files are what they say they are."""

    model: NamedModel
    bundle: Bundle
    config: TrainConfig
    identity: ModelName
    seen: Marks | None
    """Marks of what it was trained on; None where nobody knows."""

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def about(self) -> dict[str, Any]:
        """What the bundle of a model that began with this one says of it."""
        known = {name: self.bundle.about.get(name) for name in ("split", "data", "extractor")}
        return {**to_json(self.identity), "glosses": len(self.bundle.labels), **known}


def read_source(library: Library, reference: str | int) -> Source:
    """Find a model to begin with.

    Raises:
        NotInCatalogError: there is no such model.
        CheckpointError: it has no bundle, a damaged one, or one for recognition alone.
    """
    model = find_model(library, reference)
    bundle = read_bundle(model.folder)
    file = next((name for name in (WEIGHTS, KERAS) if name in bundle.about["files"]), None)
    if file is None:
        raise CheckpointError(
            f"The bundle {model.name} holds a LiteRT model alone: it can recognise, but no training "
            "can begin with it.",
            hint="Ask who made it for the whole bundle: signtui export bundle RUN FOLDER",
        )
    try:
        config = from_json(TrainConfig, bundle.about.get("config"))
    except ConfigError as error:
        raise CheckpointError(
            f"The settings of the model {model.name} are not those of this signtui: {error.message}",
            hint="Update signtui, or begin with another model.",
        ) from error
    weights = str(bundle.about["files"][file].get("sha256"))
    identity = ModelName(model.name, weights)
    return Source(model, bundle, config, identity, _seen(library, model))


def _seen(library: Library, model: NamedModel) -> Marks | None:
    kept = read_further(model.folder, SEEN)
    if kept is not None:
        return unpack_marks(kept)
    return None if model.run is None else seen_by_run(library, model.run.id, model.run.extractor_id)


def seen_by_run(library: Library, run_id: int, extractor_id: int) -> Marks | None:
    """What a run of before bundles told it was trained on, as its split tells."""
    path = library.run_dir(run_id) / SPLIT_FILE
    try:
        trained = {str(name) for name in json.loads(path.read_text(encoding="utf-8"))["train"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=extractor_id)
    return marks_of(row for row in rows if row.video_id in trained)


def adopt(config: TrainConfig, source: Source) -> TrainConfig:
    """The config with the features and sizes of the model to begin with, and its name.

    A source of another preset fits in no way: `check_source` says so.
    """
    if config.preset != source.config.preset:
        return replace(config, start=source.identity)
    sizes = {name: getattr(source.config.model, name) for name in _SIZES}
    return replace(
        config,
        features=source.bundle.features,
        model=replace(config.model, **sizes),
        start=source.identity,
    )


@dataclass(frozen=True, slots=True)
class Sources:
    """The models that have a part in a training."""

    start: Source | None = None
    """Its weights are begun with."""
    classes: Source | None = None
    """Learned super-classes come from it."""
    teachers: tuple[Source, ...] = ()
    """Their answers are learned."""


NO_SOURCES: Final = Sources()


def read_sources(
    library: Library,
    config: TrainConfig,
    data: Data,
    start: str | None,
    classes: str | None,
    teachers: Sequence[str] = (),
) -> Sources:
    """Find and check the models that a training names.

    Raises:
        NotInCatalogError, CheckpointError: one is not there, or cannot be used.
        SourceModelError: one does not fit.
        ConfigError: learned super-classes without a model that they come from, or the other way.
        LeakError: one was trained on clips that this training would be judged by.
    """
    if (config.model.hierarchy == "learned") != (classes is not None):
        raise ConfigError(
            "Learned super-classes need a model that they come from.",
            hint="Name it: --classes-from RUN, which sets model.hierarchy=learned as well.",
        )
    one, other = (None if name is None else read_source(library, name) for name in (start, classes))
    found = Sources(one, other, tuple(read_source(library, name) for name in teachers))
    if found.start is not None:
        check_source(library, config, data, found.start)
    if found.classes is not None:
        _check_knows_all(library, data, found.classes)
    for teacher in found.teachers:
        check_teacher(library, config, data, teacher)
    return found


def check_teacher(library: Library, config: TrainConfig, data: Data, source: Source) -> None:
    """Whether a training may learn a model's answers.

    Raises:
        SourceModelError: it reads other features or landmarks, or does not know all glosses.
        LeakError: it was trained on clips that this training would be judged by.
    """
    if config.preset == "notebook" or source.config.preset == "notebook":
        raise SourceModelError(
            "The preset notebook has no teachers and is none.", hint="Use --preset default."
        )
    differing = [item for item in _differences(config, source) if item[0].startswith("features.")]
    if differing:
        there = ", ".join(f"{name} {theirs}" for name, theirs, _ in differing)
        here = ", ".join(f"{name} {ours}" for name, _, ours in differing)
        raise SourceModelError(
            f"The model {source.name} has {there}, and this training {here}: it cannot teach what "
            "it does not see.",
            hint="Take its own: "
            + " ".join(f"--set {name}={theirs}" for name, theirs, _ in differing),
        )
    _check_landmarks(data, source)
    _check_knows_all(library, data, source)


def _check_knows_all(library: Library, data: Data, source: Source) -> None:
    known = set(source.bundle.labels)
    unknown = [gloss for gloss in data.labels if gloss not in known]
    if unknown:
        raise SourceModelError(
            f"The model {source.name} does not know {len(unknown):,} of the {len(data.labels):,} "
            f"glosses ({unknown[0]}, for one): nobody can tell what they are like.",
            hint="Name a model of at least these glosses.",
        )
    if not data.split.leaking:
        _check_unseen(library, data, source)


def check_source(library: Library, config: TrainConfig, data: Data, source: Source) -> None:
    """Whether a training may begin with a model.

    Raises:
        SourceModelError: it has other features or sizes, or reads other landmarks.
        LeakError: it was trained on clips that this training would be judged by.
    """
    differing = list(_differences(config, source))
    if differing:
        there = ", ".join(f"{name} {theirs}" for name, theirs, _ in differing)
        here = ", ".join(f"{name} {ours}" for name, _, ours in differing)
        settings = " ".join(
            f"--preset {theirs}" if name == "preset" else f"--set {name}={theirs}"
            for name, theirs, _ in differing
        )
        raise SourceModelError(
            f"The model {source.name} has {there}, and this training {here}: its weights do not "
            "fit.",
            hint=f"Take its own: {settings}",
        )
    _check_landmarks(data, source)
    if not data.split.leaking:
        _check_unseen(library, data, source)


def _differences(config: TrainConfig, source: Source) -> Iterator[tuple[str, object, object]]:
    """Name, the source's value and the config's."""
    if config.preset != source.config.preset:
        yield "preset", source.config.preset, config.preset
    theirs, ours = to_json(source.bundle.features), to_json(config.features)
    for name in FeatureConfig.__dataclass_fields__:
        if name != _FOUND_OUT and theirs[name] != ours[name]:
            yield f"features.{name}", theirs[name], ours[name]
    for name in _SIZES:
        own, other = getattr(config.model, name), getattr(source.config.model, name)
        if own != other:
            yield f"model.{name}", other, own


def _check_landmarks(data: Data, source: Source) -> None:
    said = source.bundle.about.get("extractor")
    theirs = said.get("landmark_set") if isinstance(said, dict) else None
    ours = data.extractor["landmark_set"]
    if theirs is not None and theirs != ours:
        raise SourceModelError(
            f"The model {source.name} reads {str(theirs)[:40]} landmarks, and this training has "
            f"{ours} landmarks.",
            hint=f"Extract the others: signtui extract --landmarks {str(theirs)[:40]}",
        )


def _check_unseen(library: Library, data: Data, source: Source) -> None:
    """What val and test rest on must be new to the model to begin with as well."""
    split = source.bundle.about.get("split")
    known = split if isinstance(split, dict) else {}
    if source.seen is None:
        if known.get("kind") == data.split.kind == "official" and known.get("leaking") is False:
            return  # the index names the same parts everywhere
        raise LeakError(
            f"Nobody knows which clips the model {source.name} was trained on: they may be in val or "
            "test.",
            hint="Begin with another model; --duplicates keep goes on and calls the run leaking.",
        )
    held = {sample.row.instance_id for sample in (*data.split.val, *data.split.test)}
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=data.extractor_id)
    found = count_seen(held, rows, source.seen)
    if found:
        raise LeakError(
            f"The model {source.name} was trained on {found:,} of the {len(held):,} clips of val and "
            f"test of this split ({data.split.kind}; its own is {str(known.get('kind'))[:20]}).",
            hint="Begin with a model of the same split and at least these glosses; --duplicates keep "
            "goes on and calls the run leaking.",
        )


def keep_start(folder: Path, data: Data, sources: Sources) -> None:
    """Write what a bundle will say of where a run began, so that going on needs no source.

    Raises:
        DiskFullError, StoreError: it cannot be written.
    """
    seen = marks_of(sample.row for sample in data.split.train)
    for source in filter(None, (sources.start, *sources.teachers)):
        if source.seen is not None:
            seen = join(seen, source.seen)
    if sources.start is not None:
        about = json.dumps(sources.start.about, ensure_ascii=False)
        write_text(folder / START_FILE, about + "\n")
    with write_aside(folder / SEEN) as aside:
        aside.write_bytes(pack_marks(seen))


def kept_start(folder: Path, data: Data) -> tuple[Marks, dict[str, Any]]:
    """What a run has seen, and what its bundle says of where it began.

    Raises:
        CheckpointError: its own file of marks is damaged.
    """
    path, start = folder / SEEN, folder / START_FILE
    seen = (
        unpack_marks(path.read_bytes())
        if path.is_file()
        else marks_of(sample.row for sample in data.split.train)
    )
    if not start.is_file():
        return seen, {}
    return seen, {"start": json.loads(start.read_text(encoding="utf-8"))}
