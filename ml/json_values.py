"""Which JSON values a setting of some type takes."""

import types
import typing
from typing import Any, Literal


def in_words(hint: Any) -> str:
    """What a type takes, for people."""
    if typing.get_origin(hint) is Literal:
        return f"one of: {', '.join(map(str, typing.get_args(hint)))}"
    known = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
    return known.get(hint, "a list of words, or null")


def fits(hint: Any, value: object) -> bool:
    """Whether a JSON value is of a type: a whole number is no bool, and no number with a point."""
    origin = typing.get_origin(hint)
    if origin is Literal:
        return value in typing.get_args(hint)
    if origin is types.UnionType:
        return any(fits(part, value) for part in typing.get_args(hint))
    if origin is list:
        (part,) = typing.get_args(hint)
        return isinstance(value, list) and all(fits(part, item) for item in value)
    return type(value) is hint
