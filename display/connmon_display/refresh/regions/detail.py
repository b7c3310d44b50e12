"""What is known of the selected row, below the table: facts, the whole run, connections."""

from collections.abc import Iterable, Iterator

from connmon_display.refresh.cells import in_cells
from connmon_display.refresh.fitting import fit
from connmon_display.refresh.regions import connections
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Panel, Scene
from connmon_display.refresh.screen import Frame
from connmon_display.words.duration import short
from connmon_display.words.glyphs import LEGEND, Glyphs
from connmon_display.words.theme import STYLE_OF_MARK, Style, styles_of

RUN_TITLE = " whole run   "
_GAP = "   "
_LEGEND_FROM = 7  # lines

Pair = tuple[str, str]


def detail(scene: Scene, glyphs: Glyphs) -> Frame:
    """Return the lines; none when no row is selected."""
    panel = scene.panel
    if panel is None:
        return []
    if panel.lines == 1:
        text = fit(f" {panel.brief}", scene.width, glyphs.ellipsis)
        return [Line(scene.width).add(text, Style.BOLD).cells()]
    room = panel.lines - 1
    lines = [_title(panel, scene.width, glyphs), *_body(panel, scene.width, glyphs)][: room + 1]
    lines += [Line(scene.width)] * (room + 1 - len(lines))
    return [line.cells() for line in lines]


def head_lines(panel: Panel, width: int) -> int:
    """Return how many lines stand above the heading of the connections."""
    return sum(1 for group in panel.facts for _ in flow(group, width)) + 2


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


def _body(panel: Panel, width: int, glyphs: Glyphs) -> Iterator[Line]:
    facts, run, legend = (
        _facts(panel, width, glyphs),
        _run(panel, width, glyphs),
        _legend(panel, width, glyphs),
    )
    if panel.connections is None:
        room = panel.lines - 2 - (panel.lines >= _LEGEND_FROM)
        yield from facts[:room]
        yield from [Line(width)] * (room - len(facts))
        yield from (run, legend)
        return
    yield from [*facts, run, legend][panel.top :]
    several = panel.several
    yield connections.heading(width, several=several)  # it stays when the rest is scrolled
    each = connections.lines_each(width, telling=panel.telling)
    for words in panel.connections:
        yield connections.first_line(words, width, glyphs, several=several)
        if each > 1:
            yield connections.second_line(words, width, glyphs, several=several)


def _facts(panel: Panel, width: int, glyphs: Glyphs) -> list[Line]:
    lines = []
    for group in panel.facts:
        for pairs in flow(group, width):
            line = Line(width).add(" ")
            for at, (name, value) in enumerate(pairs):
                line.add(_GAP * bool(at)).add(f"{name} " if name else "", Style.DIM)
                line.add(
                    value
                    if len(in_cells(value)) <= line.room
                    else fit(value, line.room, glyphs.ellipsis)
                )
            lines.append(line)
    return lines


def _run(panel: Panel, width: int, glyphs: Glyphs) -> Line:
    line = Line(width).add(RUN_TITLE, Style.DIM)
    return line.paint(glyphs.draw(panel.run), styles_of(panel.run))


def _legend(panel: Panel, width: int, glyphs: Glyphs) -> Line:
    line = Line(width).add(" " * len(RUN_TITLE))
    line.add(f"1 char = {short(panel.run_unit)}  ", Style.DIM)
    for mark, meaning in LEGEND:
        line.add(f" {glyphs.marks[mark]}", STYLE_OF_MARK[mark]).add(f" {meaning} ", Style.DIM)
    return line
