"""Pictures of the screen as text, at named sizes and in every state, and what holds for all."""

import os
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.display.refresh.states import STATES
from wcwidth import wcwidth

from connmon_display.refresh.input.keys import BINDINGS
from connmon_display.refresh.layout.cells import LEAD, Frame, in_cells
from connmon_display.refresh.layout.layout import (
    HEAD_LINES,
    MIN_HEIGHT,
    MIN_WIDTH,
    Listing,
    detail_lines,
    host_width,
    page_of,
    summary_lines,
    widths,
)
from connmon_display.refresh.layout.needs import needs_of, with_reserve
from connmon_display.refresh.regions.compose import compose
from connmon_display.refresh.regions.connections import lines_each
from connmon_display.refresh.regions.detail import parted
from connmon_display.refresh.regions.help import last_top
from connmon_display.refresh.scene import Panel, Scene, SceneRow
from connmon_display.rows.arrangement import GROUPINGS
from connmon_display.words.connections import ConnectionWords
from connmon_display.words.glyphs import ASCII, LINUX_CONSOLE, UNICODE, Glyphs
from connmon_display.words.labels import Label
from connmon_display.words.lasting import Unusual
from connmon_display.words.names import Name
from connmon_display.words.theme import Style
from connmon_shared.messages import Direction
from connmon_shared.text import clean
from connmon_shared.timelines.states import UNUSUAL, State
from connmon_shared.timelines.timeline import Mark

SNAPSHOTS = Path(__file__).with_name("snapshots")
#: Set to write the pictures anew; read the difference before you commit it.
WRITE = "CONNMON_WRITE_SNAPSHOTS"
LOOK_UPS = frozenset({"country", "asn", "names"})
END = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC
HIDDEN = "process names of other users are hidden: run as root (sudo)"
LOST = "17 kernel events lost; the time around them is blank"
DRAWN = {ord(char): chr(mark) for char, mark in zip(" ·○■×▲", Mark, strict=True)}
EITHER = "㉈㉉㉊㉋㉌㉍㉎㉏"  # two cells wide in some terminals
MARKS = bytes.maketrans(b" .o#x^", bytes(Mark))


def label(address: str, state: str = "ACTIVE", port: int = 443, **words: Any) -> Label:  # noqa: ANN401 - any field
    known: dict[str, Any] = dict.fromkeys(("organisation", "process"), "")
    known["name"] = Name()
    known |= {"country": "--", **words}
    return Label(address, state=state, port=port, pid=4242, **known)


def row(marks: str, label: Label, *, selected: bool = False) -> SceneRow:
    drawn = marks.encode().translate(MARKS)
    return SceneRow(label, drawn, selected)


def rows(columns: int) -> tuple[SceneRow, ...]:
    """Return one row of each kind, with timelines of `columns` characters."""

    def marks(tail: str, fill: str = ".") -> str:
        return tail.rjust(columns, fill)[-columns:]

    amazon, cloudflare = "AS16509 Amazon.com, Inc.", "AS13335 Cloudflare, Inc."
    return (
        row(
            marks("^###########"),
            label(
                *("192.168.11.151", "ACTIVE", 22),
                organisation="private",
                process="sshd",
                service="ssh",
                direction=Direction.IN,
            ),
            selected=True,
        ),
        row(
            marks("x.................", "#"),
            label("52.94.193.27", "CLOSED", 53, country="US", organisation=amazon),
        ),
        row(
            marks("   ####^x.^"),
            label(
                *("104.16.132.229", "NEW"),
                country="US",
                organisation=cloudflare,
                process="curl",
                service="https",
                direction=Direction.OUT,
            ),
        ),
        row(
            marks("^x.."),
            label("198.51.100.7", "FAILED", 65_535, organisation="documentation"),
        ),
        row(
            marks("#", "#"),
            label(
                "2a02:26f0:1700:1234:5678:9abc:def0:1234",
                name=Name("a-very-long-host-name.of-some-network.example.net", "dns"),
                country="NL",
                organisation="AS20940 Akamai International B.V.",
                process="systemd-resolve",
            ),
        ),
        row(marks("o", "o"), label("*:22", "LISTEN", 22, process="sshd")),
    )


