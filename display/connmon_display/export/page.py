"""A page with the picture of the whole session, for a browser: nothing in it is fetched.

It is readable without its script, which filters, sorts, and tells the time under the pointer.
"""

import base64
import hashlib
from collections.abc import Generator, Iterable, Iterator
from importlib.resources import files

from connmon_display.export.entry import entry_of
from connmon_display.export.estimate import rows_size
from connmon_display.export.markup import Markup, element
from connmon_display.export.material import Material
from connmon_display.export.row import Row
from connmon_display.export.strip import LEGEND, labels, pictured, strip
from connmon_display.export.words import (
    Pairs,
    hosts_of,
    row_words,
    session_words,
    statistics,
)
from connmon_display.words.duration import short
from connmon_display.words.moment import zones
from connmon_shared import ATTRIBUTION
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_HEAD_BYTES = 10_000  # of all but the rows, about
_ORDERS = ("first seen", "most active", "most opened", "most bytes", "address")


def lines(material: Material) -> Iterator[str]:
    """Yield the lines of the page."""
    shown = pictured(material)
    style, script = _asset("strip.css") + _asset("page.css"), _asset("page.js")
    counted = "" if shown.figures.carried is not None else ' class="uncounted"'
    yield f'<!doctype html>\n<html lang="en"{counted}>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield element("title", f"connmon {hosts_of(shown)}")
    yield f"<style>{style}</style>"
    yield from _head(shown)
    yield '<main id="rows">'
    for row in shown.rows:
        yield _row(shown, row)
    yield "</main>"
    if not shown.rows:
        yield '<p class="f">no connections</p>'
    if shown.places:
        yield element("footer", ATTRIBUTION)
    yield f"<script>{script}</script>\n</html>"


def sizing(material: Material) -> Generator[None, None, int]:
    """Find out in steps about how many bytes they will be."""
    shown = pictured(material)
    return _HEAD_BYTES + (yield from rows_size(shown, lambda row: _row(shown, row)))


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Let the page load nothing, and run nothing but what is ours: names come from outside."""
    return f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _head(material: Material) -> Iterator[str]:
    title = element("h1", "connmon ", element("b", hosts_of(material)))
    legend = (element("span", strip(marks), meaning) for marks, meaning in LEGEND)
    finest = f"finest step {short(material.unit / TICKS_PER_SECOND)}"
    yield element(
        "header",
        title,
        _cards(session_words(material), "when"),
        _cards(statistics(material), "figures"),
        element("p", *legend, element("span", finest, class_="f"), class_="legend"),
    )
    orders = (element("option", order) for order in _ORDERS)
    yield element(
        "nav",
        Markup('<span id="tools" hidden><input id="filter" type="search" aria-label="filter"'),
        Markup(' placeholder="filter: words, !word">'),
        element("select", *orders, id="order", aria_label="order"),
        Markup('<output id="count"></output></span>'),
        _axis(material),
        _figures(("active", "opened"), "n1"),
        _figures(("sent", "received"), "n2"),
    )


def _axis(material: Material) -> Markup:
    drawn = []
    for percent, label in labels(material):
        x = f"{percent:.2f}%"
        drawn += [element("line", x1=x, x2=x, y1=0, y2=22), element("text", label, x=x, y=15, dx=4)]
    begin = material.first * material.unit / TICKS_PER_SECOND
    seconds = material.columns * material.unit / TICKS_PER_SECOND
    return element(
        "svg",
        *drawn,
        id="axis",
        class_="axis",
        data_begin=begin,
        data_seconds=seconds,
        data_zones=" ".join(f"{since}:{ahead}" for since, ahead in zones(begin, begin + seconds)),
    )


def _figures(lines: Iterable[str], name: str) -> Markup:
    return element("span", *(element("span", line) for line in lines), class_=name)


def _cards(pairs: Pairs, name: str) -> Markup:
    told = (element("div", element("dt", what), element("dd", value)) for what, value in pairs)
    return element("dl", *told, class_=name)


def _row(material: Material, row: Row) -> Markup:
    entry = entry_of(material, row)
    whole = (("host", entry.host), ("name", entry.named), *row_words(entry, material.features))
    told = ((what, value) for what, value in whole if value)
    words = (part for what, value in told for part in (element("dt", what), element("dd", value)))
    place = " · ".join(filter(None, (entry.country, entry.label.organisation)))
    summary = element(
        "summary",
        element(
            "span",
            element("i", entry.host),
            element("b", entry.address),
            element("i", entry.named),
            element("u", place),
            class_="w",
        ),
        element(
            "span",
            element("span", entry.contact),
            element("span", entry.process),
            element("em", entry.state, class_=entry.look),
            class_="d",
        ),
        strip(material.marks(row)),
        _figures((entry.share, entry.opened), "n1"),
        _figures(entry.traffic, "n2"),
    )
    return element(
        "details",
        summary,
        element("dl", *words),
        class_="r alert" if entry.match else "r",
        data_active=row.active if entry.remote else None,
        data_opened=row.track.opened if entry.remote else None,
        data_bytes=sum(entry.carried) if entry.carried is not None else None,
        data_place=f"{int(row.peer.listening)}{row.peer.place.hex()}",
    )
