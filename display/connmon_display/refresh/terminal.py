"""The terminal: the few things that the refresh view wants of it, and nothing else of blessed.

Reasons for what looks odd here:
- blessed asks the terminal for its capabilities and its name when it is made, waits 5 s each for
  an answer that some never give, and GNU screen prints the question. `ANSICON` makes it not ask
  for the first, a `TERM_PROGRAM` not for the second.
- With NO_COLOR it would leave out cursor movements as well; colours are our own affair.
- Ctrl-S must not freeze us, so IXON is off while the view is up.
- Ctrl-C and Ctrl-Z come as keys, not as signals: those would also reach whatever started us
  (make, a shell), which would not wait until the question is answered or the screen restored.
- A terminal that has hung up raises when it is restored; there is nobody left to tell.
"""

import contextlib
import os
import signal
import sys
import termios
from collections.abc import Iterator

import blessed

from connmon_display.hangup import heed
from connmon_display.private import private_descriptor
from connmon_display.refresh.mouse import OFF, ON, Pointed, read_report
from connmon_shared.stage.loop import Loop

_ESCAPE_DELAY = 0.05  # seconds a lone Escape waits for the rest of a sequence
_KEYBOARD = 0  # the descriptor of standard input
_ASK_NOTHING = {"ANSICON": "1", "TERM_PROGRAM": "unknown"}
_HIDDEN = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")
_IFLAG, _CC = 0, 6  # the places of input flags and control characters in termios attributes
_USUAL_SIZE = (80, 24)  # for a terminal that does not know its own, as a serial line


class Terminal:
    """A full screen and a keyboard, between `enter` and `leave`.

    Args:
        mouse: whether to be told of the mouse.
    """

    def __init__(self, *, mouse: bool = False) -> None:
        with _environment():
            self._blessed = blessed.Terminal()
        self._entered = contextlib.ExitStack()
        self.descriptor = private_descriptor(sys.stdout.fileno())
        self._mouse = mouse

    @property
    def colors(self) -> int:
        """How many colours the terminal knows."""
        return int(self._blessed.number_of_colors)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        columns, lines = _USUAL_SIZE
        return self._blessed.width or columns, self._blessed.height or lines

    @property
    def keyboard(self) -> int:
        """The descriptor that is readable when keys were pressed."""
        return _KEYBOARD

    def enter(self) -> None:
        """Take the screen and the keyboard."""
        stack = self._entered
        for taken in (
            self._blessed.fullscreen(),
            self._blessed.hidden_cursor(),
            self._blessed.cbreak(),
        ):
            stack.enter_context(_forgiving(taken))
        attributes = termios.tcgetattr(_KEYBOARD)
        attributes[_IFLAG] &= ~termios.IXON
        disabled = bytes((os.fpathconf(_KEYBOARD, "PC_VDISABLE"),))
        for sends_signal in (termios.VINTR, termios.VSUSP):
            attributes[_CC][sends_signal] = disabled
        termios.tcsetattr(_KEYBOARD, termios.TCSANOW, attributes)
        if self._mouse:
            os.write(self.descriptor, ON.encode())
        stack.callback(self._end_styles)

    def leave(self) -> None:
        """Give both back as they were."""
        self._entered.close()
        try:
            sys.stdout.flush()
        except OSError:
            self._abandon()

    def keys(self) -> list[str | Pointed]:
        """Return what was pressed since the last call: characters, names such as KEY_UP, the mouse.

        Raises:
            EOFError: the terminal has hung up.
        """
        pressed: list[str | Pointed] = []
        while key := self._blessed.inkey(timeout=0, esc_delay=_ESCAPE_DELAY):
            if key.name == "CSI":  # an unknown sequence: its tail must not act as keys
                pressed += self._pointed(self._blessed.flushinp())
            else:
                pressed.append(str(key.name or key))
        return pressed

    def _pointed(self, tail: str) -> list[str | Pointed]:
        """Return what the tail of a sequence tells of the mouse; what is behind it comes next."""
        pointed, length = read_report(tail) if self._mouse else (None, 0)
        if length:
            self._blessed.ungetch(tail[length:])
        return [pointed] if pointed is not None else []

    def suspend(self) -> None:
        """Stop our process group as Ctrl-Z does, after the terminal has been given back."""
        self.leave()
        noted = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.killpg(0, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, noted)
        self.enter()

    def _abandon(self) -> None:
        """Write to nowhere from now on: after a hang-up every write to the terminal fails."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if os.path.sameopenfile(stream.fileno(), self.descriptor):
                os.dup2(nowhere, stream.fileno())
        os.close(nowhere)

    def _end_styles(self) -> None:
        with contextlib.suppress(OSError, termios.error):
            termios.tcflow(_KEYBOARD, termios.TCOON)  # or a held terminal blocks the last write
            off = OFF if self._mouse else ""
            os.write(self.descriptor, f"\x1b[?2026l\x1b[m{off}".encode())


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Let blessed see an environment in which it styles and asks nothing."""
    before = dict(os.environ)
    for name in _HIDDEN:
        os.environ.pop(name, None)
    for name, value in _ASK_NOTHING.items():
        os.environ[name] = before.get(name) or value  # it asks if there is an empty one
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _forgiving(taken: contextlib.AbstractContextManager[None]) -> Iterator[None]:
    taken.__enter__()
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError, termios.error):
            taken.__exit__(None, None, None)


def watch_terminal(lifeline: int | None, *, rereads: bool = False) -> Loop:
    """Return a loop that notes what a terminal's user does with signals.

    Args:
        lifeline: of the launcher.
        rereads: whether SIGHUP may ask for something else than the end; then it counts also where
            it is ignored.
    """
    notes = (signal.SIGINT, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
    if rereads:
        heed()
        return Loop(lifeline, stops=(signal.SIGTERM,), notes=(*notes, signal.SIGHUP))
    return Loop(lifeline, stops=(signal.SIGTERM, signal.SIGHUP), notes=notes)
