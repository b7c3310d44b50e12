"""Text that is pasted: it comes in one piece, and none of it acts as keys. Pure.

A terminal puts it in brackets (XTerm Control Sequences, "Bracketed Paste Mode"):
`CSI 200 ~ text CSI 201 ~`.
"""

from typing import NamedTuple

ON = "\x1b[?2004h"
_BEGIN, _END = "200~", "\x1b[201~"  # the first one behind its CSI
_LONGEST = 256  # characters of which a text is taken: the others fit in no line


class Pasted(NamedTuple):
    """A text was pasted."""

    text: str

    @property
    def line(self) -> str:
        """The text as one line: ends of lines and tabs are blanks, other controls are left out."""
        line = " ".join(self.text.expandtabs(1).splitlines())
        return "".join(filter(str.isprintable, line))


class Paste:
    """Collects what is pasted.

    Attributes:
        open: whether its end is still to come.
    """

    def __init__(self) -> None:
        self.open = False
        self._text = ""
        self._last = ""  # of it, held back: it may be the beginning of the end

    def begin(self, tail: str) -> str | None:
        """Return the pasted text that a sequence with this `tail` behind CSI begins; None: none."""
        if not tail.startswith(_BEGIN):
            return None
        self.open = True
        return tail.removeprefix(_BEGIN)

    def take(self, text: str) -> tuple[Pasted | None, str]:
        """Return what was pasted, if `text` has the end of it, and what is behind that."""
        inside, end, behind = (self._last + text).partition(_END)
        if end:
            self._keep(inside)
            self._last = ""
            return self.end(), behind
        at = max(0, len(inside) - len(_END) + 1)
        self._keep(inside[:at])
        self._last = inside[at:]
        return None, ""

    def end(self) -> Pasted:
        """Return what was pasted so far, as if it were all."""
        self._keep(self._last)
        pasted = Pasted(self._text)
        self.open, self._text, self._last = False, "", ""
        return pasted

    def _keep(self, text: str) -> None:
        self._text = (self._text + text)[:_LONGEST]
