"""A page with the picture of the whole session, for a browser: nothing in it is fetched.

It is readable without its script, which filters, sorts, and tells the time under the pointer.
"""

import base64
import hashlib
import time
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from connmon_display.export.estimate import rows_size
from connmon_display.export.material import Line, Material
from connmon_display.export.strip import LEGEND, labels, pictured, strip
from connmon_display.export.words import (
    hosts_of,
    name_of_row,
    row_words,
    session_words,
    statistics,
)
from connmon_display.words.duration import short
from connmon_display.words.labels import UNKNOWN
from connmon_display.words.names import AS
from connmon_shared import ATTRIBUTION
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_HEAD_BYTES = 10_000  # of all but the rows, about
_ORDERS = ("first seen", "most active", "most opened", "address")


def lines(material: Material) -> Iterator[str]:
    """Yield the lines of the page."""
    shown = pictured(material)
    style, script = _asset("strip.css") + _asset("page.css"), _asset("page.js")
    yield '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>connmon {escape(hosts_of(shown))}</title>\n<style>{style}</style>"
    yield from _head(shown)
    yield '<main id="rows">'
    for line in shown.lines:
        yield _row(shown, line)
    yield "</main>"
    if not shown.lines:
        yield '<p class="f">no connections</p>'
    if shown.places:
        yield f"<footer>{escape(ATTRIBUTION)}</footer>"
    yield f"<script>{script}</script>\n</html>"


def size(material: Material) -> int:
    """Return about how many bytes they will be."""
    shown = pictured(material)
    return _HEAD_BYTES + rows_size(shown, lambda line: _row(shown, line))


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Let the page load nothing, and run nothing but what is ours: names come from outside."""
    return f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _head(material: Material) -> Iterator[str]:
    yield f"<header><h1>connmon <b>{escape(hosts_of(material))}</b></h1>"
    yield _cards(session_words(material), "when")
    yield _cards(statistics(material), "figures")
    legend = "".join(f"<span>{strip(marks)}{meaning}</span>" for marks, meaning in LEGEND)
    unit = short(material.unit / TICKS_PER_SECOND)
    about = f'<span class="f">finest step {unit}</span>'
    yield f'<p class="legend">{legend}{about}</p></header>'
    orders = "".join(f"<option>{order}</option>" for order in _ORDERS)
    zone = time.localtime(material.begin / TICKS_PER_SECOND).tm_gmtoff
    axis = "".join(_label(percent, label) for percent, label in labels(material))
    first, span = material.first * material.unit, material.columns * material.unit
    times = f'data-begin="{first / TICKS_PER_SECOND}" data-seconds="{span / TICKS_PER_SECOND}"'
    yield (
        '<nav><span id="tools" hidden><input id="filter" type="search" placeholder="filter: words,'
        f' !word" aria-label="filter"><select id="order" aria-label="order">{orders}</select>'
        f'<output id="count"></output></span><svg id="axis" class="axis" {times}'
        f' data-zone="{zone}">{axis}</svg><span class="n1">active</span>'
        '<span class="n2">opened</span></nav>'
    )


def _label(percent: float, label: str) -> str:
    x = f"{percent:.2f}%"
    return f'<line x1="{x}" x2="{x}" y1="0" y2="22"/><text x="{x}" y="15" dx="4">{label}</text>'


def _cards(pairs: Iterator[tuple[str, str]], name: str) -> str:
    told = "".join(f"<div><dt>{what}</dt><dd>{escape(value)}</dd></div>" for what, value in pairs)
    return f'<dl class="{name}">{told}</dl>'


def _row(material: Material, line: Line) -> str:
    label, remote = material.label(line), not line.track.peer.listening
    known = ["" if label.country == UNKNOWN else label.country, label.organisation]
    named = "" if label.name.source == AS else str(label.name)
    called = named if remote else label.process
    place = " · ".join(filter(None, known))
    told = "".join(
        f"<dt>{what}</dt><dd>{escape(value)}</dd>"
        for what, value in row_words(material, line)
        if value
    )
    alert = " alert" if material.match(line) else ""
    figures = f'data-active="{line.active}" data-opened="{line.track.opened}"' if remote else ""
    share, opened = (f"{line.share:.1f} %", f"{line.track.opened}×") if remote else ("", "")
    return (
        f'<details class="r{alert}" {figures}><summary>'
        f'<span class="w"><b>{escape(name_of_row(material, line))}</b>'
        f"<i>{escape(called)}</i><u>{escape(place)}</u></span>"
        f'{strip(material.marks(line))}<span class="n1">{share}</span>'
        f'<span class="n2">{opened}</span></summary><dl>{told}</dl></details>'
    )
