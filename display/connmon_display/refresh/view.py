"""The view: what the terminal shows of what is known, by what the user has set."""

from dataclasses import replace

from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.source import Source
from connmon_display.options import Options
from connmon_display.refresh.input.controls import Controls, Place, act
from connmon_display.refresh.input.keys import Action
from connmon_display.refresh.painting.painter import Painter
from connmon_display.refresh.regions.help import last_top
from connmon_display.refresh.scene import SceneRow
from connmon_display.refresh.terminal.canvas import Canvas


class View:
    """Draws the moment.

    Attributes:
        controls: what the user has set.
        canvas: what it is drawn on.
    """

    def __init__(
        self, source: Source, row_filter: RowFilter, canvas: Canvas, options: Options
    ) -> None:
        self.controls = Controls(
            options.unit, by=options.group, sort=options.sort, theme=options.theme
        )
        self.canvas = canvas
        self._source = source
        self._painter = Painter(source, row_filter, options.width)

    @property
    def place(self) -> Place:
        """The surroundings in which a key acts."""
        return self._painter.place(self.controls, self.canvas.size)

    @property
    def awaits_words(self) -> bool:
        """Whether there is something to prepare for words that are typed now."""
        return self._painter.awaits_words(self.controls)

    @property
    def selected(self) -> SceneRow | None:
        """The selected row as it is drawn."""
        scene, _ = self._painter.scene(self.controls, self.canvas.size, "")
        return next((row for row in scene.rows if row.selected), None)

    def learn(self, change: Change) -> None:
        """Take note of what `change` tells of addresses."""
        self._painter.learn(change)

    def act(self, action: Action) -> None:
        """Do what only changes settings."""
        self.controls = act(self.controls, action, self.place)

    def heed(self) -> None:
        """Let the picture stand still from now on, or go on, if that is what the user has set."""
        self._painter.heed(self.controls)

    def prepare(self) -> None:
        """Prepare for a moment what typed words will need."""
        self._painter.prepare(self.controls)

    def draw(self, note: str) -> None:
        """Draw this moment, with `note` in the last line."""
        scene, self.controls = self._painter.scene(self.controls, self.canvas.size, note)
        if scene.help and not scene.too_small:
            top = min(scene.help_top, last_top(scene, self.canvas.glyphs))
            scene = replace(scene, help_top=top)
            self.controls = replace(self.controls, help_top=top)
        self.canvas.draw(scene)
        self._source.show(self._painter.addresses(self.controls))
