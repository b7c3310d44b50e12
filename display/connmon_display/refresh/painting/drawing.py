"""From rows of the table to what is drawn of them: marks, words, and how they stand."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from connmon_display.following.change import Change
from connmon_display.following.hosts import silent_among
from connmon_display.following.known import Known
from connmon_display.refresh.painting.resting import Drawn, Resting
from connmon_display.refresh.scene import SceneRow
from connmon_display.refresh.table.table import Table
from connmon_display.rows.groups import known_from
from connmon_display.rows.merging import merged
from connmon_display.rows.past import Past
from connmon_display.rows.row import Group, Hosts, Key, Shown
from connmon_display.rows.wording import Wording
from connmon_shared.timelines.timeline import Mark


class Window(NamedTuple):
    """The time that is on the screen."""

    start: int  # tick since 1970, on the axis of all hosts
    unit: int  # ticks of one character
    columns: int  # characters
    live: bool  # whether it ends with the last moment that is known


class Drawing:
    """Draws the rows of a table.

    Args:
        table: where the rows are from.
        source: what is known of their hosts.
        past: remembers what was drawn.
    """

    def __init__(self, table: Table, source: Known, past: Past) -> None:
        self._table = table
        self._source = source
        self._past = past
        self._wording = Wording(source)
        self._resting = Resting()

    def forget(self) -> None:
        """Let go of what was drawn: other tracks have taken the places of those that it is of."""
        self._past.forget()
        self._wording.forget()

    def rows(
        self, rows: Iterable[Shown], names: Mapping[str, str], window: Window, selected: Key | None
    ) -> Iterator[SceneRow]:
        """Yield what is to be drawn of each of `rows`.

        Args:
            rows: of the table.
            names: what to call each host; empty: there is only one.
            window: the time to draw.
            selected: on which of them the cursor is.
        """
        silent = {host.host for host in silent_among(self._source.pipeline.hosts.values())}
        bases = self._source.axis.bases()
        for shown in rows:
            marks, label = self._drawn(shown, window, bases, silent)
            called = _called(shown, names) if names else ""
            dimmed = bool(silent) and silent >= shown.hosts.keys()
            yield SceneRow(label, marks, shown.key == selected, called, dimmed)

    def learn(self, change: Change) -> None:
        """Take note of what `change` tells of rows."""
        self._resting.learn(change)

    def _drawn(
        self, shown: Shown, window: Window, bases: Mapping[str, int], silent: Collection[str]
    ) -> Drawn:
        if isinstance(shown, Group) or not window.live or shown.key.host in silent:
            return self._anew(shown, window, bases)
        alert = shown.key in self._table.alerts
        units = (window.start - bases[shown.key.host], window.unit, window.columns)
        drawn = self._resting.drawn(shown, units, alert=alert)
        if drawn is None:
            drawn = self._anew(shown, window, bases)
            self._resting.keep(shown, units, drawn, alert=alert)
        return drawn

    def _anew(self, shown: Shown, window: Window, bases: Mapping[str, int]) -> Drawn:
        marks = bytes(self._marks(shown, shown.hosts, window, bases))
        new = marks[-1] == Mark.NEW and window.live
        label = self._wording.of(shown, self._table.alerts, new=new)
        if not window.live:  # how fast bytes go now is told beside no other time
            label = replace(label, speed="", pace=b"")
        return Drawn(marks, label)

    def marks(self, shown: Shown, window: Window) -> bytearray:
        """Return the marks of a row; its hosts share one axis, but not its beginning."""
        return self._marks(shown, shown.hosts, window, self._source.axis.bases())

    def _marks(
        self, shown: Shown, hosts: Hosts, window: Window, bases: Mapping[str, int]
    ) -> bytearray:
        parts = []
        for host, (follower, tracks) in hosts.items():
            units = (window.start - bases[host], window.unit, window.columns)
            marks = self._past.marks((shown.key, host), tracks, follower.history, units)
            if isinstance(shown, Group) and units[0] < follower.joined:
                unknown = (known_from(shown, follower) - units[0]) // window.unit
                marks[: max(0, unknown)] = bytes((Mark.BLANK,)) * min(max(0, unknown), len(marks))
            parts.append(marks)
        return parts[0] if len(parts) == 1 else merged(parts, window.columns)


def _called(shown: Shown, names: Mapping[str, str]) -> str:
    """Return what to call the host of a row, or how many it is of."""
    hosts = shown.hosts
    return f"{len(hosts)} hosts" if len(hosts) > 1 else names.get(shown.rows[0].key.host, "")
