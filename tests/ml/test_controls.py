"""Commands on stdin: in their order, in the caller's thread, and nothing breaks it."""

import io
import threading
import time

from ml.controls import Controls


def heard_of(data: bytes, *names: str) -> list[dict]:
    said: list[dict] = []
    controls = Controls(io.BytesIO(data), dict.fromkeys(names, said.append))
    deadline = time.monotonic() + 10
    while any(thread.name == "controls" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert said == [], "nothing is done before somebody looks"
    controls.poll()
    return said


def test_commands_come_in_their_order():
    lines = b'{"command": "a", "n": 1}\n{"command": "b"}\n{"command": "a", "n": 2}\n'
    said = heard_of(lines, "a", "b")
    assert [command["command"] for command in said] == ["a", "b", "a"]
    assert [command.get("n") for command in said] == [1, None, 2]


def test_what_is_no_command_is_left_out():
    lines = b'nonsense\n[1]\n"x"\n{"command": "unknown"}\n{"n": 1}\n\xff\xfe\n{"command": "a"}\n'
    assert heard_of(lines, "a") == [{"command": "a"}]


def test_an_endless_line_costs_no_memory():
    assert heard_of(b"x" * 1_000_000 + b'\n{"command": "a"}\n', "a") == [{"command": "a"}]
