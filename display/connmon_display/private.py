"""A descriptor of our own for the terminal."""

import os
import sys

if sys.platform == "win32":

    def private_descriptor(terminal: int) -> int:
        """Return a copy: a terminal cannot be opened once more."""
        return os.dup(terminal)

else:

    def private_descriptor(terminal: int) -> int:
        """Open `terminal` once more: O_NONBLOCK on our own descriptor disturbs nobody else."""
        try:
            path = os.ttyname(terminal)
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:  # a terminal of another mount namespace has no name here
            return os.dup(terminal)