def fitted(drawn: Scene, timeline: int = 80, *, counting: bool = False, host: int = 0) -> Scene:
    """Return `drawn` with columns as wide as its rows need."""
    needs = needs_of((row.label for row in drawn.rows), names=drawn.names)
    needs = with_reserve(needs, drawn.width)
    parts = widths(
        max(drawn.width, MIN_WIDTH),
        timeline,
        counting=counting or bool(drawn.parts.speed),
        host=host or drawn.parts.host,
        features=drawn.features,
        by=drawn.by,
        needs=needs,
    )
    columns = parts.timeline
    rows = tuple(
        row._replace(marks=row.marks.rjust(columns, row.marks[:1])[-columns:]) for row in drawn.rows
    )
    return replace(drawn, rows=rows, parts=parts, needs=needs)


def scene(width: int = 80, height: int = 24, timeline: int = 80) -> Scene:
    drawn = Scene(
        width=width,
        height=height,
        clock="14:13:20",
        mode="LIVE",
        mode_style=Style.NEW,
        typed="",
        editing=False,
        mistake="",
        counts=("3 active", "1 listen", "5/5 IPs", "sort:first-seen", "up 15m"),
        parts=widths(max(width, MIN_WIDTH), timeline),
        unit=10,
        end=END,
        behind=0.0,
        features=LOOK_UPS,
        names=True,
        by="address",
        rows=rows(80),
        empty="waiting for the first connection…",
        remedy="",
        help=False,
        panel=None,
        note="",
        replay=False,
        limits=("UDP is seen only where its sockets are connected: this kernel reports no more",),
    )
    return fitted(drawn, timeline)


def busy(drawn: Scene) -> Scene:
    """Return `drawn` with traffic, a leak and half-open connections."""
    found = rows(80)
    leaking = Unusual(State.CLOSE_WAIT, 1, 305.4)
    words: list[dict[str, Any]] = [
        {"speed": "↑1.2k ↓34k", "pace": bytes((0, 0, 1, 3, 8, 7, 4, 5))},
        {"speed": "↑999k", "unusual": leaking, "state": "ACTIVE"},
        {"unusual": Unusual(State.SYN_SENT, 12, 3.0)},
        {},
        {"speed": "      ↓1.0M", "unusual": leaking._replace(many=2, seconds=90_000)},
        {"sharing": 3, "process": "nginx"},
    ]
    busier = [
        row._replace(label=replace(row.label, **each))
        for row, each in zip(found, words, strict=True)
    ]
    return fitted(replace(drawn, rows=tuple(busier)), counting=True)


def grouped(drawn: Scene, by: str) -> Scene:
    """Return `drawn` with rows that stand for many addresses."""
    titles = {
        "process": ("firefox", "systemd-resolve", "unknown"),
        "as": ("AS13335 Cloudflare, Inc.", "AS16509 Amazon.com, Inc.", "private"),
        "country": ("US", "NL", "private"),
        "port": ("443 https", "53 domain", "22 ssh"),
    }
    words: list[dict[str, Any]] = [
        {
            "addresses": 1_234,
            "connections": 35,
            "networks": 12,
            "sharing": 2,
            "process": "firefox",
            "organisation": "AS13335 Cloudflare, Inc.",
            "port": 443,
            "more": 3,
            "country": "",
            "speed": "↑1.2k ↓34k",
            "direction": 0,
        },
        {"addresses": 1, "connections": 0, "country": "", "process": "systemd-resolve"},
        {"addresses": 7, "connections": 12_345, "country": "", "process": "", "direction": 0},
    ]
    found = [
        row._replace(label=replace(row.label, address=title, **each))
        for row, title, each in zip(drawn.rows, titles[by], words, strict=False)
    ]
    counts = (
        "3 active",
        "1 listen",
        f"3 by {'AS' if by == 'as' else by}",
        "5/5 IPs",
        "sort:first-seen",
        "up 15m",
    )
    return fitted(replace(drawn, by=by, rows=tuple(found), counts=counts))


