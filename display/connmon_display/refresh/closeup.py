"""What is told of the selected row: from a history and the user's settings to a panel."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from connmon_display.following.hosts import Standing, standing_of, standing_words
from connmon_display.following.lasting import Unusual
from connmon_display.following.source import Source
from connmon_display.refresh.controls import Controls
from connmon_display.refresh.regions.connections import lines_each
from connmon_display.refresh.regions.detail import RUN_TITLE, head_lines
from connmon_display.refresh.regions.layout import detail_lines, summary_lines
from connmon_display.refresh.scene import Panel
from connmon_display.refresh.table import Row, Table
from connmon_display.words.about import about, contact, named, process_of, user_of, where
from connmon_display.words.connections import MAX_COMMAND, words_of
from connmon_display.words.labels import ALERT, UNKNOWN, country_of, organisation_of
from connmon_display.words.names import sourced
from connmon_display.words.units import round_trip, size
from connmon_shared.messages import Fact
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import TICKS_PER_SECOND, tick_of

_MAX_PROCESSES = 5  # named in one line
Facts = tuple[tuple[str, str], ...]


class Closeup:
    """Describes the selected row of one view."""

    def __init__(self, source: Source, table: Table) -> None:
        self._source = source
        self._table = table
        self._run_for: object = None
        self._marks = b""

    def panel(
        self, row: Row | None, controls: Controls, size: tuple[int, int], end: float
    ) -> Panel | None:
        """Return what to draw below the table; None when no row is selected.

        Args:
            row: that is selected.
            controls: the user's settings.
            size: of the screen.
            end: the moment at the right edge of the timelines, seconds since 1970.
        """
        if row is None:
            return None
        width, height = size
        run, unit = self._run(row, max(1, width - len(RUN_TITLE) - 1), end)
        panel = Panel(
            title=self._title(row),
            brief=self._brief(row),
            facts=tuple(filter(None, self._facts(row))),
            run=run,
            run_unit=unit / TICKS_PER_SECOND,
            lines=summary_lines(height),
            count=len(row.track.open),
        )
        return self._listed(panel, row, controls, size) if controls.detail else panel

    def _listed(self, panel: Panel, row: Row, controls: Controls, size: tuple[int, int]) -> Panel:
        """Return the panel with the connections that are in sight."""
        width, height = size
        track, follower = row.track, row.follower
        details = follower.details
        count = len(track.open) or 1  # without an open one the last is told
        telling = details.counting or bool(details.processes)
        each, head = lines_each(width, telling=telling), head_lines(panel, width)
        needed = 1 + head + 1 + count * each
        lines = max(detail_lines(height, needed), detail_lines(height, controls.grown))
        last = max(0, needed - lines)
        beyond = max(0, last - head)
        last = head + -(-beyond // each) * each if beyond else last
        top = min(controls.scroll, last)
        first = max(0, -(-(top - head) // each))
        rows = reversed(track.open.values()) if track.open else iter((track.last,))
        now = follower.now()
        shown = (words_of(r, track, follower, now) for r in islice(rows, first, first + lines))
        return replace(
            panel,
            lines=lines,
            connections=tuple(shown),
            first=first,
            top=top,
            telling=telling,
        )

    def _title(self, row: Row) -> str:
        host = clean(row.follower.host)
        several = len(self._source.pipeline.hosts) > 1
        return f"{row.track.peer}, {host}{_standing(row)}" if several else str(row.track.peer)

    def _brief(self, row: Row) -> str:
        fact = self._source.facts.get(row.track.peer.address)
        details, unusual = row.follower.details, _unusual(row)
        known = about(row.track, details, unusual, fact) or "its process is not known"
        if match := self._table.alerts.get(row.key):
            known = f"{ALERT}: {match.brief}  {known}"
        if len(self._source.pipeline.hosts) < 2:  # noqa: PLR2004 - nobody asks which
            return known
        return f"{clean(row.follower.host)}{_standing(row)}: {known}"

    def _facts(self, row: Row) -> Iterator[Facts]:
        """Yield groups of what is known, what matters most first."""
        track, details = row.track, row.follower.details
        fact = self._source.facts.get(track.peer.address)
        match, unusual = self._table.alerts.get(row.key), _unusual(row)
        processes = [*islice(named(track, details), _MAX_PROCESSES)]
        yield _known(
            (f"{ALERT}:", match.brief if match else ""),
            ("", unusual.wordings[0] if unusual else ""),
            ("host", "" if track.peer.listening else sourced(fact)),
            ("process", " ".join(processes)),
            ("", contact(track)),
        )
        yield self._history(row)
        process = process_of(track.current, details)
        yield _known(
            ("network", _network(row, fact)),
            ("user", user_of(track.current, process)),
            ("", where(track.current)),
            ("", clean(process.executable) if process is not None else ""),
            ("", clean(process.command, MAX_COMMAND) if process is not None else ""),
        )

    def _history(self, row: Row) -> Facts:
        """Return when something happened, and how much was carried by what is open."""
        track, details, timeline = row.track, row.follower.details, row.track.timeline
        found = [details.counters[number] for number in track.open if number in details.counters]
        trips = [counters.rtt for counters in found if counters.rtt]
        carried = (sum(c.sent for c in found), sum(c.received for c in found))
        return _known(
            ("first seen", self._moment(row, timeline.first_tick)),
            ("last change", self._moment(row, timeline.last_tick)),
            ("opened", f"{track.opened}×" if track.opened else ""),
            ("", "  ".join((f"↑ {size(carried[0])}", f"↓ {size(carried[1])}")) if found else ""),
            ("rtt", round_trip(trips[-1]) if trips else ""),
        )

    def _moment(self, row: Row, tick: int) -> str:
        """Return when a tick of the row's history was, on the axis; with its day if not today."""
        axis = self._source.axis
        moment = time.localtime((tick + axis.base(row.follower)) / TICKS_PER_SECOND)
        today = time.localtime(axis.now())[:3] == moment[:3]
        return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", moment)

    def _run(self, row: Row, columns: int, end: float) -> tuple[bytes, int]:
        """Return the marks of the whole run in at most so many columns, and the ticks of each."""
        coverage, base = row.follower.history.coverage, self._source.axis.base(row.follower)
        first, last = coverage.begin + base, tick_of(end)
        seconds = -(-(last - first + 1) // (columns * TICKS_PER_SECOND))
        unit = max(1, seconds) * TICKS_PER_SECOND
        while last // unit - first // unit >= columns:  # units begin at the clock's, not at ours
            unit += TICKS_PER_SECOND
        count = max(0, last // unit - first // unit + 1)
        timeline = row.track.timeline
        asked = (row.key, unit, first, count, coverage.end, len(timeline), timeline.last_tick)
        if asked != self._run_for:
            begin = first // unit * unit - base
            marks = timeline.marks(begin, unit, count)
            self._run_for, self._marks = asked, bytes(coverage.mask(marks, begin, unit))
        return self._marks, unit


def _known(*facts: tuple[str, str]) -> Facts:
    return tuple((name, value) for name, value in facts if value)


def _unusual(row: Row) -> Unusual | None:
    return row.follower.lasting.unusual(row.track, row.follower.now())


def _standing(row: Row) -> str:
    live = standing_of(row.follower) is Standing.LIVE
    return "" if live else f" ({standing_words(row.follower)})"


def _network(row: Row, fact: Fact | None) -> str:
    if row.track.peer.listening:
        return ""
    country = country_of(row.track.peer, fact)
    network = organisation_of(row.track.peer.address, fact)
    return " ".join(filter(None, ("" if country == UNKNOWN else country, network)))
