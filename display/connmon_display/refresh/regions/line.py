"""A line of the screen under construction."""

from connmon_display.refresh.layout.cells import Cells, in_cells, part
from connmon_display.words.theme import Style


class Line:
    """A line under construction: pieces are added from the left, never beyond its width."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._text = ""
        self._styles = b""

    @property
    def room(self) -> int:
        """Cells that are still free."""
        return self._width - len(self._text)

    def add(self, text: str, style: Style = Style.NORMAL) -> "Line":
        """Add `text` in one style, as much of it as there is room for."""
        cells = in_cells(text)
        return self.paint(cells, bytes((style,)) * len(cells))

    def paint(self, text: str, styles: bytes) -> "Line":
        """Add `text`, a character for each cell, with a style for each."""
        room = self.room
        self._text += part(text, 0, room)
        self._styles += styles[:room]
        return self

    def cells(self) -> Cells:
        """Return what it is when it is finished, filled with spaces."""
        return Cells(self._text.ljust(self._width), self._styles.ljust(self._width, b"\0"))
