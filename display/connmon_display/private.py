"""Descriptors: one of our own for the terminal, and those that are for our children, too."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":

    def private_descriptor(terminal: int) -> int:
        """Return a copy: a terminal cannot be opened once more."""
        return os.dup(terminal)

else:

    def private_descriptor(terminal: int) -> int:
        """Open `terminal` once more: O_NONBLOCK on our own descriptor disturbs nobody else.

        One that is another session's and that we cannot open is copied: writing to it may wait.
        """
        for path in _names(terminal):
            with contextlib.suppress(OSError):  # another user's, as after su
                return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        return os.dup(terminal)

    def _names(terminal: int) -> Iterator[str]:
        with contextlib.suppress(OSError):  # it has none in another mount namespace
            yield os.ttyname(terminal)
        with contextlib.suppress(OSError):  # it is not that of our session
            os.tcgetpgrp(terminal)
            yield "/dev/tty"


def inheritable() -> list[int]:
    """Return the descriptors that a child gets as well."""
    found = []
    for path in Path("/dev/fd").iterdir():
        number = int(path.name)
        with contextlib.suppress(OSError):  # what we listed with is closed by now
            if os.get_inheritable(number):
                found.append(number)
    return found
