"""Text that is pasted between brackets: none of it acts as keys. Pure.

A terminal that knows mode 2004 puts them around it (XTerm Control Sequences, "Bracketed Paste
Mode"): `CSI 200 ~ text CSI 201 ~`.
"""

from typing import NamedTuple

ON = "\x1b[?2004h"
BEGIN, END = "\x1b[200~", "\x1b[201~"
_MOST = 16_384  # characters of which a text is taken at once: what takes it has room for fewer


class Pasted(NamedTuple):
    """A text was pasted, or a part of one that came with pauses."""

    text: str

    @property
    def line(self) -> str:
        """The text as one line: ends of lines and tabs are blanks, other controls are left out."""
        line = " ".join(self.text.expandtabs(1).splitlines())
        return "".join(filter(str.isprintable, line))


class Paste:
    """Collects what is pasted, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._text = ""

    def take(self, text: str) -> tuple[bool, str]:
        """Take of `text` what is inside of the brackets.

        Returns:
            Whether its end has come; and what is behind that, or else what may be its beginning.
        """
        inside, end, behind = text.partition(END)
        rest = behind if end else _beginning_of_end(text)
        self._text = (self._text + (inside if end else text.removesuffix(rest)))[:_MOST]
        return bool(end), rest

    def so_far(self) -> list[Pasted]:
        """Return what has come, without the blanks at its end: they count if more comes."""
        text = self._text.rstrip()
        self._text = self._text[len(text) :]
        return [Pasted(text)] if text else []

    def all(self) -> list[Pasted]:
        """Return what has come since, as nothing more does."""
        return [Pasted(self._text)] if self._text else []


def _beginning_of_end(text: str) -> str:
    sizes = range(len(END) - 1, 0, -1)
    return next((END[:size] for size in sizes if text.endswith(END[:size])), "")
