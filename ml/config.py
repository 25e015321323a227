"""What describes an experiment: features, augmentation, model, training. Light: no heavy imports.

Every class is a frozen dataclass that is stored whole, as JSON, in the run and in the bundle. A
setting that came later has a default that changes nothing, since older records lack it: what a
preset wants beyond it stands in `PRESETS`.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from ml.cluster import Strategy
from ml.errors import ConfigError
from ml.json_values import fits, in_words
from store.splits import GatePolicy, SplitKind, Treatment

FeatureKind = Literal["slots", "notebook", "holistic"]
Preset = Literal["default", "notebook"]
Hierarchy = Literal["none", "ids", "learned"]


def _require(config: object, name: str, low: float, high: float) -> None:
    value = getattr(config, name)
    if not low <= value <= high:
        raise ConfigError(f"{name} is {value}.", hint=f"It may be {low:g} to {high:g}.")


@dataclass(frozen=True, slots=True)
class FeatureConfig:
    """How landmarks become the input of a model; the same in training and live."""

    kind: FeatureKind = "slots"
    length: int = 32
    """Frames of the input, after resampling by time."""
    max_gap_s: float = 0.25
    """A hand that is lost for no longer than this is filled in between."""
    aspect: float = 1.6
    """Width / height assumed where a clip's own is unknown: between WLASL's 4:3 and 16:9."""
    divide_by: float = 1.0
    """`notebook` only: the largest training value, which its author divides everything by."""

    @property
    def landmark_set(self) -> str:
        """The landmarks that these features are made of."""
        return "holistic" if self.kind == "holistic" else "hands"

    def __post_init__(self) -> None:
        _require(self, "length", 4, 512)
        _require(self, "max_gap_s", 0.0, 5.0)
        _require(self, "aspect", 0.1, 10.0)
        _require(self, "divide_by", 1e-6, 1e6)


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """How strongly training clips are varied; 0 everywhere leaves them as they are."""

    copies: bool = False
    """The notebook's own: slow, fast and noisy copies of clips of rare glosses, nothing else."""
    mirror: float = 0.1
    """Probability of a mirrored clip with the hands swapped."""
    rotate_deg: float = 12.0
    scale: float = 0.25
    """Relative change of width and of height, drawn apart."""
    shear: float = 0.12
    shift: float = 0.06
    """Shift of the whole picture, in its heights."""
    tilt_deg: float = 20.0
    """Turn of each hand about its own wrist, out of the image plane."""
    hand_scale: float = 0.15
    """Relative change of the size of the hands against their distances."""
    place: float = 0.15
    """Shift of each hand, in hand sizes."""
    noise: float = 0.05
    """Noise of each landmark, in hand sizes."""
    warp: float = 0.3
    """Bend of the time line."""
    crop: float = 0.15
    """Largest part cut off each end."""
    drop_frames: float = 0.1
    """Largest part of single frames lost."""
    drop_span: float = 0.4
    """Probability that a hand is lost for a stretch of time."""
    frame_mask: float = 0.0
    """Probability that everything is lost for a stretch of time."""
    finger_mask: float = 0.0
    """Probability, for each finger, that it is hidden behind its hand for a stretch of time."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            if item.name != "copies":
                _require(self, item.name, 0.0, 90.0 if item.name.endswith("_deg") else 1.0)


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The size of the `default` model; `notebook`'s is fixed."""

    width: int = 144
    stages: int = 2
    """Each: three convolution blocks and one attention block."""
    kernel: int = 11
    heads: int = 4
    neck: int = 0
    """Values between pooling and the glosses' head; 0: the head reads the pooled values."""
    dropout: float = 0.2
    head_dropout: float = 0.5
    super_classes: int = 50
    """The coarse head's classes, where there is one."""
    hierarchy: Hierarchy = "none"
    """A coarse head beside the glosses', in training alone: its classes are runs of neighbouring
    glosses, as the notebook's (`notebook` always has them), or clusters of those that another
    model takes for alike."""
    hierarchy_weight: float = 0.3
    """How much of the loss is the coarse head's."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("width", 8, 512), ("stages", 1, 8), ("kernel", 1, 63), ("heads", 1, 16),
            ("neck", 0, 4096),
            ("dropout", 0.0, 0.95), ("head_dropout", 0.0, 0.95), ("super_classes", 1, 2000),
            ("hierarchy_weight", 0.0, 0.95),
        ):  # fmt: skip
            _require(self, name, low, high)
        if self.width % self.heads:
            raise ConfigError(f"width {self.width} is no multiple of heads {self.heads}.")


@dataclass(frozen=True, slots=True)
class ModelName:
    """Another model that had a part in a training; empty: none had."""

    name: str = ""
    """Of its run, or of its bundle's folder."""
    weights: str = ""
    """sha256 of the file with its weights."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One training, whole: with the same data it gives the same result on the same machine."""

    preset: Preset = "default"
    name: str = ""
    """Name of the run; empty: made from preset, glosses and number."""
    glosses: str | list[str] | None = "100"
    """An official subset ("100" … "2000"), the glosses themselves, or null for all."""
    split: SplitKind = "official"
    split_seed: int = 0
    """`signer` only: which people go into which part."""
    duplicates: Treatment = "drop"
    """Train clips that are the same recording as one in val or test; `keep` makes the split leak."""
    contradictions: Treatment = "keep"
    """Recordings that train has under several glosses: one clip for each gloss, or none."""
    seed: int = 7
    epochs: int = 80
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.3
    label_smoothing: float = 0.1
    warmup_epochs: int = 5
    patience: int = 40
    """Epochs without a better val before training stops."""
    mixup: float = 0.0
    """Clips of a batch are mixed in pairs; both parameters of the Beta distribution of how much.
    Source: Zhang et al., mixup (ICLR 2018)."""
    ema: float = 0.0
    """What is judged and kept are averages of the weights: so much of the average stays each step.
    Source: Polyak & Juditsky, Acceleration of stochastic approximation by averaging (1992)."""
    start: ModelName = field(default_factory=ModelName)
    """The model whose weights this one began with."""
    classes: ModelName = field(default_factory=ModelName)
    """The model that learned super-classes come from."""
    teachers: list[ModelName] = field(default_factory=list)
    """Models whose answers this one learns beside the labels."""
    distill: float = 0.9
    """How much of what is learned their answers are, where there are teachers."""
    features: FeatureConfig = field(default_factory=FeatureConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    model: ModelConfig = field(default_factory=ModelConfig)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("epochs", 1, 10_000), ("batch_size", 1, 4096), ("learning_rate", 1e-7, 1.0),
            ("split_seed", 0, 2**31 - 1),
            ("weight_decay", 0.0, 1.0), ("label_smoothing", 0.0, 0.9), ("seed", 0, 2**31 - 1),
            ("warmup_epochs", 0, 1000), ("patience", 1, 10_000), ("mixup", 0.0, 10.0),
            ("ema", 0.0, 0.9999), ("distill", 0.0, 1.0),
        ):  # fmt: skip
            _require(self, name, low, high)
        beyond = self.mixup or self.ema or self.teachers or self.model.hierarchy != "none"
        if self.preset == "notebook" and beyond:
            raise ConfigError(
                "mixup, ema, teachers and model.hierarchy are settings of the default preset.",
                hint="The notebook preset trains as the notebook did.",
            )

        if self.preset == "notebook" and self.features.kind == "holistic":
            raise ConfigError(
                "The notebook preset reads hands alone.", hint="Use --preset default."
            )

    @property
    def gate(self) -> GatePolicy:
        """What becomes of identical clips."""
        return GatePolicy(self.duplicates, self.contradictions)


