"""A scene in, a frame out. Pure: one small function for each region of the screen."""

import textwrap
import time

from connmon_display.refresh.columns import (
    HOST_TITLE,
    MIN_HEIGHT,
    MIN_WIDTH,
    LabelColumns,
    Widths,
    fit,
    fit_address,
    fit_host,
    host_width,
    widths,
)
from connmon_display.refresh.keys import bindings
from connmon_display.refresh.scene import Scene, SceneRow
from connmon_display.refresh.screen import Frame, Row
from connmon_display.refresh.theme import STYLE_OF_MARK, STYLE_OF_STATE, Style, styles_of
from connmon_display.words.duration import short
from connmon_display.words.glyphs import LEGEND, Glyphs, in_ascii
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

HEAD_LINES = 3  # header, times, headings
FOOT_LINES = 1
_RULER_STEPS = ((45, 15), (0, 10))  # (from this many characters, characters between two times)
_HELP_LIMIT_LINES = 4


class Line:
    """A row under construction: pieces are added from the left, never beyond its width."""

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
        return self.paint(text, bytes((style,)) * len(text))

    def paint(self, text: str, styles: bytes) -> "Line":
        """Add `text` with a style for each character."""
        room = self.room
        self._text += text[:room]
        self._styles += styles[:room]
        return self

    def row(self) -> Row:
        """Return the finished row, filled with spaces."""
        return Row(self._text.ljust(self._width), self._styles.ljust(self._width, b"\0"))


def page_of(height: int, *, about: bool = False) -> int:
    """Return how many rows of the table fit on a screen of `height` lines.

    Args:
        height: of the screen.
        about: whether one line tells about the selected row.
    """
    return max(1, height - HEAD_LINES - FOOT_LINES - about)


def compose(scene: Scene, glyphs: Glyphs) -> Frame:
    """Return the frame that shows `scene`: `height` rows of `width` cells."""
    frame = _frame(scene, glyphs)
    return [Row(in_ascii(row.text), row.styles) for row in frame] if glyphs.only_ascii else frame


def _frame(scene: Scene, glyphs: Glyphs) -> Frame:
    if scene.width < MIN_WIDTH or scene.height < MIN_HEIGHT:
        return _too_small(scene)
    host = host_width(scene.hosts, scene.width)
    parts = widths(scene.width, scene.timeline, counting=scene.counting, host=host)
    columns = LabelColumns(parts, scene.features, glyphs)
    frame = [
        _header(scene),
        _times(scene, parts),
        _headings(scene, parts, columns, glyphs),
        *_table(scene, parts, columns, glyphs),
        *_about(scene, glyphs),
        _footer(scene, glyphs),
    ]
    return _overlaid(frame, _help(scene, glyphs), scene) if scene.help else frame


def _too_small(scene: Scene) -> Frame:
    said = [
        f"terminal too small: {scene.width}×{scene.height}",
        f"needs {MIN_WIDTH}×{MIN_HEIGHT}; q quits",
        scene.note,
    ]
    lines = [*said, *[""] * scene.height][: scene.height]
    return [Line(scene.width).add(line, Style.BOLD).row() for line in lines]


def _header(scene: Scene) -> Row:
    line = Line(scene.width).add(" connmon ", Style.TITLE).add(f" {scene.clock} ", Style.BOLD)
    line.add(scene.mode, scene.mode_style)
    if scene.typed and not scene.editing:  # what a user may forget comes first
        line.add(f"  filter:{scene.typed}", Style.LISTEN)
    if scene.alerts:
        line.add(f"  {scene.alerts} ALERT{'S' * (scene.alerts > 1)}", Style.CLOSED)
    for item in scene.counts:
        if len(item) + 2 <= line.room:
            line.add(f"  {item}")
    return line.row()


def _step(timeline: int) -> int:
    return next(step for start, step in _RULER_STEPS if timeline >= start)


def _times(scene: Scene, parts: Widths) -> Row:
    cells = [" "] * parts.timeline
    unit = scene.unit / TICKS_PER_SECOND
    pattern = "%H:%M:%S" if unit < 60 else "%H:%M"  # noqa: PLR2004 - a minute
    for x in range(parts.timeline - 1, -1, -_step(parts.timeline)):
        moment = scene.end - (parts.timeline - 1 - x) * unit
        text = time.strftime(pattern, time.localtime(moment))
        if x - len(text) + 1 >= 0:
            cells[x - len(text) + 1 : x + 1] = text
    scale = f"  1 char = {short(unit)}"
    if scene.behind:
        scale += f", {short(scene.behind)} ago"
    return (
        Line(scene.width)
        .add(" " * (parts.host + (parts.host > 0) + parts.address + 2))
        .add("".join(cells), Style.DIM)
        .add(scale, Style.DIM)
        .row()
    )


