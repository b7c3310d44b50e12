"""What is known of the selected row, below the table: facts, the whole run, connections."""

from collections.abc import Iterable, Iterator
from enum import Enum, auto

from connmon_display.refresh.layout.cells import Frame, in_cells
from connmon_display.refresh.layout.fitting import fit
from connmon_display.refresh.layout.layout import ALL_LINES, told_first
from connmon_display.refresh.regions import connections
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Panel, Scene
from connmon_display.words.duration import short
from connmon_display.words.glyphs import LEGEND, Glyphs
from connmon_display.words.theme import STYLE_OF_MARK, Style, styles_of

RUN_TITLE = " whole run   "
_GAP = "   "
_LEGEND_FROM = 7  # lines

Pair = tuple[str, str]
Facts = Iterable[Iterable[Pair]]


class _Picture(Enum):
    """What is told in marks instead of words."""

    RUN = auto()
    LEGEND = auto()


Told = list[Pair] | _Picture  # on one line


def detail(scene: Scene, glyphs: Glyphs) -> Frame:
    """Return the lines; none when no row is selected."""
    panel = scene.panel
    if panel is None:
        return []
    if panel.lines == 1:
        text = fit(f" {panel.brief}", scene.width, glyphs.ellipsis)
        return [Line(scene.width).add(text, Style.BOLD).cells()]
    lines = [_title(panel, scene.width, glyphs), *_body(scene, panel, glyphs)][: panel.lines]
    lines += [Line(scene.width)] * (panel.lines - len(lines))
    return [line.cells() for line in lines]


def parted(facts: Facts, width: int, height: int) -> tuple[list[Told], list[Told]]:
    """Return what is told above the connections and what behind them, line by line.

    Args:
        facts: about the row.
        width: of the screen.
        height: of the screen.
    """
    room = told_first(height)
    lines, others = _chosen(facts, width, room)
    if not room:
        return [], [*others, _Picture.RUN, _Picture.LEGEND]
    if room == ALL_LINES:
        return [*lines, _Picture.RUN, _Picture.LEGEND], []
    return [*lines, _Picture.RUN], [*others, _Picture.LEGEND]


def _chosen(facts: Facts, width: int, room: int) -> tuple[list[list[Pair]], list[list[Pair]]]:
    """Return the lines of `facts` that are told in `room` lines, and the others.

    However much there is to tell of who it is, a line is left for what happened.
    """
    groups = [[*flow(group, width)] for group in facts]
    first, others = groups[0] if groups else [], [line for group in groups[1:] for line in group]
    most = max(0, room - 1) if others else room
    left = room - len(first[:most])
    return [*first[:most], *others[:left]], [*first[most:], *others[left:]]


def flow(facts: Iterable[Pair], width: int) -> Iterator[list[Pair]]:
    """Yield `facts` in lines of at most `width` cells, whole as long as one fits alone."""
    line: list[Pair] = []
    used = 1
    for name, value in facts:
        cells = len(name) + bool(name) + len(in_cells(value))
        if line and used + len(_GAP) + cells > width:
            yield line
            line, used = [], 1
        used += cells + len(_GAP) * bool(line)
        line.append((name, value))
    if line:
        yield line


def _title(panel: Panel, width: int, glyphs: Glyphs) -> Line:
    rule = glyphs.rule
    many = ", ".join(_counted(panel))
    wordings = (*(f" {many} ({hint}) " for hint in _hints(panel)), f" {many} ")
    line = Line(width).add(rule * 2, Style.DIM).add(f" {panel.title} ", Style.BOLD)
    told = next((words for words in wordings if len(words) + 2 <= line.room), "")
    line.add(rule * (line.room - len(told) - 2 * bool(told)), Style.DIM)
    return line.add(told).add(rule * 2, Style.DIM)


def _hints(panel: Panel) -> tuple[str, str]:
    """Return which keys do something here, in many words and in few."""
    if panel.connections is None:
        return "Enter: detail", "Enter"
    scroll = "PgDn: scroll" if panel.below else "PgUp: back" if panel.top else ""
    return ", ".join(filter(None, ("Enter: close", scroll))), scroll or "Enter: close"


def _counted(panel: Panel) -> Iterator[str]:
    """Yield how many connections and listening sockets there are."""
    connections, listening = panel.count - panel.listening, panel.listening
    if panel.connections is not None and not panel.count:
        yield "none open, the last one"
        return
    if connections or not listening:
        yield f"{connections} open connection{'s' * (connections != 1)}"
    if listening:
        yield f"{listening} listening socket{'s' * (listening != 1)}"


def _body(scene: Scene, panel: Panel, glyphs: Glyphs) -> Iterator[Line]:
    width = scene.width
    if panel.connections is None:
        legend = panel.lines >= _LEGEND_FROM
        room = panel.lines - 2 - legend
        lines, _ = _chosen(panel.facts, width, room)
        yield from _made(lines, panel, width, glyphs)
        yield from [Line(width)] * (room - len(lines))
        yield from _made([_Picture.RUN, _Picture.LEGEND], panel, width, glyphs)
        return
    above, behind = parted(panel.facts, width, scene.height)
    yield from _made(above[panel.top :], panel, width, glyphs)
    several = panel.several
    yield connections.heading(width, several=several)  # it stays when the rest is scrolled
    each = connections.lines_each(width, telling=panel.telling, several=several)
    for words in panel.connections:
        yield connections.first_line(words, width, glyphs, several=several)
        if each > 1:
            yield connections.second_line(words, width, glyphs, several=several)
    if panel.first + len(panel.connections) >= panel.count:
        yield from _made(behind[panel.passed :], panel, width, glyphs)


def _made(told: Iterable[Told], panel: Panel, width: int, glyphs: Glyphs) -> Iterator[Line]:
    """Yield the lines of what is told of a row."""
    for line in told:
        if line is _Picture.RUN:
            yield _run(panel, width, glyphs)
        elif line is _Picture.LEGEND:
            yield _legend(panel, width, glyphs)
        else:
            yield _facts(line, width, glyphs)


def _facts(pairs: Iterable[Pair], width: int, glyphs: Glyphs) -> Line:
    line = Line(width).add(" ")
    for at, (name, value) in enumerate(pairs):
        line.add(_GAP * bool(at)).add(f"{name} " if name else "", Style.DIM)
        cut = value if len(in_cells(value)) <= line.room else fit(value, line.room, glyphs.ellipsis)
        line.add(cut)
    return line


def _run(panel: Panel, width: int, glyphs: Glyphs) -> Line:
    line = Line(width).add(RUN_TITLE, Style.DIM)
    return line.paint(glyphs.draw(panel.run), styles_of(panel.run))


def _legend(panel: Panel, width: int, glyphs: Glyphs) -> Line:
    line = Line(width).add(" " * len(RUN_TITLE))
    line.add(f"1 char = {short(panel.run_unit)}  ", Style.DIM)
    for mark, meaning in LEGEND:
        line.add(f" {glyphs.marks[mark]}", STYLE_OF_MARK[mark]).add(f" {meaning} ", Style.DIM)
    return line
