"""Settings of this machine: which library, how many workers, which colours, which limits.

Order: command line, then `SIGNTUI_*`, then the settings file, then the default. The file is TOML
in the user's config folder:

    library = "D:/sign/library"
    workers = 4
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path

from store.cluster import HERE, cluster_address
from store.errors import SettingsError
from store.files import write_text
from store.paths import user_path

DEFAULT_LIBRARY: Final = Path("signtui-library")
DEFAULT_THEME: Final = "signtui-dark"


class JobEnd(StrEnum):
    """How the dashboard tells that a job has ended, besides a note on its own screen."""

    NOTE = "note"
    BELL = "bell"
    DESKTOP = "desktop"


class Graphics(StrEnum):
    """How the dashboard draws pictures in the terminal."""

    AUTO = "auto"
    KITTY = "kitty"
    SIXEL = "sixel"
    BLOCKS = "blocks"


class Origin(StrEnum):
    """Where a value comes from; a later one overrules an earlier one."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


_MOST: Final = 10**9
MOST_WORKERS: Final = 256


def _text(value: Any) -> str:
    if isinstance(value, str) and value.strip() and "\0" not in value:
        return value.strip()
    raise ValueError


def _name(value: Any) -> str:
    if not _text(value).isprintable():
        raise ValueError
    return _text(value)


def _path(value: Any) -> Path:
    return user_path(_text(value))


def _count(value: Any, most: int = _MOST) -> int:
    if isinstance(value, (bool, float)) or not 1 <= int(value) <= most:
        raise ValueError
    return int(value)


def _workers(value: Any) -> int:
    return _count(value, MOST_WORKERS)


def _cluster(value: Any) -> str:
    try:
        return cluster_address(_text(value)) or HERE
    except SettingsError as error:
        raise ValueError from error


