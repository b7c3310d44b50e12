"""The terminal: its screen, its keyboard and what it can do, between `enter` and `leave`.

Reasons for what looks odd here:
- The one question that is asked, how wide ▲ is, is not waited for longer than ANSWER_SECONDS;
  an answer that comes later still counts.
- Ctrl-S must not freeze us, so IXON is off while the view is up.
- Ctrl-C and Ctrl-Z come as keys, not as signals: those would also reach whatever started us
  (make, a shell), which would not wait until the question is answered or the screen restored.
- A terminal that has hung up, or takes nothing more, must not keep us from ending.
"""

import contextlib
import curses
import math
import os
import re
import select
import signal
import sys
import termios
import time
from typing import Any, NamedTuple

from connmon_display.hangup import heed
from connmon_display.private import private_descriptor
from connmon_display.refresh.keyboard import Keyboard
from connmon_display.refresh.mouse import OFF, ON, Pointed
from connmon_display.words.glyphs import is_utf8, output_encoding
from connmon_shared.stage.loop import Loop

ANSWER_SECONDS = 0.2  # that the first frame waits for an answer; most take a few milliseconds
ESCAPE_SECONDS = 0.05  # that a lone Escape waits for the rest of a sequence
_PATIENCE_SECONDS = 2.0  # that a slow terminal has to take what restores it
_CHUNK = 4_096
_KEYBOARD = 0  # the descriptor of standard input
_IFLAG, _LFLAG, _CC = 0, 3, 6  # places in termios attributes
_USUAL_SIZE = (80, 24)  # for a terminal that does not know its own, as a serial line
_PADDING = re.compile(r"\$<[0-9.]+[*/]*>")  # delays, for terminals made of iron
#: A line of its own, so that the answer cannot be taken for F3 with a modifier (ESC [ 1 ; n R).
_HOW_WIDE = "\x1b[2;1H▲\x1b[6n"
_NARROW = (2, 2)  # where the cursor is behind a ▲ of one cell
_MANY_COLORS, _SOME_COLORS = 256, 8
_TRUE_COLOR = {"truecolor", "24bit"}  # what COLORTERM says where the terminal type says too little


class _Abilities(NamedTuple):
    """What the terminal's type (terminfo) can do; by default as most: ANSI X3.64 and xterm."""

    full_screen: str = "\x1b[?1049h"
    normal_screen: str = "\x1b[?1049l"
    hide_cursor: str = "\x1b[?25l"
    show_cursor: str = "\x1b[?25h"
    colors: int = _SOME_COLORS


