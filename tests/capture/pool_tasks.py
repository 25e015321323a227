"""Tasks for the pool's tests; spawned workers import them by name."""

import os
import sys
import time

from capture.errors import ExtractorError, UnreadableClipError


def imported_modules(_argument):
    return sorted(name for name, module in sys.modules.items() if module is not None)


def double(number):
    return 2 * number


def die(_argument):
    os._exit(7)


def hang(_argument):
    time.sleep(600)


def fail(kind):
    raise {
        "unreadable": UnreadableClipError("no frames", hint="none"),
        "extractor": ExtractorError("MediaPipe gave up"),
        "error": ZeroDivisionError("oh"),
    }[kind]


def fail_to_start():
    os._exit(3)