def alerted(drawn: Scene) -> Scene:
    """Return `drawn` with two rows that deserve attention, of which one is over."""
    marked = [
        row._replace(label=replace(row.label, alert=True, state=state)) if state else row
        for row, state in zip(drawn.rows, ("", "ACTIVE", "CLOSED", "", "", ""), strict=False)
    ]
    return replace(drawn, rows=tuple(marked), alerts=2)


def alerted_where_selected(drawn: Scene) -> Scene:
    """Return `drawn` with a mark at its selected row."""
    marked = [
        row._replace(label=replace(row.label, alert=row.selected or row.label.alert))
        for row in drawn.rows
    ]
    return replace(drawn, rows=tuple(marked), alerts=1)


def bad(drawn: Scene) -> Scene:
    """Return `drawn` where much is wrong."""
    return replace(drawn, problems=(LOST, HIDDEN), faults=1, lost=17, alerts=2)


def two_hosts(drawn: Scene, *names: str) -> Scene:
    """Return `drawn` with every other row of a second host, which is silent."""
    host = host_width(names, drawn.width)
    ours = [
        row._replace(host=name, dimmed=name == names[1])
        for row, name in zip(drawn.rows, names * 3, strict=True)
    ]
    mode = f"LIVE, {names[1]} STALE 12s"
    counts = (*drawn.counts[:3], "2 hosts", *drawn.counts[3:])
    hosts = replace(drawn, rows=tuple(ours), mode=mode, mode_style=Style.LISTEN, counts=counts)
    return fitted(hosts, host=host)


def selected(drawn: Scene) -> Scene:
    """Return `drawn` with what is told of the selected row without being asked."""
    panel = Panel(
        title="192.168.11.151",
        brief="sshd[812]  1 in 22/tcp ssh  me  in 3f1c09aa21bd  rtt 3.1 ms  sent 1.2 kB",
        facts=(
            (
                ("ALERT:", "192.168.0.0/16 of watched.txt"),
                ("host", "office.example.net (observed)"),
                ("process", "sshd[812] sshd[813]"),
                ("", "2 in 22/tcp ssh"),
            ),
            (
                ("first seen", "14:01:14"),
                ("opened", "13×"),
                ("in all", "↑ 40 kB  ↓ 1.2 MB"),
                ("rtt", "3.1 ms"),
                ("last change", "14:13:10"),
            ),
            (("network", "private"), ("user", "me"), ("", "/usr/sbin/sshd"), ("", "sshd: me")),
        ),
        run=("·" * 20 + "▲■■■■×···▲■").translate(DRAWN).encode("latin-1"),
        run_unit=8.0,
        lines=summary_lines(drawn.height),
        count=2,
    )
    return replace(drawn, panel=panel)


def detailed(
    drawn: Scene,
    *,
    top: int = 0,
    count: int = 3,
    telling: bool = True,
    several: bool = False,
) -> Scene:
    """Return `drawn` with the connections of the selected row."""
    panel = selected(drawn).panel
    assert panel is not None
    above, behind = parted(panel.facts, drawn.width, drawn.height)
    each = lines_each(drawn.width, telling=telling, several=several)
    listing = Listing(len(above), each, count, len(behind))
    open_one = ConnectionWords(
        *("sshd", "812", "me", "tcp", "22", "←", "51234", "192.168.11.151", "ESTAB", "12m07s"),
        *("40 kB", "1.2 MB", "↑1.2k", "↓34k", "3.1 ms", "2", "in 3f1c09aa21bd", "sshd: me [priv]"),
        is_open=True,
    )
    kinds = (
        open_one,
        open_one._replace(
            process="systemd-resolve", pid="1234567", state="CLOSE_WAIT", age="≥3d04h"
        ),
        open_one._replace(
            protocol="udp", arrow="→", local="40000", remote="53", user="systemd-resolve"
        ),
    )
    lines = listing.lines(drawn.height, 0)
    first = listing.first(top)
    words = [kinds[i % 3]._replace(age=f"{i}m") if i > 2 else kinds[i] for i in range(count)]
    if not telling:
        words = [one._replace(sent="", received="", out="", back="", rtt="") for one in words]
    panel = replace(
        panel,
        lines=lines,
        connections=tuple(words[first:][: listing.whole(top, lines)]),
        count=count,
        first=first,
        top=top,
        below=listing.last(lines) - top,
        passed=listing.passed(top),
        telling=telling,
        several=several,
    )
    return replace(drawn, panel=panel)


