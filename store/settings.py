"""Settings of this machine: which library, how many workers.

Order: command line, then `SIGNTUI_*`, then the settings file, then the default. The file is TOML
in the user's config folder:

    library = "D:/sign/library"
    workers = 4
"""

import difflib
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path

from store.errors import SettingsError

DEFAULT_LIBRARY: Final = Path("signtui-library")


@dataclass(frozen=True, slots=True)
class Settings:
    library: Path = DEFAULT_LIBRARY
    workers: int | None = None
    """Worker processes of an extraction; None means one a core."""


def settings_path() -> Path:
    """Where the settings file lies; SIGNTUI_CONFIG names another."""
    named = os.environ.get("SIGNTUI_CONFIG")
    return Path(named) if named else user_config_path("signtui", appauthor=False) / "settings.toml"


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """The settings of the file, overruled by SIGNTUI_LIBRARY and SIGNTUI_WORKERS.

    Raises:
        SettingsError: names the file and the key that is wrong.
    """
    environ = dict(os.environ) if environ is None else environ
    path = settings_path()
    values = _read_file(path) if path.is_file() else {}
    for field in fields(Settings):
        if value := environ.get(f"SIGNTUI_{field.name.upper()}"):
            values[field.name] = value
    return Settings(**{key: _convert(key, value, path) for key, value in values.items()})


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {error}.", hint="It must be TOML."
        ) from error
    known = [field.name for field in fields(Settings)]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise SettingsError(
                f"The settings file {path} has an unknown key: {key}.",
                hint=f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(known)}",
            )
    return values


def _convert(key: str, value: Any, path: Path) -> Any:
    if key == "library" and isinstance(value, str) and value:
        return Path(value)
    if key == "workers":
        try:
            workers = int(value)
        except (TypeError, ValueError):
            workers = 0
        if workers >= 1:
            return workers
    raise SettingsError(
        f"The setting {key} cannot be {value!r}.", hint=f"See {path} and SIGNTUI_{key.upper()}."
    )
