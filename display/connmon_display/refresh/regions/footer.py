"""The last line: what is being typed, a sentence, or the most useful keys."""

from connmon_display.refresh.fitting import fit
from connmon_display.refresh.keys import bindings
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.refresh.screen import Row
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.theme import Style


def footer(scene: Scene, glyphs: Glyphs) -> Row:
    """Return the line; its hints are whole or absent."""
    line = Line(scene.width)
    if scene.editing:
        line.add(" filter: ", Style.TITLE).add(f" {scene.typed}_  ")
        if scene.mistake:
            return line.add(fit(scene.mistake, line.room, glyphs.ellipsis), Style.CLOSED).row()
        return line.add("Enter keep  Esc clear", Style.DIM).row()
    if scene.note:
        return line.add(fit(f" {scene.note}", scene.width, glyphs.ellipsis), Style.LISTEN).row()
    for binding in bindings(replay=scene.replay):
        key, _, word = binding.hint.rpartition(" ")
        if word and len(binding.hint) + 3 <= line.room:
            line.add(f" {key} ", Style.BOLD).add(f"{word} ", Style.DIM)
    return line.row()