def _seconds(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not 0 < number <= 24 * 60 * 60:
        raise ValueError
    return number


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is a key of the file, and SIGNTUI_ with its name in capitals a variable."""

    library: Path = DEFAULT_LIBRARY
    workers: int | None = None
    cluster: str | None = None
    theme: str = DEFAULT_THEME
    query_rows: int = 1_000_000
    query_seconds: float = 30.0
    job_end: JobEnd = JobEnd.NOTE
    graphics: Graphics = Graphics.AUTO


@dataclass(frozen=True, slots=True)
class _Rule:
    about: str
    takes: str
    convert: Callable[[Any], Any]


_RULES: Final = {
    "library": _Rule("the library's folder", "a folder", _path),
    "workers": _Rule(
        "worker processes of a scan or an extraction; unset: one a core, at most 8",
        f"a count of at most {MOST_WORKERS}",
        _workers,
    ),
    "cluster": _Rule(
        "the Dask cluster that extracts, by its scheduler; unset: this machine",
        "an address, a scheduler file, or local for this machine",
        _cluster,
    ),
    "theme": _Rule("the colours of the dashboard", "a theme's name", _name),
    "query_rows": _Rule("rows of an SQL result on the dashboard, at most", "a count", _count),
    "query_seconds": _Rule("seconds an SQL query on the dashboard may take", "seconds", _seconds),
    "job_end": _Rule(
        "how a job's end is told: a note on the screen, the terminal's bell too, or a "
        "notification of the desktop too (OSC 9)",
        "note, bell or desktop",
        JobEnd,
    ),
    "graphics": _Rule(
        "how the dashboard draws pictures: auto asks the terminal what it can; a change counts "
        "from the next start",
        "auto, kitty, sixel or blocks",
        Graphics,
    ),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands."""

    name: str
    value: Any
    origin: Origin
    about: str
    takes: str
    """What may stand there, in words."""

    @property
    def variable(self) -> str:
        return variable_of(self.name)

    def as_json(self) -> dict[str, Any]:
        value = str(self.value) if isinstance(self.value, Path) else self.value
        return {
            "name": self.name, "value": value, "origin": self.origin, "about": self.about,
            "takes": self.takes, "variable": self.variable,
        }  # fmt: skip


NAMES: Final = tuple(item.name for item in fields(Settings))


def variable_of(name: str) -> str:
    """The environment variable that overrules a setting of the file."""
    return f"SIGNTUI_{name.upper()}"


def settings_path() -> Path:
    """Where the settings file lies; SIGNTUI_CONFIG names another."""
    named = os.environ.get("SIGNTUI_CONFIG")
    return Path(named) if named else user_config_path("signtui", appauthor=False) / "settings.toml"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of the file, overruled by SIGNTUI_LIBRARY and the like.

    Raises:
        SettingsError: names the file and the key that is wrong.
    """
    return Settings(**{item.name: item.value for item in list_settings(environ)})


def list_settings(
    environ: Mapping[str, str] | None = None, given: Mapping[str, Any] | None = None
) -> list[Setting]:
    """Every setting with its value and where that comes from.

    Args:
        environ: variables; those of this process where it is None.
        given: values of the command line.

    Raises:
        SettingsError: names the file and the key that is wrong.
    """
    environ = os.environ if environ is None else environ
    path = settings_path()
    in_file = _read_file(path) if path.is_file() else {}
    found = []
    for item in fields(Settings):
        value, origin = item.default, Origin.DEFAULT
        if item.name in in_file:
            value, origin = convert(item.name, in_file[item.name]), Origin.FILE
        if said := environ.get(variable_of(item.name)):
            value, origin = convert(item.name, said), Origin.ENVIRONMENT
        if given and given.get(item.name) is not None:
            value, origin = given[item.name], Origin.COMMAND_LINE
        rule = _RULES[item.name]
        found.append(Setting(item.name, value, origin, rule.about, rule.takes))
    return found


def convert(name: str, value: Any) -> Any:
    """The value of a setting from TOML or text.

    Raises:
        SettingsError: there is no such setting, or it cannot have this value.
    """
    require_name(name)
    rule = _RULES[name]
    try:
        return rule.convert(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingsError(
            f"The setting {name} cannot be {repr(value)[:80]}.",
            hint=f"It takes {rule.takes}. It may come from {settings_path()} or from "
            f"{variable_of(name)}.",
        ) from error


def require_name(name: str) -> None:
    """Raises SettingsError where there is no such setting."""
    if name not in NAMES:
        raise SettingsError(f"There is no setting {name}.", hint=_near(name))


def write_setting(name: str, text: str | None) -> None:
    """Set a key of the settings file, or take it out with None; other lines stay as they are.

    Raises:
        SettingsError: there is no such setting, it cannot have this value, or the file is damaged.
        StoreError: the file cannot be written.
    """
    require_name(name)
    path = settings_path()
    values = _read_file(path) if path.is_file() else {}
    values.pop(name, None)
    if text is not None:
        values[name] = _plain(convert(name, text))
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    after = _edited(before, name, values)
    if not _says(after, values):
        # A value over several lines, which nobody needs here: the file is written anew.
        after = "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())
    write_text(path, after)


def _edited(text: str, name: str, values: Mapping[str, Any]) -> str:
    """The file's text with one key set or taken out; comments stay."""
    line = f"{name} = {_toml(values[name])}\n" if name in values else ""
    pattern = re.compile(rf"^[ \t]*[\"']?{name}[\"']?[ \t]*=.*\n?", re.MULTILINE)
    if pattern.search(text):
        return pattern.sub(lambda _: line, text, count=1)
    return text + ("\n" if text and not text.endswith("\n") else "") + line


def _says(text: str, values: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == values
    except tomllib.TOMLDecodeError:
        return False


def _plain(value: Any) -> Any:
    # The file is read from other folders than the one in which the path was typed.
    if isinstance(value, Path):
        return str(value.absolute())
    return str(value) if isinstance(value, StrEnum) else value


def _toml(value: Any) -> str:
    # A JSON text is a TOML text too, but for the one character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {error}.", hint="It must be TOML."
        ) from error
    for key in values:
        if key not in NAMES:
            raise SettingsError(
                f"The settings file {path} has an unknown key: {key[:80]!r}.", hint=_near(key)
            )
    return values


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(NAMES)}"
