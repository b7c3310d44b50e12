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
- What blessed imports for what we do not use (asyncio, TLS, test doubles) takes 6 MiB: it is
  loaded when it is used, so never.
- A terminal that has hung up, or takes nothing more, must not keep us from ending: blessed would
  wait for it when it gives back the screen and the modes, so we do that.
"""

import contextlib
import os
import select
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
    write_within,
)
from connmon_display.hangup import heed
from connmon_display.private import private_descriptor
from connmon_display.refresh import pasting
from connmon_display.refresh.late import loading_late
from connmon_display.refresh.mouse import ON, Pointed, read_report
from connmon_display.refresh.pasting import Paste, Pasted
from connmon_display.words.glyphs import is_utf8, output_encoding
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.loop import Loop

with loading_late("asyncio", "secrets", "unittest.mock"):
    import blessed
    from blessed.keyboard import Keystroke

#: Seconds that a lone Escape waits for the rest of a sequence, and everything with it. Terminals
#: send one in a piece; a serial line of 9,600 baud takes a millisecond for each byte.
_ESCAPE_DELAY = 0.015
_ANSWER_SECONDS = 0.3  # that the first frame waits for the answer; most take a few milliseconds
_LATE_SECONDS = 1.0  # in which an answer may still come that nobody else must read
_ENTER_SECONDS = 10.0  # that a slow terminal has to take what it was sent before us
_AT_ONCE = 256  # bytes; who sends more before they are read does not type: a text was pasted
_CHUNK, _CHUNKS = 4_096, 64  # bytes of what is pasted that are read at once, and how often
_PASTE_SECONDS = 1.0  # without more of it: its end is lost
_KEYBOARD = 0  # the descriptor of standard input
_ASK_NOTHING = {"ANSICON": "1", "TERM_PROGRAM": "unknown"}
_HIDDEN = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")
_USUAL_SIZE = (80, 24)  # for a terminal that does not know its own, as a serial line
#: In the second line, as F3 with a modifier looks like an answer about the first.
_HOW_WIDE = "\x1b[2;1H▲\x1b[6n\r\x1b[K"
_NARROW = 1  # the column of the cursor behind a ▲ of one cell, from 0


#: A character, a name such as KEY_UP, something that the mouse did, or a text.
Pressed = str | Pointed | Pasted


class _Keys(blessed.Terminal):
    """Takes `room` bytes from the keyboard, and leaves the others where they are.

    blessed takes all that there is, for each key anew: a long text would take it minutes.
    """

    room = 0

    def kbhit(self, timeout: float | None = None) -> bool:
        """Return whether there is something that we take."""
        return self.room > 0 and super().kbhit(timeout)

    def getch(self, decode_latin1: bool = False) -> str:  # noqa: FBT001, FBT002 - as there
        """Take one byte."""
        self.room -= 1
        return super().getch(decode_latin1)


class Terminal:
    """A full screen and a keyboard, between `enter` and `leave`.

    Args:
        mouse: whether to be told of the mouse.
        plain: whether only ASCII is drawn, so that the width of nothing else matters.

    Attributes:
        descriptor: of the screen; writing to it never waits.
        wide: whether ▲ and its like take more than one cell, as in some East Asian terminals;
            `keys` may learn that.
    """

    def __init__(self, *, mouse: bool = False, plain: bool = False) -> None:
        with _environment():
            self._blessed = _Keys()
        self.descriptor = private_descriptor(sys.stdout.fileno())
        self.wide = False
        self._mouse = mouse
        self._before: Modes | None = None  # `enter`
        self._asks = not plain and is_utf8(output_encoding())
        self._answer_until = 0.0  # while an answer may still come
        self._paste = Paste()
        self._paste_until = 0.0  # when its end counts as lost
        self._typed: list[Pressed] = []  # while it was waited for

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

    def enter(self) -> None:
        """Take the screen and the keyboard; keys may have been pressed already.

        Raises:
            EOFError: the terminal is not ours any more, or has hung up.
        """
        try:
            self._before = take_keyboard()
        except termios.error as error:
            raise EOFError from error
        mouse = ON if self._mouse else ""
        question = _HOW_WIDE if self._asks else ""
        taken = f"{self._blessed.enter_fullscreen}{self._blessed.hide_cursor}{mouse}"
        taken += f"{pasting.ON}{question}"
        write_within(_ENTER_SECONDS, self.descriptor, taken)
        if self._asks:
            self._asks = False
            self._answer_until = boottime() + _LATE_SECONDS
            self._typed += self._await_answer(boottime() + _ANSWER_SECONDS)

    def leave(self) -> None:
        """Give both back as they were."""
        if self._before is None:
            return
        self._await_answer(self._answer_until)
        mouse = MOUSE_OFF if self._mouse else ""
        back = f"{self._blessed.exit_fullscreen}{self._blessed.normal_cursor}"
        sequence = f"\x1b[?2026l\x1b[m{mouse}{PASTE_OFF}{BELOW}{back}"
        give_back(self.descriptor, sequence, self._before)
        self._before = None

    def keys(self) -> list[Pressed]:
        """Return what was pressed since the last call.

        Of a long text only the beginning counts.

        Raises:
            EOFError: the terminal has hung up.
        """
        pressed, self._typed = [*self._typed, *self._pasted_on()], []
        self._blessed.room = _AT_ONCE
        while not self._paste.open and (key := self._key(0)):
            pressed += self._meant(key)
        if not self._blessed.room:
            with contextlib.suppress(termios.error):
                termios.tcflush(_KEYBOARD, termios.TCIFLUSH)
        return pressed

    def suspend(self) -> None:
        """Give both back, and stop our process group as Ctrl-Z does, until somebody goes on."""
        self.leave()
        noted = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.killpg(0, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, noted)

    def _key(self, seconds: float) -> Keystroke:
        """Return the next key that comes within `seconds`, or an empty one.

        Raises:
            EOFError: the terminal has hung up, or is not ours any more.
        """
        try:
            return self._blessed.inkey(timeout=seconds, esc_delay=_ESCAPE_DELAY)
        except OSError as error:
            raise EOFError from error

    def _meant(self, key: Keystroke) -> list[Pressed]:
        """Return what `key` means to the view."""
        if key.name == "CSI":  # an unknown sequence: its tail must not act as keys
            tail = self._blessed.flushinp()
            pasted = self._paste.begin(tail)
            return self._pointed(tail) if pasted is None else self._pasted(pasted)
        if key.name == "CPR_RESPONSE":
            self.wide, self._answer_until = key.cpr_xy[0] != _NARROW, 0.0
            return []
        return [str(key.name or key)]

    def _pasted(self, text: str) -> list[Pressed]:
        """Return what was pasted, of which `text` has just come; what is behind it comes next."""
        self._paste_until = boottime() + _PASTE_SECONDS
        self._blessed.room = _AT_ONCE  # it is no key
        pasted, behind = self._paste.take(text)
        self._blessed.ungetch(behind)
        return [pasted] if pasted is not None else self._pasted_on()

    def _pasted_on(self) -> list[Pressed]:
        """Return the text that is being pasted, once all of it is here.

        Raises:
            EOFError: the terminal has hung up, or is not ours any more.
        """
        if self._paste.open and boottime() > self._paste_until:
            return [self._paste.end()]  # what comes now are keys again
        for _ in range(_CHUNKS):
            if not self._paste.open or not select.select([_KEYBOARD], [], [], 0)[0]:
                break
            try:
                data = os.read(_KEYBOARD, _CHUNK)
            except OSError as error:
                raise EOFError from error
            if not data:
                raise EOFError
            self._paste_until = boottime() + _PASTE_SECONDS
            pasted, behind = self._paste.take(data.decode(errors="replace"))
            if pasted is not None:
                self._blessed.ungetch(behind)
                return [pasted]
        return []

    def _pointed(self, tail: str) -> list[Pressed]:
        """Return what the tail of a sequence tells of the mouse; what is behind it comes next."""
        pointed, length = read_report(tail) if self._mouse else (None, 0)
        if length:
            self._blessed.ungetch(tail[length:])
        return [pointed] if pointed is not None else []

    def _await_answer(self, limit: float) -> list[Pressed]:
        """Wait until `limit` (boot time) for an answer, and return what was typed meanwhile."""
        typed: list[Pressed] = []
        with contextlib.suppress(EOFError):  # `keys` will meet it again
            self._blessed.room = _AT_ONCE
            while self._answer_until and self._blessed.room and (left := limit - boottime()) > 0:
                if self._paste.open:
                    break  # the answer may come behind it
                if key := self._key(left):
                    typed += self._meant(key)
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


def watch_terminal(lifeline: int | None, *, rereads: bool = False) -> Loop:
    """Return a loop that notes what a terminal's user does with signals.

    Args:
        lifeline: of the launcher.
        rereads: whether SIGHUP may ask for something else than the end; then it counts also where
            it is ignored.
    """
    stops = (signal.SIGTERM, signal.SIGQUIT)
    notes = (signal.SIGINT, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
    if rereads:
        heed()
        return Loop(lifeline, stops=stops, notes=(*notes, signal.SIGHUP))
    return Loop(lifeline, stops=(*stops, signal.SIGHUP), notes=notes)
