"""The table: a line for each row."""

from dataclasses import dataclass
from functools import lru_cache

from connmon_display.refresh.layout.cells import Cells, Frame, in_cells
from connmon_display.refresh.layout.columns import LabelColumns
from connmon_display.refresh.layout.fitting import fit, fit_address, fit_host, wrapped
from connmon_display.refresh.layout.layout import Widths, page_of
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene, SceneRow
from connmon_display.words.labels import Label
from connmon_display.words.theme import STYLE_OF_STATE, Style, styles_of

_KEPT_ROWS = 256  # whose words were drawn last: those of a few screens
_KEPT_LAYOUTS = 8


@dataclass(frozen=True, slots=True, eq=False)  # each is there once: it is part of many keys
class _Layout:
    """How lines are laid out."""

    width: int
    parts: Widths
    columns: LabelColumns
    names: bool  # whether names stand for addresses


def table(scene: Scene, columns: LabelColumns) -> Frame:
    """Return as many lines as the page has, or what to say when there are no rows."""
    page = page_of(scene.height, scene.panel.lines if scene.panel is not None else 0)
    layout = _layout(scene.width, scene.parts, columns, scene.names)
    rows = [_row(row, layout) for row in scene.rows[:page]]
    rows += [Line(scene.width).cells() for _ in range(page - len(rows))]
    if not scene.rows:
        said = _why_empty(scene, page, columns.glyphs.ellipsis)
        first = (page - len(said) + 1) // 2
        rows[first : first + len(said)] = said
    return rows


def _why_empty(scene: Scene, page: int, ellipsis: str) -> Frame:
    """Return what to say when there are no rows; what to do about it is never cut."""
    width = scene.width
    lines = [" – ".join(filter(None, (scene.empty, scene.remedy)))]
    if len(in_cells(lines[0])) > width:
        lines = [*wrapped(scene.empty, width - 2, max(1, page - 1), ellipsis), scene.remedy][:page]
    centred = (in_cells(line).center(width) for line in lines)
    return [Line(width).add(line, Style.DIM).cells() for line in centred]


@lru_cache(_KEPT_LAYOUTS)
def _layout(width: int, parts: Widths, columns: LabelColumns, names: bool) -> _Layout:  # noqa: FBT001 - a key of the cache
    return _Layout(width, parts, columns, names)


def _row(row: SceneRow, layout: _Layout) -> Cells:
    label, marks, selected, host, dimmed = row
    before, behind = _around(label, host, selected, dimmed, layout)
    text = before.text + layout.columns.glyphs.draw(marks) + behind.text
    styles = bytes((Style.EMPTY,)) * len(marks) if dimmed else styles_of(marks)
    line = Cells(text, before.styles + styles + behind.styles)
    return line if len(text) == layout.width else Line(layout.width).paint(*line).cells()


@lru_cache(_KEPT_ROWS)
def _around(
    label: Label,
    host: str,
    selected: bool,  # noqa: FBT001 - a key of the cache
    dimmed: bool,  # noqa: FBT001
    layout: _Layout,
) -> tuple[Cells, Cells]:
    """Return what stands before and behind the timeline."""
    parts, columns, glyphs = layout.parts, layout.columns, layout.columns.glyphs
    shown = (layout.names and str(label.name)) or label.address
    chosen = Style.SELECTED if selected else Style.CLOSED if label.alert else Style.NORMAL
    state = Style.LISTEN if label.unusual else STYLE_OF_STATE[label.state]
    state = Style.CLOSED if label.alert else state
    words = Style.SELECTED if selected else state
    whose = Style.CLOSED if dimmed else chosen
    pace = "".join(glyphs.levels[level] for level in label.pace)
    mark = "!" if label.alert else " "
    # Before the address of the selected row is the cursor: its mark gives way to behind it.
    before, behind = (glyphs.cursor, mark) if selected else (mark, " ")
    left = (
        Line(parts.address + parts.host + (parts.host > 0) + 2)
        .add(before, Style.BOLD)
        .add(f"{fit_host(host, parts.host, glyphs.ellipsis)} " if parts.host else "", whose)
        .add(fit_address(shown, parts.address, glyphs.ellipsis), chosen)
        .add(behind, Style.CLOSED)
    )
    right = (
        Line(1 + parts.label + parts.speed + (parts.speed > 0) + parts.pace + (parts.pace > 0))
        .add(f" {fit(label.speed, parts.speed, '')}" if parts.speed else "")
        .add(f" {pace.rjust(parts.pace)}" if parts.pace else "", Style.ACTIVE)
        .add(" ")
        .add(columns.cells(label), words)
    )
    return left.cells(), right.cells()
