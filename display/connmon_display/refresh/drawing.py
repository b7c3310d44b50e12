"""From rows of the table to what is drawn of them: marks, words, and how they stand."""

from collections.abc import Mapping
from typing import NamedTuple

from connmon_display.following.hosts import Standing, standing_of
from connmon_display.following.source import Source
from connmon_display.refresh.grouping.merging import merged
from connmon_display.refresh.grouping.past import Past
from connmon_display.refresh.row import Shown
from connmon_display.refresh.scene import SceneRow
from connmon_display.refresh.table import Table
from connmon_shared.timelines.timeline import Mark


class Window(NamedTuple):
    """The time that is on the screen."""

    start: int  # tick since 1970, on the axis of all hosts
    unit: int  # ticks of one character
    columns: int  # characters
    live: bool  # whether it ends now


class Drawing:
    """Draws the rows of a table.

    Args:
        table: where the rows are from.
        source: what is known of their hosts.
    """

    def __init__(self, table: Table, source: Source) -> None:
        self._table = table
        self._source = source
        self._past = Past()

    def row(
        self, shown: Shown, names: Mapping[str, str], window: Window, *, selected: bool
    ) -> SceneRow:
        """Return what is to be drawn of a row.

        Args:
            shown: the row.
            names: what to call each host; empty: there is only one.
            window: the time to draw.
            selected: whether the cursor is on it.
        """
        followers = [follower for follower, _ in shown.hosts.values()]
        marks = self.marks(shown, window)
        several = f"{len(followers)} hosts" if len(followers) > 1 else ""
        return SceneRow(
            self._table.full_label(shown, new=marks[-1] == Mark.NEW and window.live),
            bytes(marks),
            selected=selected,
            host=several or names.get(shown.rows[0].key.host, ""),
            dimmed=all(standing_of(host) is not Standing.LIVE for host in followers),
        )

    def marks(self, shown: Shown, window: Window) -> bytearray:
        """Return the marks of a row; its hosts share one axis, but not its beginning."""
        parts = []
        for host, (follower, tracks) in shown.hosts.items():
            begin = window.start - self._source.axis.base(follower)
            units = (begin, window.unit, window.columns)
            parts.append(self._past.marks((shown.key, host), tracks, follower.history, units))
        return parts[0] if len(parts) == 1 else merged(parts, window.columns)
