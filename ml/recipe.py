"""The command that trains with a config, and what no option says."""

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
_FOUND_OUT: Final = "features.divide_by "
"""The notebook's scale comes from the training clips."""


def train_command(config: TrainConfig, preset: TrainConfig) -> tuple[list[str], list[str]]:
    """How to train with a config again.

    Args:
        config: of the run.
        preset: what `--preset` alone would give.

    Returns:
        The arguments of the command, and the settings without an option that differ from the
        preset's, as `name value`.
    """
    command = ["signtui", "train", "--preset", config.preset, "--glosses", _glosses(config)]
    command += ["--split", config.split]
    for name in _OPTIONS:
        value = getattr(config, name)
        if value != getattr(preset, name):
            command += [f"--{name.replace('_', '-')}", f"{value}"]
    named = {"preset", "glosses", "split", "name", *_OPTIONS}
    ours, theirs = (
        dict(_flat({key: value for key, value in to_json(item).items() if key not in named}))
        for item in (config, preset)
    )
    beside = [f"{name} {value}" for name, value in ours.items() if value != theirs.get(name)]
    return command, [said for said in beside if not said.startswith(_FOUND_OUT)]


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
