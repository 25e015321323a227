"""The result of a run: a folder with all that recognition needs, checked before it is believed.

    model.tflite    LiteRT, built-in operators only, one clip at a time
    model.keras     the same model for further training; its weights alone are ever read
    weights.npz     the same in a compact bundle (`ml.compact`): weights in half precision, no head
    labels.json     glosses in the order of the model's outputs
    features.json   `FeatureConfig`: live does what training did
    trained_on.u64  marks of the clips that it has seen (`ml.seen`); older bundles have none
    bundle.json     versions, config, split, metrics with n and interval, size and hash of each file
    MODEL_CARD.md   the same for people (`ml.card`); older bundles have none, and nothing reads it

Nothing in it is ever unpickled or run: models are data, and a bundle may come from anywhere.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.config import FeatureConfig, from_json
from ml.errors import CheckpointError, ConfigError
from store.files import PARTIAL, sync_folder, write_error, write_text
from store.library import Library
from store.runs import RunRow

FORMAT: Final = 1
LITERT: Final = "model.tflite"
KERAS: Final = "model.keras"
WEIGHTS: Final = "weights.npz"
SEEN: Final = "trained_on.u64"
LABELS: Final = "labels.json"
FEATURES: Final = "features.json"
INDEX: Final = "bundle.json"
CARD: Final = "MODEL_CARD.md"
PARTS: Final = (LITERT, KERAS, WEIGHTS, SEEN, LABELS, FEATURES)
"""What a bundle may have, each with its hash in the index."""
_OPTIONAL: Final = frozenset({KERAS, WEIGHTS, SEEN})
_MAX_JSON: Final = 8 * 2**20
MAX_MODEL: Final = 512 * 2**20
_MAX_LABELS: Final = 100_000
_MAX_LABEL: Final = 200
_LITERT_MAGIC: Final = b"TFL3"
_HINT: Final = "Train it again, or copy the whole bundle folder once more."


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose files are what they say they are."""

    folder: Path
    labels: tuple[str, ...]
    features: FeatureConfig
    about: Mapping[str, Any]
    """What stands in bundle.json."""
    model: bytes
    """The LiteRT model."""


def write_bundle(
    folder: Path,
    *,
    litert: bytes,
    further: Mapping[str, bytes],
    labels: list[str],
    features: dict[str, Any],
    about: dict[str, Any],
) -> None:
    """Write a bundle aside, then give it its name. An older one of that name is replaced.

    Args:
        folder: its name.
        litert: the LiteRT model.
        further: `KERAS`, `WEIGHTS` and `SEEN`, as far as it has them.
        labels: glosses in the order of the model's outputs.
        features: `FeatureConfig` as JSON.
        about: what else stands in bundle.json.

    Raises:
        DiskFullError: the disk is full; an older bundle stays as it was.
        StoreError: the folder cannot be written to.
    """
    aside = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")
    try:
        aside.mkdir(parents=True)
        (aside / LITERT).write_bytes(litert)
        for name in sorted(_OPTIONAL & further.keys()):
            (aside / name).write_bytes(further[name])
        _write_json(aside / LABELS, labels)
        _write_json(aside / FEATURES, features)
        files = {name: _describe(aside / name) for name in PARTS if (aside / name).is_file()}
        _write_json(aside / INDEX, {"format": FORMAT, **about, "files": files})
        _sync_all(aside)
        _put_in_place(aside, folder)
    except OSError as error:
        raise write_error(error, folder) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle and check every file of it.

    Raises:
        CheckpointError: a file is missing, too large, changed, or not what it should be.
    """
    about = _read_index(folder)
    labels = _read_labels(_checked(folder, LABELS, about))
    try:
        features = from_json(FeatureConfig, _parsed(FEATURES, _checked(folder, FEATURES, about)))
    except ConfigError as error:
        raise _bad(folder, f"{FEATURES}: {error.message}") from error
    model = _checked(folder, LITERT, about)
    if model[4:8] != _LITERT_MAGIC:
        raise _bad(folder, f"{LITERT} is no LiteRT model")
    return Bundle(folder, labels, features, about, model)


def update_about(folder: Path, **facts: Any) -> None:
    """Keep something that was found out later in bundle.json; the model stays as it is.

    Raises:
        CheckpointError: it is no bundle.
        DiskFullError, StoreError: it cannot be written; it stays as it was.
    """
    about = {**_read_index(folder), **facts}
    write_text(folder / INDEX, json.dumps(about, ensure_ascii=False, indent=1) + "\n")


def checked_keras_file(folder: Path) -> Path:
    """The path of model.keras, once its bytes are what bundle.json says. Raises CheckpointError."""
    _checked(folder, KERAS, _read_index(folder))
    return folder / KERAS


def read_further(folder: Path, name: str) -> bytes | None:
    """The bytes of `WEIGHTS` or `SEEN`, None where the bundle has no such file.

    Raises:
        CheckpointError: it should be there and is not, or is another.
    """
    about = _read_index(folder)
    return _checked(folder, name, about) if name in about["files"] else None


def check_members(folder: Path) -> list[str]:
    """The names of a bundle's own files, once each of them is what bundle.json says.

    Raises:
        CheckpointError: one is not.
    """
    about = _read_index(folder)
    named = [name for name in PARTS if name in about["files"] or name not in _OPTIONAL]
    for name in named:
        _checked(folder, name, about)
    return [*named, INDEX, *([CARD] if (folder / CARD).is_file() else [])]


def bundle_of(library: Library, run: RunRow) -> Path:
    """The folder of a run's bundle. Raises CheckpointError where it has none."""
    if not run.bundle:
        raise CheckpointError(
            f"The run {run.name} has no bundle: it is {run.status}.",
            hint=f"Finish it with: signtui train --resume {run.name}",
        )
    return library.run_dir(run.id) / run.bundle