class Terminal:
    """A full screen and a keyboard.

    Args:
        mouse: whether to be told of the mouse.
        plain: whether only ASCII is drawn, so that the width of nothing else matters.

    Attributes:
        descriptor: of the screen; writing to it never waits.
    """

    def __init__(self, *, mouse: bool = False, plain: bool = False) -> None:
        self._mouse = mouse
        self._asks = not plain and is_utf8(output_encoding())
        self._abilities = _abilities()
        self._keyboard = Keyboard(output_encoding())
        self._modes: list[Any] | None = None  # before `enter`
        self._typed: list[str | Pointed] = []  # while the answer was waited for
        self._give_up = 0.0  # when a sequence that has begun counts as over
        self.descriptor = private_descriptor(sys.stdout.fileno())

    @property
    def colors(self) -> int:
        """How many colours the terminal knows."""
        known = self._abilities.colors
        more = os.environ.get("COLORTERM") in _TRUE_COLOR and known >= _SOME_COLORS
        return max(known, _MANY_COLORS) if more else known

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        columns = lines = 0
        with contextlib.suppress(OSError):
            columns, lines = os.get_terminal_size(self.descriptor)
        return columns or _USUAL_SIZE[0], lines or _USUAL_SIZE[1]

    @property
    def keyboard(self) -> int:
        """The descriptor that is readable when keys were pressed."""
        return _KEYBOARD

    @property
    def patience(self) -> float:
        """Seconds until `keys` should be asked even if nothing is readable."""
        if self._typed:
            return 0.0
        waiting = self._keyboard.waiting
        return max(0.0, self._give_up - time.monotonic()) if waiting else math.inf

    @property
    def wide(self) -> bool:
        """Whether it draws ▲ and its like over two cells, as some East Asian ones do."""
        return self._keyboard.cursor not in {None, _NARROW}

    def enter(self) -> None:
        """Take the screen and the keyboard."""
        self._modes = termios.tcgetattr(_KEYBOARD)
        termios.tcsetattr(_KEYBOARD, termios.TCSANOW, _unsignalled(self._modes))
        mouse = ON if self._mouse else ""
        self._write(f"{self._abilities.full_screen}{self._abilities.hide_cursor}{mouse}")
        if self._asks and self._keyboard.cursor is None:
            self._write(_HOW_WIDE)
            self._await_answer()

    def leave(self) -> None:
        """Give both back as they were."""
        if self._modes is None:
            return
        with contextlib.suppress(OSError, termios.error):
            termios.tcflow(_KEYBOARD, termios.TCOON)  # or a held terminal takes nothing
            termios.tcflush(_KEYBOARD, termios.TCIFLUSH)  # a late answer is for nobody else
        mouse = OFF if self._mouse else ""
        back = self._abilities.normal_screen or f"\x1b[{self.size[1]};1H\r\n"
        self._write(f"\x1b[?2026l\x1b[m{mouse}{self._abilities.show_cursor}{back}")
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(_KEYBOARD, termios.TCSANOW, self._modes)
        self._modes = None

    def keys(self) -> list[str | Pointed]:
        """Return the keys pressed since the last call: characters, or names such as KEY_UP.

        Raises:
            EOFError: the terminal has hung up.
        """
        found, self._typed = self._typed, []
        while _readable(0.0):
            found += self._keyboard.feed(_read())
            self._give_up = time.monotonic() + ESCAPE_SECONDS
        if self._keyboard.waiting and time.monotonic() >= self._give_up:
            found += self._keyboard.give_up()
        return found

    def suspend(self) -> None:
        """Stop our process group as Ctrl-Z does, after the terminal has been given back."""
        self.leave()
        noted = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.killpg(0, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, noted)
        self.enter()

    def _await_answer(self) -> None:
        """Wait a little for where the cursor is; what is typed meanwhile comes with `keys`."""
        limit = time.monotonic() + ANSWER_SECONDS
        while self._keyboard.cursor is None and _readable(limit - time.monotonic()):
            try:
                self._typed += self._keyboard.feed(_read())
            except EOFError:
                return  # `keys` will meet it again
            self._give_up = time.monotonic() + ESCAPE_SECONDS

    def _write(self, sequence: str) -> None:
        """Write what must not be lost, even if the terminal is busy; but not for ever."""
        rest, limit = sequence.encode(), time.monotonic() + _PATIENCE_SECONDS
        with contextlib.suppress(OSError):  # it has hung up: there is nobody left to tell
            while rest and time.monotonic() < limit:
                with contextlib.suppress(BlockingIOError):
                    rest = rest[os.write(self.descriptor, rest) :]
                    continue
                select.select([], [self.descriptor], [], limit - time.monotonic())


def _abilities() -> _Abilities:
    try:
        curses.setupterm(fd=sys.stdout.fileno())
    except curses.error:  # terminfo does not know it, or is not there
        return _Abilities()
    return _Abilities(
        full_screen=_ability("smcup"),
        normal_screen=_ability("rmcup"),
        hide_cursor=_ability("civis"),
        show_cursor=_ability("cnorm"),
        colors=max(0, curses.tigetnum("colors")),
    )


def _ability(name: str) -> str:
    """Return the sequence that terminfo calls `name`, empty if there is none."""
    return _PADDING.sub("", (curses.tigetstr(name) or b"").decode("latin-1"))


def _unsignalled(modes: list[Any]) -> list[Any]:
    """Return terminal modes in which each key comes at once, unechoed, and no signal with it."""
    modes = [*modes]
    modes[_IFLAG] &= ~termios.IXON
    modes[_LFLAG] &= ~(termios.ECHO | termios.ICANON)
    modes[_CC] = [*modes[_CC]]
    modes[_CC][termios.VMIN], modes[_CC][termios.VTIME] = 1, 0
    disabled = bytes((os.fpathconf(_KEYBOARD, "PC_VDISABLE"),))
    for sends_signal in (termios.VINTR, termios.VSUSP):
        modes[_CC][sends_signal] = disabled
    return modes


def _readable(seconds: float) -> bool:
    return bool(select.select([_KEYBOARD], [], [], max(0.0, seconds))[0])


def _read() -> bytes:
    """Return what the keyboard has sent; only if it is readable.

    Raises:
        EOFError: the terminal has hung up.
    """
    try:
        data = os.read(_KEYBOARD, _CHUNK)
    except OSError as error:
        raise EOFError from error
    if not data:
        raise EOFError
    return data


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
