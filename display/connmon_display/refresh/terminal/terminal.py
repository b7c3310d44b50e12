"""The terminal: the few things that the refresh view wants of it, and nothing else of blessed.

Reasons for what looks odd here:
- blessed asks the terminal for its capabilities and its name when it is made, waits 5 s each for
  an answer that some never give, and GNU screen prints the question. `ANSICON` makes it not ask
  for the first, a `TERM_PROGRAM` not for the second.
- We ask one question, how wide ▲ is: every terminal knows it, and the first frame does not wait
  long for the answer. It counts when it comes later as well, and never acts as keys.
- With NO_COLOR blessed would leave out cursor movements as well; colours are our own affair.
- Ctrl-S must not freeze us, so IXON is off while the view is up.
- Ctrl-C and Ctrl-Z come as keys, not as signals: those would also reach whatever started us
  (make, a shell), which would not wait until the question is answered or the screen restored.
- What blessed imports for what we do not use (asyncio, TLS, a framework for tests) takes 7 MiB:
  it is loaded when it is used, so never.
- A terminal that has hung up, or takes nothing, must not keep us from ending: blessed would wait
  for it when it gives back the screen and the modes, so we do that. What takes the screen is
  written as a frame is: as the terminal takes it, while keys and signals count.
"""

import contextlib
import locale
import os
import signal
import sys
import termios
from collections.abc import Iterator

from connmon_display.handover import (
    BELOW,
    MOUSE_OFF,
    PASTE_OFF,
    Modes,
    give_back,
    take_keyboard,
)
from connmon_display.private import private_descriptor
from connmon_display.refresh.input import pasting
from connmon_display.refresh.input.keyboard import Keyboard
from connmon_display.refresh.input.mouse import ON
from connmon_display.refresh.input.pressing import Pressed, Resolved
from connmon_display.refresh.terminal.guard import Guard
from connmon_display.refresh.terminal.late import loading_late
from connmon_display.words.glyphs import is_utf8, output_encoding
from connmon_shared.stage.clock import boottime

with loading_late("asyncio", "secrets", "unittest", "unittest.mock"):
    import blessed
    from blessed.keyboard import Keystroke

_ANSWER_SECONDS = 0.3  # that the first frame waits for the answer; most take a few milliseconds
_LATE_SECONDS = 1.0  # in which an answer may still come that nobody else must read
_KEYBOARD = 0  # the descriptor of standard input
_JOB_CONTROL = signal.SIGTSTP, signal.SIGCONT
_ASK_NOTHING = {"ANSICON": "1", "TERM_PROGRAM": "unknown"}
_HIDDEN = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")
_USUAL_SIZE = (80, 24)  # for a terminal that does not know its own, as a serial line
#: In the second line, as F3 with a modifier looks like an answer about the first.
_HOW_WIDE = "\x1b[2;1H▲\x1b[6n\r\x1b[K"
_NARROW = 1  # the column of the cursor behind a ▲ of one cell, from 0


class _Keymap(blessed.Terminal):
    """Tells the keys of a text that is handed to it, and reads nothing itself."""

    def kbhit(self, timeout: float | None = None) -> bool:
        """Return False: nothing is to be read."""
        del timeout
        return False

    def key(self, text: str) -> Keystroke:
        """Return the key at the beginning of `text`."""
        self.ungetch(text)
        key = self.inkey(timeout=0, esc_delay=0)
        self.flushinp()
        return key


