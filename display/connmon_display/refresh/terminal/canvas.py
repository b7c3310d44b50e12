"""The terminal as something to draw on: what it shows, in which colours and characters."""

import os

import zmq

from connmon_display.options import Options
from connmon_display.refresh.regions.compose import compose
from connmon_display.refresh.scene import Scene
from connmon_display.refresh.terminal.screen import Screen
from connmon_display.refresh.terminal.terminal import Terminal
from connmon_display.words.color import wanted
from connmon_display.words.glyphs import Glyphs, glyphs_for, output_encoding
from connmon_display.words.theme import palette
from connmon_shared.stage.loop import Loop


class Canvas:
    """Draws scenes, as fast as the terminal takes them.

    Args:
        terminal: where.
        loop: what is woken when the terminal takes more.
        options: of the view.

    Attributes:
        glyphs: the characters to draw with.
    """

    def __init__(self, terminal: Terminal, loop: Loop, options: Options) -> None:
        self._terminal = terminal
        self._loop = loop
        self._options = options
        self._screen = Screen(terminal.descriptor, self._palette(options.theme))
        self.glyphs = self._fitting()
        self._entering = False  # what takes the screen is not written yet

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and lines there are."""
        return self._terminal.size

    @property
    def busy(self) -> bool:
        """Whether the terminal has not taken all of the last scene yet."""
        return self._screen.busy

    def take(self) -> None:
        """Take the terminal, which may show anything and take nothing yet.

        Raises:
            EOFError: it is not ours any more, or has hung up.
        """
        self._screen.begin(self._terminal.enter())
        self._entering = True
        self._written()

    def draw(self, scene: Scene) -> None:
        """Let the terminal show `scene`."""
        self._screen.draw(compose(scene, self.glyphs))
        self._written()

    def flush(self) -> None:
        """Write what the terminal takes now."""
        self._screen.flush()
        self._written()  # at once, or a terminal that takes more again wakes us for ever

    def tell(self, sequence: str) -> None:
        """Write what is not seen."""
        self._screen.tell(sequence)

    def forget(self) -> None:
        """Draw all anew: what the terminal shows is not known any more."""
        self._screen.forget()

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self._screen.dress(self._palette(theme))

    def fit(self) -> None:
        """Draw with what takes one cell each in this terminal, which may tell that late."""
        glyphs = self._fitting()
        if glyphs is not self.glyphs:
            self.glyphs = glyphs
            self._screen.forget()

    def _written(self) -> None:
        """Be woken for what is still to be written, and begin once the screen is taken."""
        if self._screen.busy:
            self._loop.watch(self._terminal.descriptor, zmq.POLLOUT)
            return
        self._loop.forget(self._terminal.descriptor)
        if self._entering:
            self._entering = False
            self._terminal.entered()
            self.fit()

    def _palette(self, theme: str) -> list[str]:
        colored = wanted(self._options.color, os.environ, is_terminal=True)
        return palette(self._terminal.colors if colored else 0, theme)

    def _fitting(self) -> Glyphs:
        term, only_ascii = os.environ.get("TERM", ""), self._options.ascii or self._terminal.wide
        return glyphs_for(output_encoding(), term, ascii_only=only_ascii)