PICTURES = {
    "two-hosts-80x24": two_hosts(scene(), "web1", "web2"),
    "two-hosts-140x40": two_hosts(busy(scene(140, 40)), "web1", "web2"),
    "two-hosts-60x10": two_hosts(busy(scene(60, 10)), "web1", "web2"),
    "long-host-names-80x24": two_hosts(busy(scene()), "frontend-east-1", "frontend-east-2"),
    "long-host-names-140x40": two_hosts(scene(140, 40), "frontend-east-1", "frontend-east-2"),
    "busy-60x10": busy(scene(60, 10)),
    "busy-80x24": busy(scene()),
    "busy-100x30": busy(scene(100, 30)),
    "busy-140x40": busy(scene(140, 40)),
    "busy-200x50": busy(scene(200, 50)),
    "busy-without-look-ups-80x24": fitted(replace(busy(scene()), features=frozenset())),
    **{f"by-{by}-80x24": grouped(scene(), by) for by in GROUPINGS},
    **{f"by-{by}-140x40": grouped(busy(scene(140, 40)), by) for by in GROUPINGS},
    "by-process-60x10": grouped(scene(60, 10), "process"),
    "by-port-without-look-ups-80x24": fitted(
        replace(grouped(scene(), "port"), features=frozenset())
    ),
    "alerts-80x24": alerted(scene()),
    "alert-selected-80x24": alerted_where_selected(scene()),
    "alerts-60x10": alerted(scene(60, 10)),
    "alerts-without-look-ups-80x24": fitted(replace(alerted(busy(scene())), features=frozenset())),
    "alerts-140x40": alerted(busy(scene(140, 40))),
    "selected-60x10": selected(scene(60, 10)),
    "selected-80x24": selected(scene()),
    "selected-140x40": selected(busy(scene(140, 40))),
    "detail-60x10": detailed(scene(60, 10)),
    "detail-80x24": detailed(scene()),
    "detail-scrolled-80x24": detailed(scene(), top=7, count=40),
    "detail-without-more-80x24": detailed(scene(), telling=False),
    "detail-100x30": detailed(busy(scene(100, 30))),
    "detail-140x40": detailed(busy(scene(140, 40))),
    "detail-of-several-60x10": detailed(scene(60, 10), several=True),
    "detail-of-several-80x24": detailed(scene(), several=True),
    "detail-of-several-without-more-80x24": detailed(scene(), telling=False, several=True),
    "detail-of-several-140x40": detailed(scene(140, 40), several=True),
    "live-80x24": scene(),
    "live-60x10": scene(60, 10),
    "live-140x40": scene(140, 40),
    "live-200x50": scene(200, 50, timeline=500),
    "without-look-ups-80x24": fitted(replace(scene(), features=frozenset())),
    "without-look-ups-140x40": fitted(replace(scene(140, 40), features=frozenset())),
    "countries-only-80x24": fitted(replace(scene(), features=frozenset({"country"}))),
    "addresses-instead-of-names-140x40": fitted(replace(scene(140, 40), names=False)),
    "too-small-59x10": scene(59, 10),
    "too-small-60x9": replace(scene(60, 9), note="Save timeline before quitting?"),
    "scrolled-80x24": replace(scene(), top=20, total=45),
    "scrolled-60x10": replace(busy(scene(60, 10)), top=4_980, total=5_044),
    "panned-80x24": replace(scene(), behind=60.0),
    "minutes-140x40": replace(scene(140, 40), unit=600),
    "filter-80x24": replace(scene(), typed="port:443 !curl"),
    "filter-editing-80x24": replace(scene(), typed="port:443", editing=True),
    "mistake-editing-80x24": replace(
        scene(),
        typed="prot:443",
        editing=True,
        mistake="prot? fields: port proc as cc state dir name ip host country is",
    ),
    "question-80x24": replace(
        scene(), note="Save timeline before quitting? [y]es [n]o  Esc keep running"
    ),
    "help-80x24": replace(scene(), help=True),
    "help-140x40": replace(scene(140, 40), help=True),
    "replay-80x24": replace(scene(), mode="REPLAY 10× 2026-09-21 PAUSED", replay=True),
    "replay-help-80x24": replace(scene(), mode="REPLAY 10× 2026-09-21", replay=True, help=True),
    "help-60x10": replace(scene(60, 10), help=True),
    "help-scrolled-60x10": replace(scene(60, 10), help=True, help_top=12),
    "help-80x24-end": replace(scene(), help=True, help_top=12),
    "help-with-problems-80x24": replace(bad(scene()), help=True),
    "privilege-missing-80x24": replace(scene(), problems=(HIDDEN,), faults=1, note=HIDDEN),
    "privilege-missing-60x10": replace(scene(60, 10), problems=(HIDDEN,), faults=1),
    "data-dropped-80x24": replace(scene(), problems=(LOST,), lost=17, note=f"{LOST} (? lists all)"),
    "data-dropped-and-more-80x24": bad(scene()),
}


