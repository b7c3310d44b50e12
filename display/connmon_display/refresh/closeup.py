"""What is told of the selected row: from a history and the user's settings to a panel."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from connmon_display.following.hosts import Standing, standing_of, standing_words
from connmon_display.following.known import Known
from connmon_display.refresh.controls import Controls
from connmon_display.refresh.drawing import Drawing, Window
from connmon_display.refresh.layout import Listing, summary_lines
from connmon_display.refresh.regions.connections import lines_each
from connmon_display.refresh.regions.detail import RUN_TITLE, head_lines
from connmon_display.refresh.scene import Panel
from connmon_display.refresh.table import Table
from connmon_display.rows.arrangement import GROUPINGS
from connmon_display.rows.groups import known_from
from connmon_display.rows.row import Group, Row, Shown
from connmon_display.words.about import (
    about,
    about_several,
    carried,
    contact,
    lasting,
    named,
    process_of,
    user_of,
    where,
)
from connmon_display.words.connections import MAX_COMMAND, ConnectionWords, words_of
from connmon_display.words.labels import ALERT, UNKNOWN, country_of, organisation_of, speaker_of
from connmon_display.words.lasting import Unusual
from connmon_display.words.names import sourced
from connmon_display.words.units import round_trip, size
from connmon_shared.messages import Connection, Fact
from connmon_shared.stage.clock import boottime
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import TICKS_PER_SECOND, tick_of

GROUP_SECONDS = 1.0  # so old what is told of a group may be: it may have thousands of rows
Facts = tuple[tuple[str, str], ...]


class Closeup:
    """Describes the selected row of one view."""

    def __init__(self, source: Known, table: Table, drawing: Drawing) -> None:
        self._source = source
        self._table = table
        self._drawing = drawing
        self._run_for: object = None
        self._marks = b""
        self._told: Panel | None = None  # of a group
        self._told_for: object = None
        self._told_at = 0.0

    def panel(
        self, shown: Shown | None, controls: Controls, size: tuple[int, int], end: float
    ) -> Panel | None:
        """Return what to draw below the table; None when no row is selected.

        Args:
            shown: the row that is selected.
            controls: the user's settings.
            size: of the screen.
            end: the moment at the right edge of the timelines, seconds since 1970.
        """
        if shown is None:
            return None
        panel = self._known(shown, size, end)
        return self._listed(panel, shown, controls, size) if controls.detail else panel

    def _known(self, shown: Shown, size: tuple[int, int], end: float) -> Panel:
        """Return all but the connections; that of a group may be a moment old."""
        asked = (shown.key, size)
        fresh = boottime() - self._told_at < GROUP_SECONDS
        if self._told is not None and fresh and asked == self._told_for:
            return self._told
        panel = self._summary(shown, size, end)
        self._told = panel if isinstance(shown, Group) else None
        self._told_for, self._told_at = asked, boottime()
        return panel

    def _summary(self, shown: Shown, size: tuple[int, int], end: float) -> Panel:
        width, height = size
        run, unit = self._run(shown, max(1, width - len(RUN_TITLE) - 1), end)
        return Panel(
            title=self._title(shown),
            brief=self._brief(shown),
            facts=tuple(filter(None, self._facts(shown))),
            run=run,
            run_unit=unit / TICKS_PER_SECOND,
            lines=summary_lines(height),
            count=sum(len(row.track.open) for row in shown.rows),
            listening=sum(len(r.track.open) for r in shown.rows if r.track.peer.listening),
            several=isinstance(shown, Group),
        )

    def _listed(
        self, panel: Panel, shown: Shown, controls: Controls, size: tuple[int, int]
    ) -> Panel:
        """Return the panel with the connections that are in sight."""
        width, height = size
        count = panel.count or 1  # without an open one the last is told
        known = [row.follower.details for row in shown.rows]
        telling = any(details.counting or details.processes for details in known)
        each = lines_each(width, telling=telling)
        listing = Listing(head_lines(panel, width), each, count)
        lines = listing.lines(height, controls.grown)
        top = listing.top(controls.scroll, lines)
        first = listing.first(top)
        found = islice(_connections(shown), first, first + lines)
        return replace(
            panel,
            lines=lines,
            connections=tuple(_words(connection, row) for connection, row in found),
            first=first,
            top=top,
            telling=telling,
        )

    def _title(self, row: Shown) -> str:
        if isinstance(row, Group):
            return str(row.key)
        host = clean(row.follower.host)
        several = self._source.pipeline.several
        return f"{row.track.peer}, {host}{_standing(row)}" if several else str(row.track.peer)

    def _brief(self, row: Shown) -> str:
        if isinstance(row, Group):
            return f"{row.key}: {'  '.join(_about(row))}"
        fact = self._source.facts.get(row.track.peer.address)
        details, unusual = row.follower.details, _unusual(row)
        known = about(row.track, details, unusual, fact) or "its process is not known"
        if match := self._table.alerts.get(row.key):
            known = f"{ALERT}: {match.brief}  {known}"
        if not self._source.pipeline.several:
            return known
        return f"{clean(row.follower.host)}{_standing(row)}: {known}"

    def _facts(self, row: Shown) -> Iterator[Facts]:
        """Yield groups of what is known, what matters most first."""
        if isinstance(row, Group):
            yield tuple(("", words) for words in _about(row))
            yield self._history(row)
            return
        track, details = row.track, row.follower.details
        fact = self._source.facts.get(track.peer.address)
        match, unusual = self._table.alerts.get(row.key), _unusual(row)
        shown = speaker_of(track, unusual)
        yield _known(
            (f"{ALERT}:", match.brief if match else ""),
            ("", lasting(track, unusual)),
            ("host", "" if track.peer.listening else sourced(fact)),
            ("process", " ".join(named(track, shown, details))),
            ("", contact(track, shown)),
        )
        yield self._history(row)
        process = process_of(shown, details)
        yield _known(
            ("network", _network(row, fact)),
            ("user", user_of(shown, process)),
            ("", where(shown)),
            ("", clean(process.executable) if process is not None else ""),
            ("", clean(process.command, MAX_COMMAND) if process is not None else ""),
        )

    def _history(self, shown: Shown) -> Facts:
        """Return when something happened, and what was measured.

        How much a group has carried is told with its addresses.
        """
        rows = shown.rows
        details = [(row.follower.details.counters, row.track.open) for row in rows]
        found = [counters[n] for counters, numbers in details for n in numbers if n in counters]
        opened = sum(row.track.opened for row in rows)
        since = _told_from(shown) if isinstance(shown, Group) else None
        return _known(
            (
                "first seen",
                self._moment(min(self._tick(r, r.track.timeline.first_tick) for r in rows)),
            ),
            (
                "last change",
                self._moment(max(self._tick(r, r.track.timeline.last_tick) for r in rows)),
            ),
            ("opened", f"{opened}×" if opened and since is None else ""),
            ("whose is known since", self._moment(self._tick(*since)) if since else ""),
            ("in all", "" if isinstance(shown, Group) else _carried(shown)),
            ("rtt", _from_to(counters.rtt for counters in found if counters.rtt)),
        )

    def _tick(self, row: Row, tick: int) -> int:
        """Return a tick of the row's history as one since 1970, on the axis."""
        return tick + self._source.axis.base(row.follower)

    def _moment(self, tick: int) -> str:
        """Return when a tick since 1970 was, with its day if not today."""
        moment = time.localtime(tick / TICKS_PER_SECOND)
        today = time.localtime(self._source.axis.now())[:3] == moment[:3]
        return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", moment)

    def _run(self, shown: Shown, columns: int, end: float) -> tuple[bytes, int]:
        """Return the marks of the whole run in at most so many columns, and the ticks of each."""
        hosts = {row.key.host: row.follower for row in shown.rows}.values()
        first = min(h.history.coverage.begin + self._source.axis.base(h) for h in hosts)
        last = tick_of(end)
        seconds = -(-(last - first + 1) // (columns * TICKS_PER_SECOND))
        unit = max(1, seconds) * TICKS_PER_SECOND
        while last // unit - first // unit >= columns:  # units begin at the clock's, not at ours
            unit += TICKS_PER_SECOND
        count = max(0, last // unit - first // unit + 1)
        window = Window(first // unit * unit, unit, count, live=False)
        observed = tuple(host.history.coverage.end for host in hosts)
        timelines = [row.track.timeline for row in shown.rows]
        known = (len(timelines), sum(map(len, timelines)), max(t.last_tick for t in timelines))
        asked = (shown.key, window, observed, known)
        if asked != self._run_for:
            self._run_for, self._marks = asked, bytes(self._drawing.marks(shown, window))
        return self._marks, unit


def _connections(shown: Shown) -> Iterator[tuple[Connection, Row]]:
    """Yield what is open, the newest of each row first; or else what was open last."""
    if not any(row.track.open for row in shown.rows):
        row = max(shown.rows, key=lambda row: row.track.timeline.last_tick)
        yield row.track.last, row
    for row in shown.rows:
        for connection in reversed(row.track.open.values()):
            yield connection, row


def _words(connection: Connection, row: Row) -> ConnectionWords:
    follower = row.follower
    since = follower.ages.opened(connection, follower.history)
    return words_of(connection, row.track, follower.details, since, follower.now())


def _about(group: Group) -> Iterator[str]:
    tracks = ((row.track, row.follower.details) for row in group.rows)
    return about_several(tracks, whole=not GROUPINGS[group.key.by].of_sockets)


def _told_from(group: Group) -> tuple[Row, int] | None:
    """Return a row of the host of which it is known latest what is in `group`, and since when."""
    found = [(row, known_from(group, row.follower)) for row in _one_each(group)]
    return max((pair for pair in found if pair[1]), key=lambda pair: pair[1], default=None)


def _one_each(group: Group) -> Iterable[Row]:
    """Return a row of each host."""
    return {row.key.host: row for row in group.rows}.values()


def _known(*facts: tuple[str, str]) -> Facts:
    return tuple((name, value) for name, value in facts if value)


def _carried(row: Row) -> str:
    """Return how many bytes went out and came in; empty where nothing is counted."""
    found = carried([(row.track, row.follower.details)])
    return f"↑ {size(found.sent)}  ↓ {size(found.received)}" if found is not None else ""


def _from_to(trips: Iterable[int]) -> str:
    """Return the shortest and the longest of round trips, once if they look the same."""
    ordered = sorted(trips)
    return " to ".join(dict.fromkeys(map(round_trip, (*ordered[:1], *ordered[-1:]))))


def _unusual(row: Row) -> Unusual | None:
    return row.follower.unusual(row.track)


def _standing(row: Row) -> str:
    live = standing_of(row.follower) is Standing.LIVE
    return "" if live else f" ({standing_words(row.follower)})"


def _network(row: Row, fact: Fact | None) -> str:
    if row.track.peer.listening:
        return ""
    country = country_of(row.track.peer, fact)
    network = organisation_of(row.track.peer.address, fact)
    return " ".join(filter(None, ("" if country == UNKNOWN else country, network)))