_T = TypeVar("_T", FeatureConfig, AugmentConfig, ModelConfig, ModelName, TrainConfig)
_NO_CHANGE: Final = {
    item.name: 0.0 for item in dataclasses.fields(AugmentConfig) if item.name != "copies"
}

PRESETS: Final[Mapping[str, TrainConfig]] = types.MappingProxyType(
    {
        "default": TrainConfig(model=ModelConfig(neck=256)),
        "notebook": TrainConfig(
            preset="notebook",
            epochs=200,
            learning_rate=1e-3,
            weight_decay=0.0,
            label_smoothing=0.0,
            warmup_epochs=0,
            patience=20,
            features=FeatureConfig(kind="notebook", length=30),
            augment=AugmentConfig(copies=True, **_NO_CHANGE),
        ),
    }
)


BEFORE_RECORDED: Final[Mapping[str, Any]] = types.MappingProxyType(
    {"split_seed": 0, "duplicates": "drop", "contradictions": "keep"}
)
"""What runs did whose record does not say it."""


def to_json(config: _T) -> dict[str, Any]:
    """The config as plain JSON values; `from_json` gives it back."""
    return dataclasses.asdict(config)


def from_json(kind: type[_T], data: object) -> _T:
    """Rebuild a config.

    Raises:
        ConfigError: a key is unknown, a value has the wrong type or is out of bounds.
    """
    if not isinstance(data, dict):
        raise ConfigError(f"{kind.__name__} is no JSON object but {type(data).__name__}.")
    hints = typing.get_type_hints(kind)
    unknown = sorted(str(key) for key in data if key not in hints)
    if unknown:
        raise ConfigError(
            f"{kind.__name__} has no setting {', '.join(unknown)[:200]}.",
            hint=f"It has: {', '.join(hints)}.",
        )
    return kind(**{name: _read(name, hints[name], value) for name, value in data.items()})


