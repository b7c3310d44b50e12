"""What is seen of the selected row: its description, its whole run, its connections."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from connmon_display.following.known import Known
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.layout.layout import Listing, summary_lines
from connmon_display.refresh.painting.description import Description
from connmon_display.refresh.painting.drawing import Drawing, Window
from connmon_display.refresh.regions.connections import lines_each
from connmon_display.refresh.regions.detail import RUN_TITLE, parted
from connmon_display.refresh.scene import Panel
from connmon_display.refresh.table.table import Table
from connmon_display.rows.row import Group, Row, Shown
from connmon_display.words.connections import ConnectionWords, words_of
from connmon_shared.messages import Connection
from connmon_shared.stage.clock import boottime
from connmon_shared.timelines.timeline import TICKS_PER_SECOND, tick_of

GROUP_SECONDS = 1.0  # so old what is told of a group may be: it may have thousands of rows


class Closeup:
    """Describes the selected row of one view."""

    def __init__(self, source: Known, table: Table, drawing: Drawing) -> None:
        self._source = source
        self._drawing = drawing
        self._description = Description(source, table)
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
            title=self._description.title(shown),
            brief=self._description.brief(shown),
            facts=tuple(filter(None, self._description.facts(shown))),
            run=run,
            run_unit=unit / TICKS_PER_SECOND,
            lines=summary_lines(height),
            count=sum(len(row.track.connections) for row in shown.rows),
            listening=sum(len(r.track.connections) for r in shown.rows if r.track.peer.listening),
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
        each = lines_each(width, telling=telling, several=panel.several)
        above, behind = parted(panel.facts, width, height)
        listing = Listing(len(above), each, count, len(behind))
        lines = listing.lines(height, controls.grown)
        last = listing.last(lines)
        top = min(controls.scroll, last)
        first = listing.first(top)
        found = islice(_connections(shown), first, first + listing.whole(top, lines))
        return replace(
            panel,
            lines=lines,
            connections=tuple(_words(connection, row) for connection, row in found),
            first=first,
            top=top,
            below=last - top,
            passed=listing.passed(top),
            telling=telling,
        )

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
    if not any(row.track.is_open for row in shown.rows):
        row = max(shown.rows, key=lambda row: row.track.timeline.last_tick)
        yield row.track.current, row
    for row in shown.rows:
        for connection in reversed([*row.track.connections]):
            yield connection, row


def _words(connection: Connection, row: Row) -> ConnectionWords:
    follower = row.follower
    since = follower.ages.opened(connection, follower.history)
    is_open = connection.id in row.track.open
    until = follower.now() if is_open else follower.ages.closed(connection)
    words = words_of(connection, row.track, follower.details, since, until)
    return words._replace(out="", back="") if follower.stale else words
