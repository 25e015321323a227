"""In a real terminal: what native code writes to descriptor 2 lands in the log, not on the screen."""

import os
import select
import sys
import time

import pytest

from tests.tui.conftest import ROOT

if sys.platform != "win32":
    from tests.support.pty import start_in_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are Unix's")

_NOISE = "NATIVE-NOISE"
_CODE = f"""
import os, pathlib
from tui.app import SignApp
from tui import dashboard as module
start = SignApp.on_mount
def noisy(self):
    start(self)
    self.set_timer(0.1, lambda: (os.write(2, b"{_NOISE}\\n"), self.set_timer(0.5, self.exit)))
SignApp.on_mount = noisy
module.user_log_path = lambda *_, **__: pathlib.Path({{log!r}})
module.run_dashboard(pathlib.Path({{root!r}}))
"""


def run_in_terminal(code: str) -> tuple[str, int]:
    """Everything the process drew, and how it ended."""
    process, terminal = start_in_terminal(
        ["-c", code], {"TERM": "xterm-256color"}, ROOT, columns=80, lines=24
    )
    drawn, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        try:
            chunk = os.read(terminal, 65536) if ready else b"-"
        except OSError:
            break
        if not chunk:
            break
        drawn += chunk if ready else b""
    ended = process.wait()
    os.close(terminal)
    return drawn.decode("utf-8", "replace"), ended


def test_native_noise_does_not_reach_the_screen(library, tmp_path):
    code = _CODE.format(log=str(tmp_path / "logs"), root=str(library.root))
    drawn, exit_code = run_in_terminal(code)
    assert exit_code == 0, drawn[-2000:]
    assert "Library" in drawn
    assert _NOISE not in drawn
    assert _NOISE in (tmp_path / "logs" / "dashboard.log").read_text(encoding="utf-8")


def test_a_bug_leaves_a_clean_terminal_and_a_log(library, tmp_path):
    code = _CODE.replace('os.write(2, b"NATIVE-NOISE\\n")', "1 / 0")
    code = code.format(log=str(tmp_path / "logs"), root=str(library.root))
    drawn, exit_code = run_in_terminal(code)
    assert exit_code == 1
    after = drawn.rpartition("\x1b[?1049l")[2]
    assert "ended because of a bug" in after
    assert "ZeroDivisionError" in (tmp_path / "logs" / "dashboard.log").read_text(encoding="utf-8")