def text_of(frame: Frame) -> str:
    """Return the frame as text, with a bar at the right edge."""
    return "".join(f"{row.text}│\n" for row in frame)


@pytest.mark.parametrize("name", [*PICTURES, *STATES])
def test_the_picture_is_as_before(name: str) -> None:
    picture = text_of(compose(STATES[name]() if name in STATES else PICTURES[name], UNICODE))
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get(WRITE):
        path.write_text(picture, encoding="utf-8")
    assert picture == path.read_text(encoding="utf-8")


def test_the_picture_in_ascii_is_as_before() -> None:
    picture = text_of(compose(STATES["no-match-80x24"](), ASCII)).replace("│", "|")
    picture += text_of(compose(scene(), ASCII)).replace("│", "|")
    path = SNAPSHOTS / "ascii-80x24.txt"
    if os.environ.get(WRITE):
        path.write_text(picture, encoding="ascii")
    assert picture == path.read_text(encoding="ascii")


def test_no_picture_is_left_over() -> None:
    names = {path.stem for path in SNAPSHOTS.iterdir()}
    assert names == set(PICTURES) | set(STATES) | {"ascii-80x24"}


hostile = st.text(max_size=80).map(clean)
labels = st.builds(
    Label,
    address=hostile,
    name=hostile,
    country=hostile,
    organisation=hostile,
    state=st.sampled_from(["NEW", "ACTIVE", "LISTEN", "FAILED", "CLOSED"]),
    port=st.integers(0, 65_535),
    process=hostile,
    pid=st.integers(0, 1 << 22),
    sharing=st.integers(0, 300),
    unusual=st.none()
    | st.builds(
        *(Unusual, st.sampled_from(UNUSUAL), st.integers(1, 10_000), st.floats(0, 1e6)),
    ),
    speed=hostile,
)


words = st.builds(ConnectionWords, *[hostile] * 18, st.booleans())