class Terminal:
    """A full screen and a keyboard, between `enter` and `leave`.

    Args:
        mouse: whether to be told of the mouse.
        plain: whether only ASCII is drawn, so that the width of nothing else matters.
        guarded: whether somebody is to give the terminal back if we are killed.

    Attributes:
        descriptor: of the screen; writing to it never waits.
        wide: whether ▲ and its like take more than one cell, as in some East Asian terminals;
            `keys` may learn that.
    """

    def __init__(self, *, mouse: bool = False, plain: bool = False, guarded: bool = False) -> None:
        with _environment():
            self._blessed = _Keymap()
        self.descriptor = private_descriptor(sys.stdout.fileno())
        self.wide = False
        self._mouse = mouse
        self._before: Modes | None = None  # `enter`
        self._guard = Guard(self.descriptor) if guarded else None
        self._asks = not plain and is_utf8(output_encoding())
        self._answer_until = 0.0  # while an answer may still come
        self._typed: list[Pressed] = []  # while it was waited for
        self._input = self._take_input()

    @property
    def colors(self) -> int:
        """How many colours the terminal knows."""
        return int(self._blessed.number_of_colors)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        try:
            columns, lines = os.get_terminal_size(self.descriptor)
        except OSError:  # it has hung up
            columns, lines = 0, 0
        return columns or _USUAL_SIZE[0], lines or _USUAL_SIZE[1]

    @property
    def keyboard(self) -> int:
        """The descriptor that is readable when keys were pressed."""
        return _KEYBOARD

    @property
    def patience(self) -> float:
        """Seconds until `keys` is to be called though nothing is pressed."""
        return 0.0 if self._typed else self._input.patience

    def enter(self) -> str:
        """Take the keyboard, on which keys may have been pressed, and return what takes the screen.

        When that is written, `entered` is to be called. The keyboard may be ours already.

        Raises:
            EOFError: the terminal is not ours any more, or has hung up.
        """
        try:
            self._before = take_keyboard(self._before)
        except termios.error as error:
            raise EOFError from error
        if self._guard:
            self._guard.begin(self._back, self._before)
        self._input = self._take_input()  # what was begun before somebody else had the keyboard
        mouse = ON if self._mouse else ""
        question = _HOW_WIDE if self._asks else ""
        taken = f"{self._blessed.enter_fullscreen}{self._blessed.hide_cursor}{mouse}"
        return f"{taken}{pasting.ON}{question}"

    def entered(self) -> None:
        """Wait for an answer, but not for long, if that was a question."""
        if self._asks:
            self._asks = False
            self._answer_until = boottime() + _LATE_SECONDS
            self._typed += self._await_answer(boottime() + _ANSWER_SECONDS)

    def leave(self) -> None:
        """Give both back as they were."""
        if self._before is None:
            return
        self._await_answer(self._answer_until)
        give_back(self.descriptor, self._back, self._before)
        if self._guard:
            self._guard.end()
        self._before = None

    def keys(self) -> list[Pressed]:
        """Return what was pressed since the last call.

        Of a long text without brackets only the beginning counts.

        Raises:
            EOFError: the terminal has hung up.
        """
        pressed, self._typed = [*self._typed, *self._input.read()], []
        return pressed

    def suspend(self) -> None:
        """Give both back, and stop our process group as Ctrl-Z does, until somebody goes on."""
        self.leave()
        # Nobody has to be told of SIGCONT as well: who called this knows that it is over.
        noted = {each: signal.signal(each, signal.SIG_DFL) for each in _JOB_CONTROL}
        os.killpg(0, signal.SIGTSTP)
        for each, handler in noted.items():
            signal.signal(each, handler)

    @property
    def _back(self) -> str:
        """What gives the screen back."""
        mouse = MOUSE_OFF if self._mouse else ""
        back = f"{self._blessed.exit_fullscreen}{self._blessed.normal_cursor}"
        return f"\x1b[?2026l\x1b[m{mouse}{PASTE_OFF}{BELOW}{back}"

    def _take_input(self) -> Keyboard:
        encoding = locale.getpreferredencoding(do_setlocale=False)
        return Keyboard(_KEYBOARD, encoding, self._resolve, mouse=self._mouse)

    def _resolve(self, text: str) -> Resolved:
        """Return the key at the beginning of `text`; an answer is none."""
        key = self._blessed.key(text)
        if key.name == "CPR_RESPONSE":
            self.wide, self._answer_until = key.cpr_xy[0] != _NARROW, 0.0
            return Resolved("", len(key))
        return Resolved(str(key.name or key), len(key))

    def _await_answer(self, limit: float) -> list[Pressed]:
        """Wait until `limit` (boot time) for an answer, and return what was typed meanwhile."""
        typed: list[Pressed] = []
        with contextlib.suppress(EOFError):  # `keys` will meet it again
            while self._answer_until and (left := limit - boottime()) > 0:
                typed += self._input.read(left)
        return typed


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