def _read_index(folder: Path) -> dict[str, Any]:
    about = _parsed(INDEX, _bytes(folder, INDEX, _MAX_JSON))
    if not isinstance(about, dict) or not isinstance(about.get("files"), dict):
        raise _bad(folder, f"{INDEX} is no index of a bundle")
    if about.get("format") != FORMAT:
        raise CheckpointError(
            f"The bundle {folder} has format {str(about.get('format'))[:40]}, "
            f"this signtui reads format {FORMAT}.",
            hint="Update signtui, or export the bundle again.",
        )
    return about


def _checked(folder: Path, name: str, about: Mapping[str, Any]) -> bytes:
    said = about["files"].get(name)
    if not isinstance(said, dict):
        raise _bad(folder, f"{INDEX} does not name {name}")
    limit = _MAX_JSON if name in (LABELS, FEATURES) else MAX_MODEL
    data = _bytes(folder, name, limit)
    if hashlib.sha256(data).hexdigest() != said.get("sha256"):
        raise _bad(folder, f"{name} is not the file that the bundle was made with")
    return data


def _bytes(folder: Path, name: str, limit: int) -> bytes:
    path = folder / name
    try:
        size = path.stat().st_size
        if size > limit:
            raise _bad(folder, f"{name} has {size} bytes, more than the {limit} allowed")
        return path.read_bytes()
    except OSError as error:
        raise _bad(folder, f"{name}: {error.strerror or error}") from error


def _parsed(name: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} of the bundle is not JSON.", hint=_HINT) from error


def _read_labels(data: bytes) -> tuple[str, ...]:
    labels = _parsed(LABELS, data)
    if (
        not isinstance(labels, list)
        or not 0 < len(labels) <= _MAX_LABELS
        or not all(isinstance(label, str) and _is_label(label) for label in labels)
        or len(set(labels)) != len(labels)
    ):
        raise CheckpointError(f"{LABELS} of the bundle is no list of glosses.", hint=_HINT)
    return tuple(labels)


def _is_label(label: str) -> bool:
    """A gloss as an index may have it: it is shown on terminals."""
    return 0 < len(label) <= _MAX_LABEL and label.isprintable()


def _bad(folder: Path, reason: str) -> CheckpointError:
    return CheckpointError(f"The bundle {folder} cannot be used: {reason}.", hint=_HINT)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _describe(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _sync_all(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def _put_in_place(aside: Path, folder: Path) -> None:
    old = aside.with_name(f"{aside.name}.old")
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