def panels(most: int) -> st.SearchStrategy[Panel]:
    """Return panels of at most so many lines."""
    return st.builds(
        Panel,
        title=hostile,
        brief=hostile,
        facts=st.lists(st.lists(st.tuples(hostile, hostile)).map(tuple), max_size=4).map(tuple),
        run=st.binary(max_size=100).map(lambda marks: bytes(b % len(Mark) for b in marks)),
        run_unit=st.floats(1, 1e6),
        lines=st.integers(1, most),
        connections=st.none() | st.lists(words, max_size=4).map(tuple),
        count=st.integers(0, 10_000),
        first=st.integers(0, 10_000),
        top=st.integers(0, 20),
        telling=st.booleans(),
        several=st.booleans(),
    )


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    width, height = draw(st.integers(1, 400)), draw(st.integers(1, 100))
    drawn = scene(width, height, draw(st.integers(20, 500)))
    columns = len(drawn.rows[0].marks)
    marks = st.binary(min_size=columns, max_size=columns)
    table = st.builds(
        SceneRow,
        labels,
        marks.map(lambda m: bytes(b % len(Mark) for b in m)),
        st.booleans(),
        hostile,
        st.booleans(),
    )
    features = frozenset(draw(st.sets(st.sampled_from(sorted(LOOK_UPS)))))
    host = host_width(draw(st.lists(hostile, max_size=3)), width)
    counting = draw(st.booleans())
    return replace(
        drawn,
        rows=tuple(draw(st.lists(table, max_size=5))),
        parts=widths(width, columns, counting=counting, host=host, features=features),
        typed=draw(hostile),
        editing=draw(st.booleans()),
        mistake=draw(hostile),
        help=draw(st.booleans()),
        note=draw(hostile),
        panel=draw(st.none() | panels(detail_lines(height, 100))),
        mode=draw(hostile),
        limits=tuple(draw(st.lists(hostile, max_size=6))),
        problems=tuple(draw(st.lists(hostile, max_size=3))),
        faults=draw(st.integers(0, 3)),
        lost=draw(st.integers(0, 10**9)),
        help_top=draw(st.integers(0, 80)),
        replay=draw(st.booleans()),
        features=features,
        names=draw(st.booleans()),
        unit=draw(st.sampled_from([1, 10, 600, 36_000, 864_000])),
        counts=tuple(draw(st.lists(hostile, max_size=6))),
    )


def shown_of(cells: str) -> str | None:
    """Return the text in `cells`; None: it is not a letter for each one or two of them."""
    letters = re.findall(f"{LEAD}?[^{LEAD}]", cells)
    wide = [wcwidth(letter[-1]) != 1 or letter[-1] in EITHER for letter in letters]
    whole = "".join(letters) == cells and wide == [LEAD in letter for letter in letters]
    text = cells.replace(LEAD, "")
    foreign = any(unicodedata.category(char)[0] in "CM" for char in text)
    return text if whole and not foreign else None


@settings(deadline=None)
@given(scenes(), st.sampled_from([UNICODE, LINUX_CONSOLE, ASCII]))
def test_every_frame_is_exactly_height_rows_of_width_cells(drawn: Scene, glyphs: Glyphs) -> None:
    frame = compose(drawn, glyphs)
    assert len(frame) == drawn.height
    for line in frame:
        assert len(line.text) == drawn.width == len(line.styles)
        assert shown_of(line.text) is not None
        assert max(line.styles) < len(Style)
        assert line.text.isascii() or glyphs is not ASCII


@pytest.mark.parametrize("width", range(1, 401, 7))
@pytest.mark.parametrize("height", [1, 9, 10, 24, 100])
def test_every_size_is_filled(width: int, height: int) -> None:
    for help_shown in (False, True):
        frame = compose(replace(scene(width, height), help=help_shown), UNICODE)
        assert [len(line.text) for line in frame] == [width] * height
        assert [len(line.styles) for line in frame] == [width] * height


