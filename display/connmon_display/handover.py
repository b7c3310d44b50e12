"""The terminal is handed over, to us and back: nothing here waits for ever.

That a terminal takes what it is sent may never happen (Ctrl-S, a modem), and that we may set its
modes neither: a shell puts what has lost its launcher into the background.
"""

import contextlib
import errno
import os
import select
import signal
import termios
from collections.abc import Iterator
from typing import Any

from connmon_shared.stage.clock import boottime

Modes = list[int | list[bytes | int]]
MOUSE_OFF, PASTE_OFF = "\x1b[?1006l\x1b[?1000l", "\x1b[?2004l"
#: A terminal with a single screen keeps the picture but for its last line, where a shell goes on.
BELOW = "\x1b[999;1H\x1b[K"
_IFLAG, _LFLAG, _CC = 0, 3, 6  # places in termios attributes
_KEYBOARD = 0  # the descriptor of standard input
_GIVE_BACK_SECONDS = 1.0  # that a slow terminal has to take what we have sent


def take_keyboard(known: Modes | None = None) -> Modes:
    """Let each key come at once, unechoed, and no signal with it; return the modes before.

    In the background that waits until we are in the foreground.

    Args:
        known: the modes before, where the keyboard is ours unless a shell has come back.

    Raises:
        termios.error: the terminal is not ours any more, or has hung up.
    """
    while True:
        try:
            termios.tcflow(_KEYBOARD, termios.TCOON)  # waits, and changes nothing
            before = termios.tcgetattr(_KEYBOARD)  # not earlier: a shell may change them meanwhile
            ours = _unsignalled(before)
            termios.tcsetattr(_KEYBOARD, termios.TCSANOW, ours)
        except termios.error as error:
            if error.args[0] != errno.EINTR:  # by SIGCONT: the modes may be others by now
                raise
        else:
            return before if known is None or before != ours else known


def write_within(seconds: float, descriptor: int, sequence: str) -> bool:
    """Write all of `sequence` to a non-blocking `descriptor`, or return False after `seconds`."""
    rest, limit = sequence.encode(), boottime() + seconds
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            if not select.select([], [descriptor], [], max(0.0, limit - boottime()))[1]:
                return False
        except OSError:  # it has hung up: there is nobody left to tell
            return True
    return True


def give_back(descriptor: int, sequence: str, modes: Modes) -> None:
    """Write `sequence` to a non-blocking `descriptor`, and set `modes`.

    What the terminal has not taken yet is thrown away if that takes too long. Modes that are not
    those that we set are left alone: a shell has come back meanwhile.
    """
    with _allowed():
        with contextlib.suppress(termios.error):
            termios.tcflow(_KEYBOARD, termios.TCOON)  # or one that is held takes nothing
        if not write_within(_GIVE_BACK_SECONDS, descriptor, sequence):
            with contextlib.suppress(termios.error):
                termios.tcflush(_KEYBOARD, termios.TCOFLUSH)
            write_within(0, descriptor, sequence)
        with contextlib.suppress(termios.error):
            if termios.tcgetattr(_KEYBOARD)[_CC][termios.VINTR] == _no_key():
                termios.tcsetattr(_KEYBOARD, termios.TCSANOW, modes)


def _unsignalled(before: Modes) -> Modes:
    modes: list[Any] = [*before]
    modes[_IFLAG] &= ~termios.IXON
    modes[_LFLAG] &= ~(termios.ECHO | termios.ICANON)
    modes[_CC] = [*modes[_CC]]
    modes[_CC][termios.VMIN], modes[_CC][termios.VTIME] = 1, 0
    modes[_CC][termios.VINTR] = modes[_CC][termios.VSUSP] = _no_key()
    return modes


def _no_key() -> bytes:
    return bytes((os.fpathconf(_KEYBOARD, "PC_VDISABLE"),))


@contextlib.contextmanager
def _allowed() -> Iterator[None]:
    """Let the terminal be changed from the background, too, instead of being stopped for it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
