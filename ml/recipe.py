"""The command that trains with a config."""

import json
from collections.abc import Iterator
from typing import Any, Final

from ml.config import TrainConfig, to_json

GLOSSES_FILE: Final = "glosses.txt"
_OPTIONS: Final = (
    "split_seed",
    "duplicates",
    "contradictions",
    "epochs",
    "batch_size",
    "learning_rate",
    "seed",
)
"""Settings of the same name as their option."""
_FOUND_OUT: Final = "features.divide_by"
"""The notebook's scale comes from the training clips."""

_ADOPTED: Final = ("features.", "model.")
"""Those of the model that a training begins with would take their place, were they not named."""


def train_command(config: TrainConfig, preset: TrainConfig) -> list[str]:
    """How to train with a config again.

    Args:
        config: of the run.
        preset: what `--preset` alone would give.

    Returns:
        The arguments of the command. Models that had a part in it come by their names: where they
        are is not recorded.
    """
    command = ["signtui", "train", "--preset", config.preset, "--glosses", _glosses(config)]
    command += ["--split", config.split]
    for name in _OPTIONS:
        value = getattr(config, name)
        if value != getattr(preset, name):
            command += [f"--{name.replace('_', '-')}", f"{value}"]
    for option, model in (("--from", config.start), ("--classes-from", config.classes)):
        if model.name:
            command += [option, model.name]
    for teacher in config.teachers:
        command += ["--teacher", teacher.name]
    named = {"preset", "start", "classes", "teachers", "glosses", "split", "name", *_OPTIONS}
    ours, theirs = (
        dict(_flat({key: value for key, value in to_json(item).items() if key not in named}))
        for item in (config, preset)
    )
    for name, value in ours.items():
        adopted = bool(config.start.name) and name.startswith(_ADOPTED)
        if name != _FOUND_OUT and (adopted or value != theirs.get(name)):
            command += ["--set", f"{name}={json.dumps(value).strip(chr(34))}"]
    return command


def _glosses(config: TrainConfig) -> str:
    if config.glosses is None:
        return "all"
    return config.glosses if isinstance(config.glosses, str) else GLOSSES_FILE


def _flat(settings: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