@pytest.mark.parametrize("size", [(60, 10), (80, 24), (140, 40), (104, 30), (200, 50)])
def test_the_help_lists_every_key_and_all_that_is_wrong(size: tuple[int, int]) -> None:
    drawn = replace(bad(scene(*size)), help=True)
    tops = range(last_top(drawn, UNICODE) + 1)
    frames = [compose(replace(drawn, help_top=top), UNICODE) for top in tops]
    text = "".join(map(text_of, frames))
    for binding in BINDINGS:
        assert f" {binding.shown} " in text or not binding.shown
        assert binding.help in text
    assert "■ open" in text
    assert "blank: not observed" in text
    assert "UDP is seen only" in text
    assert "(sudo)" in text
    assert "more line" not in text_of(frames[-1])
    assert len(frames) == 1 or "PgDn: 1 more line," in text_of(frames[-2])
    assert all("other key: close" in text_of(frame) for frame in frames)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_what_is_wrong_stands_in_the_header_before_the_counts(width: int) -> None:
    text = compose(bad(scene(width)), UNICODE)[0].text
    assert "LIVE  2 ALERTS  17 LOST  1 PROBLEM" in text
    assert "PROBLEM" not in compose(scene(width), UNICODE)[0].text


def test_the_selected_row_is_marked_by_shape_and_style() -> None:
    line = compose(scene(), UNICODE)[3]
    assert line.text.startswith("▸192.168.11.151")
    assert set(line.styles[1:16]) == {Style.SELECTED}


def test_stale_timelines_are_dimmed() -> None:
    drawn = STATES["stale-80x24"]()
    line = compose(drawn, UNICODE)[3]
    assert set(line.styles[17 : 17 + drawn.parts.timeline]) == {Style.EMPTY}


def test_each_mark_has_its_character_and_style() -> None:
    one = row(" .o#x^".rjust(32), label("192.0.2.1"))
    line = compose(replace(scene(), rows=(one,)), UNICODE)[3]
    assert line.text[17:49].endswith(" ·○■×▲")
    assert list(line.styles[44:49]) == [
        Style.EMPTY,
        Style.LISTEN,
        Style.ACTIVE,
        Style.CLOSED,
        Style.NEW,
    ]


def test_where_one_is_among_more_rows_than_are_seen_is_told_above_them() -> None:
    def above(**place: Any) -> str:  # noqa: ANN401 - any field
        return compose(replace(scene(), **place), UNICODE)[1].text.partition(":")[0][:-2].rstrip()

    assert above(top=0, total=6) == above() == ""
    assert above(top=0, total=7) == " 1–6 of 7"
    assert above(top=994, total=1_000) == " 995–1000 of 1000", "up to the first of the times"
    assert above(top=9_994, total=10_000) == "", "where there is room"


@pytest.mark.parametrize("name", ["waiting-80x24", "no-collector-80x24"])
def test_no_times_are_told_before_any_is_known(name: str) -> None:
    assert compose(STATES[name](), UNICODE)[1].text.split() == ["1", "char", "=", "1s"]


@pytest.mark.parametrize(
    ("unit", "times"),
    [
        (600, ["13:53", "14:03", "14:13"]),
        (36_000, ["20 18:13", "21 04:13", "21 14:13"]),
    ],
)
def test_times_of_more_than_a_day_have_their_days(unit: int, times: list[str]) -> None:
    line = compose(replace(scene(), unit=unit), UNICODE)[1].text
    told = line.split("1 char")[0].split("  ")
    assert [time.strip() for time in told if time.strip()] == times


def test_a_note_of_blanks_is_none() -> None:
    assert compose(replace(scene(), note=" "), UNICODE) == compose(scene(), UNICODE)


def test_every_line_of_the_page_holds_a_row() -> None:
    many = tuple(row("#" * 32, label(f"192.0.2.{number}")) for number in range(40))
    frame = compose(replace(scene(), rows=many), UNICODE)
    assert "192.0.2.0 " in frame[3].text
    assert f"192.0.2.{page_of(24) - 1} " in frame[22].text
    assert "? help" in frame[23].text


