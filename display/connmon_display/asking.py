"""A question to who watches, asked where they read and answered where they type."""

import contextlib
import os
import stat
import sys

import zmq

from connmon_shared.stage.loop import Loop

_LONG_SECONDS = 3_600.0  # the longest wait; what is typed wakes us anyway
_CHUNK = 4_096  # bytes: the longest line of a terminal


class NoAnswerError(Exception):
    """There will be none: a signal came, or nobody is there any more."""


def somebody_answers() -> bool:
    """Return whether somebody is there to answer, and nobody else is: a pager reads keys, too.

    Who asks from the background is stopped.
    """
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    told = os.fstat(sys.stdout.fileno()).st_mode
    if stat.S_ISFIFO(told) or stat.S_ISSOCK(told):
        return False
    return sys.platform == "win32" or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()


def ask(question: str, loop: Loop) -> str:
    """Return the line that is typed, without blanks around it.

    Raises:
        NoAnswerError: there is none.
    """
    sys.stderr.write(question)
    sys.stderr.flush()
    line = _line(loop)
    if not line:
        raise NoAnswerError
    return line.decode(errors="replace").strip()


if sys.platform == "win32":

    def _line(_loop: Loop) -> bytes:
        """Wait for the line; Ctrl-C is heeded once it has come: a console cannot be polled."""
        return sys.stdin.buffer.readline()

else:

    def _line(loop: Loop) -> bytes:
        typed = sys.stdin.fileno()
        while typed not in loop.wait_only(typed, zmq.POLLIN, _LONG_SECONDS):
            if loop.take_notes() or loop.stopping is not None:
                return b""
        with contextlib.suppress(OSError):  # the terminal has gone
            return os.read(typed, _CHUNK)
        return b""