def _headings(scene: Scene, parts: Widths, columns: LabelColumns, glyphs: Glyphs) -> Row:
    ruler = [glyphs.rule] * parts.timeline
    for x in range(parts.timeline - 1, -1, -_step(parts.timeline)):
        ruler[x] = glyphs.tick
    title = "REMOTE NAME" if scene.names and "names" in scene.features else "REMOTE IP"
    return (
        Line(scene.width)
        .add(" ")
        .add(f"{fit(HOST_TITLE, parts.host, '')} " if parts.host else "", Style.HEADING)
        .add(fit(title, parts.address, ""), Style.HEADING)
        .add(" ")
        .add("".join(ruler), Style.DIM)
        .add(fit(" RATE", parts.speed + 1, "") if parts.speed else "", Style.HEADING)
        .add(" ")
        .add(columns.heading(), Style.HEADING)
        .row()
    )


def _table(scene: Scene, parts: Widths, columns: LabelColumns, glyphs: Glyphs) -> Frame:
    page = page_of(scene.height, about=bool(scene.about))
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
        .add(" ")
        .add(columns.cells(label), words)
        .row()
    )


def _about(scene: Scene, glyphs: Glyphs) -> Frame:
    if not scene.about:
        return []
    text = fit(f" {scene.about}", scene.width, glyphs.ellipsis)
    return [Line(scene.width).add(text, Style.BOLD).row()]


def _footer(scene: Scene, glyphs: Glyphs) -> Row:
    line = Line(scene.width)
    if scene.editing:
        line.add(" filter: ", Style.TITLE).add(f" {scene.typed}_  ")
        return line.add("Enter keep  Esc clear", Style.DIM).row()
    if scene.note:
        return line.add(fit(f" {scene.note}", scene.width, glyphs.ellipsis), Style.LISTEN).row()
    hints = [(b.shown.split()[0], b.hint) for b in bindings(replay=scene.replay) if b.hint]
    hints.insert(-2, ("+-", "zoom"))
    for key, word in hints:
        if len(key) + len(word) + 3 <= line.room:
            line.add(f" {key}", Style.BOLD).add(f" {word} ", Style.DIM)
    return line.row()


def _help(scene: Scene, glyphs: Glyphs) -> list[Row]:
    shown = [(b.shown, b.help) for b in bindings(replay=scene.replay) if b.shown]
    half = -(-len(shown) // 2)
    narrow = scene.width < 2 * 54 or len(shown) + 6 <= scene.height - 2
    width = min(scene.width - 4, 66 if narrow else 112)
    legend = Line(width).add(" ")
    for mark, meaning in LEGEND:
        legend.add(glyphs.marks[mark], STYLE_OF_MARK[mark]).add(f" {meaning}  ")
    lines = [legend.add("blank: unseen")]
    if narrow:
        lines += [Line(width).add(f" {key:<9} ", Style.BOLD).add(text) for key, text in shown]
    else:
        for left, right in zip(shown[:half], [*shown[half:], ("", "")], strict=False):
            line = Line(width).add(f" {left[0]:<9} ", Style.BOLD).add(f"{left[1]:<50}")
            lines.append(line.add(f"{right[0]:<9} ", Style.BOLD).add(right[1]))
    room = max(_HELP_LIMIT_LINES, scene.height - 2 - len(lines))
    wrapped = [
        line
        for limit in scene.limits
        for line in textwrap.wrap(limit, width - 2, initial_indent=" ! ", subsequent_indent="   ")
    ]
    lines += [Line(width).add(line, Style.LISTEN) for line in wrapped[:room]]
    return [line.row() for line in lines]


def _overlaid(frame: Frame, box: list[Row], scene: Scene) -> Frame:
    box = box[: scene.height - 1]
    width = len(box[0].text)
    left, top = (scene.width - width) // 2, max(0, (scene.height - len(box)) // 2)
    for y, row in enumerate(box, start=top):
        text, styles = frame[y]
        frame[y] = Row(
            text[:left] + row.text + text[left + width :],
            styles[:left] + row.styles + styles[left + width :],
        )
    return frame
