"""The last line: what is being typed, a sentence, or the most useful keys."""

from functools import lru_cache

from connmon_display.refresh.input.keys import Action, bindings
from connmon_display.refresh.layout.cells import Cells, Frame, in_cells
from connmon_display.refresh.layout.fitting import fit, fit_end, wrapped
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.theme import Style

_KEPT = 8  # lines of hints: those of a few sizes
_EDITING = "Enter keep  Esc clear"
_MOST_LINES = 3  # of a sentence
#: Whose hints a narrow screen has no room for, in this order.
_LEFT_OUT_FIRST = (
    Action.EARLIER,
    Action.ZOOM_IN,
    Action.COPY,
    Action.GROUP,
    Action.SORT,
    Action.BACK,
)


def footer(scene: Scene, glyphs: Glyphs) -> Frame:
    """Return the line; a sentence that does not fit takes the lines above it, too."""
    if scene.note.strip() and not scene.editing:
        lines = wrapped(scene.note, scene.width - 2, _MOST_LINES, glyphs.ellipsis)
        return [Line(scene.width).add(f" {line}", Style.LISTEN).cells() for line in lines]
    return [_line(scene, glyphs)]


def _line(scene: Scene, glyphs: Glyphs) -> Cells:
    """Return what is typed, or the keys: hints are whole or absent."""
    line = Line(scene.width)
    if scene.editing:
        line.add(" filter: ", Style.TITLE)
        said = scene.mistake or _EDITING
        room = max(line.room - len(in_cells(said)) - 4, line.room // 2)
        line.add(f" {fit_end(scene.typed, room, glyphs.ellipsis)}_  ")
        if scene.mistake:
            return line.add(fit(said, line.room, glyphs.ellipsis), Style.CLOSED).cells()
        return line.add(said, Style.DIM).cells()
    return _keys(scene.width, scene.replay)


@lru_cache(_KEPT)
def _keys(width: int, replay: bool) -> Cells:  # noqa: FBT001 - a key of the cache
    """Return the hints."""
    line = Line(width)
    for hint in _hints(width, replay=replay):
        key, _, word = hint.rpartition(" ")
        line.add(f" {key} ", Style.BOLD).add(f"{word} ", Style.DIM)
    return line.cells()


def _hints(width: int, *, replay: bool) -> list[str]:
    """Return what there is room for: how to get out, and what cannot be guessed, goes last."""
    shown = [binding for binding in bindings(replay=replay) if binding.hint]
    for action in _LEFT_OUT_FIRST:
        if sum(len(binding.hint) + 2 for binding in shown) <= width:
            break
        shown = [binding for binding in shown if binding.action is not action]
    return [binding.hint for binding in shown]