@pytest.mark.parametrize("name", ["selected-60x10", "selected-80x24", "detail-80x24"])
def test_what_is_told_of_the_selected_row_stands_below_the_table(name: str) -> None:
    drawn = PICTURES[name]
    assert drawn.panel is not None
    many = tuple(row("#" * 32, label(f"192.0.2.{number}")) for number in range(40))
    frame = compose(replace(drawn, rows=many), UNICODE)
    page = page_of(drawn.height, drawn.panel.lines)
    assert f"192.0.2.{page - 1} " in frame[HEAD_LINES + page - 1].text
    told = " ".join(line.text for line in frame[HEAD_LINES + page : -1])
    assert "sshd" in told
    assert "? help" in frame[-1].text
    for line in frame[HEAD_LINES + page : -1]:
        assert "192.0.2." not in line.text


def test_what_is_told_of_a_row_ends_with_an_ellipsis_where_it_is_cut() -> None:
    drawn = PICTURES["selected-80x24"]
    assert drawn.panel is not None
    command = "/usr/bin/backup " + "--exclude=/var/cache " * 5
    told = replace(drawn, panel=replace(drawn.panel, facts=((("", command),),)))
    [line] = [row.text for row in compose(told, UNICODE) if "/usr/bin/backup" in row.text]
    assert line.rstrip().endswith("…")
    assert len(line.rstrip()) == drawn.width


@pytest.mark.parametrize("letter", ["x", "漢"])
def test_a_sentence_is_told_whole_also_where_it_has_no_blanks(letter: str) -> None:
    said = f"wrote {letter * 40}/{letter * 30}.txt"
    frame = compose(replace(scene(MIN_WIDTH), note=said), UNICODE)
    told = "".join(line.text.replace(LEAD, "").strip() for line in frame[-4:])
    assert said.replace(" ", "") in told.replace(" ", "")


def test_header_items_are_whole_or_absent() -> None:
    for width in range(MIN_WIDTH, 120):
        text = compose(scene(width, MIN_HEIGHT), UNICODE)[0].text
        left = text.partition("LIVE")[2].split("  ")
        assert {item.strip() for item in left} - {""} <= set(scene().counts)


def test_the_header_has_room_for_wide_names_as_for_others() -> None:
    mode = "LIVE, 東京サーバ STALE 12s"
    assert in_cells(mode) in compose(replace(scene(), mode=mode), UNICODE)[0].text


@pytest.mark.parametrize("width", [60, 80])
def test_an_empty_table_tells_the_keys_however_long_the_rest_is(width: int) -> None:
    for times in (1, 6, 60):
        said = f"zzz? states: {'new active listen ' * times}closed"
        empty = replace(scene(width, MIN_HEIGHT), rows=(), empty=said, remedy="/ edit, Esc clear")
        lines = [line.text.strip() for line in compose(empty, UNICODE)[HEAD_LINES:-1]]
        told = " ".join(filter(None, lines))
        assert told.endswith(" / edit, Esc clear")
        assert told.startswith(said if times < 60 else said[: 4 * width])
        assert "…" in told or times < 60


@pytest.mark.parametrize("size", [(60, 10), (80, 24)])
def test_a_sentence_that_is_long_is_told_whole_with_what_to_do(size: tuple[int, int]) -> None:
    said = f"the enricher does not answer: {'connmon status tells how all is ' * 2}(? lists all)"
    frame = compose(replace(scene(*size), note=said), UNICODE)
    assert said in " ".join(line.text.strip() for line in frame[-3:])
    assert len(frame) == size[1]


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize(
    ("width", "told"),
    [
        (60, ("? help", "/ filter", "d detail", "w save", "q quit")),
        (80, ("? help", "/ filter", "s sort", "d detail", "w save", "q quit")),
        (100, ("? help", "/ filter", "s sort", "d detail", "a group", "c copy", "q quit")),
    ],
)
def test_a_narrow_screen_tells_how_to_get_out_and_to_save(
    width: int, told: tuple[str, ...], *, replay: bool
) -> None:
    last = compose(replace(scene(width, 24), replay=replay, note=""), UNICODE)[-1].text
    assert [hint for hint in told if hint not in last] == []
    assert ("c copy" in last) == (width >= 100 or (width == 80 and not replay))
