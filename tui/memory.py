"""Garbage collection without pauses that a hand would feel.

A dashboard is a quarter of a million objects, and Python looks at all of them again and again: up to a
fifth of a second each time on a busy machine. What a screen is made of stays as long as the screen
does, so it is set aside once the screen stands.
"""

import gc


def set_aside() -> None:
    """Collect what is garbage now; what is left is not looked at again until `take_back`."""
    gc.collect()
    gc.freeze()


def take_back() -> None:
    """Look at everything again, as when screens are thrown away."""
    gc.unfreeze()
