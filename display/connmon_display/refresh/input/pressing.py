"""What the text that a keyboard sends means: keys, the mouse, a paste. Pure.

A sequence may come in pieces, so what may be the beginning of one waits: Escape alone only for
`ESCAPE_SECONDS`, as it is a key. What pieces of a sequence are left over never acts as keys.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from connmon_display.refresh.input.mouse import Pointed, read_report
from connmon_display.refresh.input.pasting import BEGIN, END, Paste, Pasted

#: That a lone Escape waits for the rest of a sequence. Terminals send one in a piece; a serial line
#: of 9,600 baud takes a millisecond for each byte.
ESCAPE_SECONDS = 0.015
_SEQUENCE_SECONDS = 0.25  # that more than an Escape waits for its rest
_PASTE_SECONDS = 1.0  # without more of a text, until what there is of it counts
_AT_ONCE = 256  # characters; who sends more before they are read does not type
_LONGEST = 40  # characters of a sequence
_ESCAPE = "\x1b"
#: A control sequence (ECMA-48, 5.4; `[[` is of the Linux console, `[M` of mice without SGR), or one
#: of SS3; and what may become one.
_WHOLE = re.compile(
    r"\x1b(?:\[(?:M[^\x00-\x1f]{3}|\[?[0-?]{0,32}[ -/]{0,2}[@-~])|O[0-9;]{0,4}[@-~])"
)
_BEGUN = re.compile(r"\x1b(?:\[(?:M[^\x00-\x1f]{0,2}|\[?[0-?]{0,32}[ -/]{0,2})|O[0-9;]{0,4})?")

#: What blessed calls an Escape and a key in one piece.
_WITH_ALT = ("KEY_ALT_", "KEY_CTRL_ALT_", _ESCAPE)

#: A character, a name such as KEY_UP, something that the mouse did, or a text.
Pressed = str | Pointed | Pasted


class Resolved(NamedTuple):
    """The key at the beginning of a text."""

    name: str  # empty: it means nothing to a user
    length: int  # characters


class Pressing:
    """Takes text in whatever pieces it comes, and tells what was pressed.

    Args:
        resolve: tells the key at the beginning of a text.
        mouse: whether reports of the mouse count.

    Attributes:
        due: when `settle` is to be called if nothing comes, by the clock of the caller.
    """

    def __init__(self, resolve: Callable[[str], Resolved], *, mouse: bool = False) -> None:
        self._resolve = resolve
        self._mouse = mouse
        self._paste: Paste | None = None  # while its end is still to come
        self._quiet = False  # whether nothing of it came for a while: its end may be lost
        self._waiting = ""  # may be the beginning of a sequence, or of the end of a paste
        self._judged = ""  # waited for too long, and may have been the beginning of a paste
        self.due = math.inf

    @property
    def escape(self) -> bool:
        """Whether a lone Escape waits."""
        return self._paste is None and self._waiting == _ESCAPE

    def take(self, text: str, now: float) -> list[Pressed]:
        """Return what was pressed, after `text` has come."""
        late = bool(self._judged) and (self._judged + text).startswith(BEGIN)
        text = (self._judged if late else self._waiting) + text
        self._waiting = self._judged = ""
        if self._paste is not None and self._quiet:
            self._doubt(text)
        pressed: list[Pressed] = []
        room = _AT_ONCE
        while text and not self._waiting:
            if self._paste is not None:
                text, room = self._go_on(self._paste, text, pressed), _AT_ONCE
            elif room > 0:
                length = self._press(text, pressed)
                text, room = text[length:], room - length
            else:
                text, room = self._without_keys(text), 1
        self._wait(now)
        return pressed

    def settle(self, now: float) -> list[Pressed]:
        """Return what was pressed, as nothing has come until `due`."""
        if self._paste is not None and not self._quiet:
            self._quiet, self.due = True, math.inf  # what waits may still be the end
            return [*self._paste.so_far()]
        pressed: list[Pressed] = ["KEY_ESCAPE"] if self._waiting == _ESCAPE else []
        self._judged = self._waiting if BEGIN.startswith(self._waiting) else ""
        self._paste, self._waiting = None, ""
        self._wait(now)
        return pressed

    def _doubt(self, text: str) -> None:
        """See by what comes after a while whether the paste goes on, or its end was lost.

        One key alone was pressed; nobody presses several at once.
        """
        alone = _WHOLE.fullmatch(text) is not None and text != END
        if alone or text.startswith(BEGIN) or (len(text) == 1 and text != _ESCAPE):
            self._paste = None
        self._quiet = END.startswith(text)

    def _go_on(self, paste: Paste, text: str, pressed: list[Pressed]) -> str:
        """Take what is pasted, and return what is behind it."""
        ended, rest = paste.take(text)
        if not ended:
            self._waiting = rest
            return ""
        pressed += paste.all()
        self._paste = None
        return rest

    def _press(self, text: str, pressed: list[Pressed]) -> int:
        """Take the first key of `text`, and return how long it is."""
        begun = _BEGUN.match(text)
        if begun is None:
            return self._resolved(text[:_LONGEST], pressed)
        if begun.end() == len(text):
            self._waiting = text
            return len(text)
        if whole := _WHOLE.match(text):
            self._sequence(whole[0], pressed)
            return whole.end()
        if begun.end() > 1:  # it breaks off
            return begun.end()
        name, length = self._resolve(text[:2])
        if length > 1 and not name.startswith(_WITH_ALT):  # of a terminal with short sequences
            pressed.append(name)
            return length
        pressed.append("KEY_ESCAPE")  # and then a key: pressed soon after it, or with Alt
        return 1

    def _resolved(self, text: str, pressed: list[Pressed]) -> int:
        name, length = self._resolve(text)
        if name:
            pressed.append(name)
        return length

    def _sequence(self, sequence: str, pressed: list[Pressed]) -> None:
        """Take a sequence; of one that nobody knows nothing acts as keys."""
        if sequence == BEGIN:
            self._paste, self._quiet = Paste(), False
            return
        pointed, length = read_report(sequence[2:]) if self._mouse else (None, 0)
        if length:
            pressed += [pointed] if pointed is not None else []
            return
        name, length = self._resolve(sequence)
        if name and length == len(sequence):
            pressed.append(name)

    def _without_keys(self, text: str) -> str:
        """Return `text` from where a paste begins, or else what may be a sequence at its end."""
        if BEGIN in text:
            return text[text.index(BEGIN) :]
        end = text[text.rfind(_ESCAPE) :] if _ESCAPE in text else ""
        return end if _BEGUN.fullmatch(end) else ""

    def _wait(self, now: float) -> None:
        if self._paste is not None and not self._quiet:
            self.due = now + _PASTE_SECONDS
        elif self.escape:
            self.due = now + ESCAPE_SECONDS
        else:
            self.due = now + _SEQUENCE_SECONDS if self._waiting else math.inf