def _read(name: str, hint: Any, value: object) -> Any:
    if dataclasses.is_dataclass(hint):
        return from_json(typing.cast("type[TrainConfig]", hint), value)
    if hint is float and type(value) is int:
        return float(value)
    if typing.get_origin(hint) is list and isinstance(value, list):
        (part,) = typing.get_args(hint)
        if dataclasses.is_dataclass(part):
            return [_read(name, part, item) for item in value]
    if not fits(hint, value):
        raise ConfigError(
            f"{name} cannot be {str(value)[:80]!r}.", hint=f"It takes {in_words(hint)}."
        )
    return value


def train_job(
    config: TrainConfig,
    resume: str | int | None = None,
    *,
    start: str | None = None,
    classes: str | None = None,
    teachers: Sequence[str] = (),
    strategy: Strategy = "one",
) -> dict[str, Any]:
    """What stands in the job row of a training: the config, or the run to go on with.

    Args:
        config: of a new run.
        resume: the run to go on with.
        start: the model to begin with, as `ml.references` finds it.
        classes: the model that learned super-classes come from.
        teachers: the models whose answers it learns.
        strategy: where it trains; no part of the config, since it changes nothing that is trained.
    """
    where = None if strategy == "one" else strategy
    beside = {
        "from": start, "classes": classes, "teachers": list(teachers) or None, "strategy": where,
    }  # fmt: skip
    named = {name: reference for name, reference in beside.items() if reference is not None}
    return {"train": to_json(config), "resume": resume, **named}


def recorded(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run as they were, with those that its record does not say."""
    try:
        return to_json(from_json(TrainConfig, {**BEFORE_RECORDED, **config}))
    except ConfigError:
        return {**BEFORE_RECORDED, **config}


def change(config: TrainConfig, settings: Mapping[str, object]) -> TrainConfig:
    """A config with other values for some settings.

    Args:
        config: what to change.
        settings: by name, such as `epochs` or `model.width`.

    Raises:
        ConfigError: a setting is unknown, or its value has the wrong type or is out of bounds.
    """
    data = to_json(config)
    for name, value in settings.items():
        *groups, last = name.split(".")
        place = data
        for group in groups:
            inner = place.get(group)
            place = inner if isinstance(inner, dict) else {}
        if last not in place or isinstance(place[last], dict):
            raise ConfigError(f"There is no setting {name[:80]}.", hint="See: signtui runs latest")
        place[last] = value
    return from_json(TrainConfig, data)


def demo_config(name: str = "demo") -> TrainConfig:
    """The default for the drawn data set: few glosses and clips, so a small model and few epochs."""
    return TrainConfig(
        name=name,
        glosses=None,
        epochs=60,
        batch_size=16,
        warmup_epochs=3,
        patience=25,
        model=ModelConfig(width=64, stages=1),
    )
