"""train --set, --from: the settings of a training, from what the command line says."""

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ml.config import Preset, TrainConfig
    from store.library import Library


def read_settings(given: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` pairs by name; a value is a JSON number, list or word.

    Raises:
        BadParameter: one is no such pair.
    """
    settings = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"--set takes NAME=VALUE, not {text!r}.")
        settings[name.strip()] = _value(value.strip())
    return settings


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def make_config(
    library: "Library", preset: "Preset | None", given: dict[str, Any], start: str | None
) -> "TrainConfig":
    """The preset, then the features and sizes of the model to begin with, then what is given.

    Raises:
        ConfigError: a setting is unknown or out of bounds.
        CheckpointError, NotInCatalogError: there is no such model, or none to begin with.
    """
    from ml.config import PRESETS, change
    from ml.warm import adopt, read_source

    if start is None:
        return change(PRESETS[preset or "default"], given)
    source = read_source(library, start)
    return change(adopt(PRESETS[preset or source.config.preset], source), given)
