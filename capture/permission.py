"""What a system tells of its cameras: which are there, whether they are allowed, who uses them."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_WITHIN_S: Final = 10.0
_CONSENT: Final = (
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\webcam"
)
_DESKTOP: Final = rf"{_CONSENT}\NonPackaged"
"""Programs that come from no store; a key is a path with # in the place of each backslash."""


def count_mac_cameras() -> int | None:
    """How many cameras macOS knows; None where it does not say."""
    said = _said(["system_profiler", "SPCameraDataType", "-json"])
    try:
        found = json.loads(said)["SPCameraDataType"]
    except (ValueError, KeyError, TypeError):
        return None
    return len(found) if isinstance(found, list) else None


def count_windows_cameras() -> int | None:
    """How many cameras Windows knows; None where it does not say."""
    command = "@(Get-PnpDevice -Class Camera,Image -PresentOnly -EA SilentlyContinue).Count"
    said = _said(["powershell", "-NoProfile", "-NonInteractive", "-Command", command]).strip()
    return int(said) if said.isdecimal() else None


def is_denied_by_windows() -> bool:
    """Whether the camera is forbidden to desktop programs: as policy, for the device or the user."""
    registry = _registry()
    return registry is not None and any(
        _value(registry, hive, path, "Value") == "Deny"
        for hive in _hives(registry)
        for path in (_CONSENT, _DESKTOP)
    )


def windows_users() -> list[str]:
    """Programs that use a camera now, as Windows keeps them since version 1903; not this one."""
    registry = _registry()
    if registry is None:
        return []
    found = [
        name.rpartition("#")[2] if path == _DESKTOP else name.partition("_")[0]
        for hive in _hives(registry)
        for path in (_CONSENT, _DESKTOP)
        for name in _keys(registry, hive, path)
        if _value(registry, hive, rf"{path}\{name}", "LastUsedTimeStop") == 0
    ]
    return [name for name in dict.fromkeys(found) if name != Path(sys.executable).name]


def holders(device: Path) -> Iterator[str]:
    """Names of the processes that have a device of Linux open, of those one may look at."""
    import psutil  # noqa: PLC0415 - only where something went wrong

    for process in psutil.process_iter(["name", "pid"]):
        folder = Path("/proc") / str(process.pid) / "fd"
        try:
            open_files = [str(file.readlink()) for file in folder.iterdir()]
        except OSError:
            continue
        if str(device) in open_files and process.pid != os.getpid():
            yield f"{process.info['name']} ({process.pid})"


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(
            command, check=False, timeout=_WITHIN_S, stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", errors="replace",
        ).stdout  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _registry() -> Any:
    """The module of the registry, which only Windows has."""
    try:
        return importlib.import_module("winreg")
    except ImportError:
        return None


def _hives(registry: Any) -> tuple[Any, Any]:
    return registry.HKEY_LOCAL_MACHINE, registry.HKEY_CURRENT_USER


def _value(registry: Any, hive: Any, path: str, name: str) -> Any:
    try:
        with registry.OpenKey(hive, path) as key:
            return registry.QueryValueEx(key, name)[0]
    except OSError:
        return None


def _keys(registry: Any, hive: Any, path: str) -> list[str]:
    try:
        with registry.OpenKey(hive, path) as key:
            return [registry.EnumKey(key, place) for place in range(registry.QueryInfoKey(key)[0])]
    except OSError:
        return []
