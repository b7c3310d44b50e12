"""A picture of costs against counts, both logarithmic, as SVG for light and dark pages. Pure."""

import math
from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 800, 500
LEFT, RIGHT, TOP, BOTTOM = 78, 138, 62, 62  # margins
CORE = 1_000.0  # ms a second: one core, all of it
ROUND = 3.5  # radius of a mark
LABEL_DISTANCE = 15  # at least, between two labels of lines
_TITLE = "CPU time for watching connections, once a second"
_ACROSS = "open sockets"
_UPWARDS = "CPU time, ms a second"
_MARKED = "○ one look takes longer than a second: CPU time of that look"
#: By the order of the methods: on light and on dark ground.
_COLORS = (
    ("#0969c6", "#58a6ff"),
    ("#0f7b6c", "#3fc1a5"),
    ("#c2410c", "#ff9d5c"),
    ("#9333a8", "#d69bea"),
)


class Point(NamedTuple):
    """One figure."""

    method: str
    sockets: int
    cost: float  # ms of CPU time a second, or of one look that takes longer
    over: bool


class Scale(NamedTuple):
    """Where the powers of ten from `low` to `high` are drawn."""

    low: int
    high: int
    first: float
    last: float

    def __call__(self, value: float) -> float:
        """Return the place of `value`."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)


def drawn(points: list[Point]) -> str:
    """Return the picture of `points`."""
    costs, counts = [p.cost for p in points], [p.sockets for p in points]
    across = Scale(*_powers(counts), LEFT, WIDTH - RIGHT)
    upwards = Scale(*_powers([*costs, CORE]), HEIGHT - BOTTOM, TOP)
    body = [*_grid(across, upwards), *_words(), *_lines(points, across, upwards)]
    return "\n".join([_head(), *body, "</svg>", ""])


def _powers(values: Iterable[float]) -> tuple[int, int]:
    low, high = min(values), max(values)
    return math.floor(math.log10(low)), math.ceil(math.log10(high))


def _head() -> str:
    light = "".join(_colored(n, pair[0]) for n, pair in enumerate(_COLORS))
    dark = "".join(_colored(n, pair[1]) for n, pair in enumerate(_COLORS))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">
<title>{_TITLE}</title>
<style>
text {{ font: 13px system-ui, sans-serif; fill: #424a53 }}
.title {{ font-size: 16px; font-weight: 600; fill: #1f2328 }}
.label {{ font-weight: 600 }}
.ground {{ fill: #ffffff }}
.grid {{ stroke: #d8dee4; stroke-width: 1 }}
.core {{ stroke: #6e7781; stroke-dasharray: 5 4 }}
.line {{ fill: none; stroke-width: 2.5; stroke-linejoin: round }}
.over {{ fill: #ffffff; stroke-width: 2 }}
{light}
@media (prefers-color-scheme: dark) {{
text {{ fill: #aeb6c0 }} .title {{ fill: #e6edf3 }}
.ground, .over {{ fill: #0d1117 }}
.grid {{ stroke: #2b323b }} .core {{ stroke: #8b949e }}
{dark}
}}
</style>
<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="8"/>"""


def _colored(number: int, color: str) -> str:
    return (
        f".l{number} {{ stroke: {color} }} .m{number} {{ fill: {color}; stroke: none }}"
        f" text.m{number} {{ fill: {color} }}\n"
    )


def _grid(across: Scale, upwards: Scale) -> Iterator[str]:
    for power in range(across.low, across.high + 1):
        x = across(10.0**power)
        yield _line("grid", x, TOP, x, HEIGHT - BOTTOM)
        yield _text(f"{10**power:,}", x, HEIGHT - BOTTOM + 20, anchor="middle")
    for power in range(upwards.low, upwards.high + 1):
        y = upwards(10.0**power)
        yield _line("grid", LEFT, y, WIDTH - RIGHT, y)
        yield _text(f"{10.0**power:,g}" if power < 0 else f"{10**power:,}", LEFT - 8, y + 4)
    y = upwards(CORE)
    yield _line("core", LEFT, y, WIDTH - RIGHT, y)
    yield _text("one whole core", LEFT + 8, y - 6, anchor="start")


def _words() -> Iterator[str]:
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield _text(_TITLE, LEFT, 28, "title", "start")
    yield _text(_MARKED, LEFT, 48, anchor="start")
    yield _text(_ACROSS, middle, HEIGHT - 18, anchor="middle")
    y = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'<text transform="translate(20 {y:.0f}) rotate(-90)" text-anchor="middle">'
        f"{_UPWARDS}</text>"
    )


def _lines(points: list[Point], across: Scale, upwards: Scale) -> Iterator[str]:
    ends = []
    for number, method in enumerate(dict.fromkeys(point.method for point in points)):
        mine = [point for point in points if point.method == method]
        places = [(across(point.sockets), upwards(point.cost)) for point in mine]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline class="line l{number}" points="{path}"/>'
        for point, (x, y) in zip(mine, places, strict=True):
            kind = f"over l{number}" if point.over else f"m{number}"
            yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{ROUND}"/>'
        ends.append((places[-1][1], method, number))
    yield from _labels(ends)


def _labels(ends: list[tuple[float, str, int]]) -> Iterator[str]:
    """Name each line at its end; none over another."""
    lowest = 0.0
    for y, method, number in sorted(ends):
        lowest = max(y + 4, lowest + LABEL_DISTANCE)
        yield _text(method, WIDTH - RIGHT + 10, lowest, f"label m{number}", "start")


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(words: str, x: float, y: float, kind: str = "", anchor: str = "end") -> str:
    cls = f' class="{kind}"' if kind else ""
    return f'<text{cls} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
