"""The table: a line for each row."""

from connmon_display.refresh.columns import LabelColumns, Widths, fit, fit_address, fit_host
from connmon_display.refresh.regions.layout import page_of
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene, SceneRow
from connmon_display.refresh.screen import Frame, Row
from connmon_display.refresh.theme import STYLE_OF_STATE, Style, styles_of
from connmon_display.words.glyphs import Glyphs


def table(scene: Scene, parts: Widths, columns: LabelColumns, glyphs: Glyphs) -> Frame:
    """Return as many lines as the page has, or what to say when there are no rows."""
    page = page_of(scene.height, scene.panel.lines if scene.panel is not None else 0)
    rows = [_row(scene, row, parts, columns, glyphs) for row in scene.rows[:page]]
    rows += [Line(scene.width).row() for _ in range(page - len(rows))]
    if not scene.rows:
        rows[page // 2] = Line(scene.width).add(scene.empty.center(scene.width), Style.DIM).row()
    return rows


def _row(scene: Scene, row: SceneRow, parts: Widths, columns: LabelColumns, glyphs: Glyphs) -> Row:
    label = row.label
    shown = (scene.names and str(label.name)) or label.address
    chosen = Style.SELECTED if row.selected else Style.CLOSED if label.alert else Style.NORMAL
    state = Style.LISTEN if label.unusual else STYLE_OF_STATE[label.state]
    state = Style.CLOSED if label.alert else state
    words = Style.SELECTED if row.selected else state
    whose = Style.CLOSED if row.dimmed else chosen
    pace = "".join(glyphs.levels[level] for level in label.pace)
    dim = bytes((Style.EMPTY,)) * len(row.marks)
    mark = "!" if label.alert else " "
    # Before the address of the selected row is the cursor: its mark gives way to behind it.
    before, behind = (glyphs.cursor, mark) if row.selected else (mark, " ")
    return (
        Line(scene.width)
        .add(before, Style.BOLD)
        .add(f"{fit_host(row.host, parts.host, glyphs.ellipsis)} " if parts.host else "", whose)
        .add(fit_address(shown, parts.address, glyphs.ellipsis), chosen)
        .add(behind, Style.CLOSED)
        .paint(glyphs.draw(row.marks), dim if row.dimmed else styles_of(row.marks))
        .add(f" {fit(label.speed, parts.speed, '')}" if parts.speed else "")
        .add(f" {pace.rjust(parts.pace)}" if parts.pace else "", Style.ACTIVE)
        .add(" ")
        .add(columns.cells(label), words)
        .row()
    )
