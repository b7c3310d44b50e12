"""What can stand after an option, or as an argument."""

import argparse
import enum
from typing import NamedTuple

from connmon_shared.stage.parser import PATHS


class Value(NamedTuple):
    """Of one option or argument: all empty if nothing is known of it."""

    words: tuple[str, ...] = ()
    files: bool = False
    folders: bool = False


_FOLDER = ("DIR", "ENDPOINT")
_FILE = ("FILE", "KEY", "PATH")
_NO_FILE = ("key",)  # a KEY itself, never a file with one


def value_of(action: argparse.Action) -> Value | None:
    """Return what `action` takes; None: nothing, it is a flag."""
    if action.nargs == 0:
        return None
    if action.choices is not None:
        return Value(tuple(map(str, action.choices)))
    if isinstance(action.type, enum.EnumType):
        return Value(tuple(map(str, action.type)))
    if action.metavar in _FOLDER:
        return Value(folders=True)
    if action.type in PATHS or (action.metavar in _FILE and action.dest not in _NO_FILE):
        return Value(files=True)
    return Value()
