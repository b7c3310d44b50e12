"""Which rows the typed words let through."""

from collections.abc import Iterable

from connmon_display.filters.words import filter_of, narrows, tells_age
from connmon_display.following.follow import Change
from connmon_display.following.known import Known
from connmon_display.refresh.controls import Controls
from connmon_display.rows.arrangement import View
from connmon_display.rows.row import Row
from connmon_display.words.labels import Subject
from connmon_shared.timelines.timeline import tick_of


class Search:
    """Looks through rows; while a word is typed on, only through those found last and what is new.

    Args:
        source: what is known of their hosts.
    """

    def __init__(self, source: Known) -> None:
        self._source = source
        self._found: list[Row] = []
        self._typed = ""  # what found them
        self._among: list[Row] | None = None  # None: they are not to be relied on any more
        self._unit = 0
        self._touched: set[bytes] = set()  # addresses of which something was told since

    def learn(self, change: Change) -> None:
        """Take note of the rows that `change` may have changed."""
        if not self._typed:
            return
        if change.joined or change.touched is None:
            self._among = None
        else:
            self._touched.update(change.touched, (fact.address for fact in change.facts))

    def narrowed(self, rows: list[Row], controls: Controls, view: View) -> list[Row]:
        """Return what `matching` does.

        Args:
            rows: another list, unless there are only more of them, of the same hosts, since the
                last call.
            controls: the user's settings.
            view: what is known beside the rows.
        """
        typed, unit = controls.typed, self._unit_began(controls)
        same = rows is self._among and narrows(self._typed, typed)
        same = same and (unit == self._unit or not tells_age(typed))
        found = self.matching(self._candidates(rows) if same else rows, controls, view)
        self._found, self._among = (found, rows) if typed else ([], None)
        self._typed, self._unit = typed, unit
        self._touched.clear()
        return found

    def _candidates(self, rows: list[Row]) -> list[Row]:
        """Return those of `rows` that were found, or of which something was told since."""
        if not self._touched:
            return self._found
        found, touched = {id(row) for row in self._found}, self._touched
        return [row for row in rows if id(row) in found or row.key.peer.address in touched]

    def matching(self, rows: Iterable[Row], controls: Controls, view: View) -> list[Row]:
        """Return those of `rows` that the typed words let through."""
        if not controls.typed:
            return [*rows]
        unit = self._unit_began(controls)
        begin = {host: unit - base for host, base in view.bases.items()}
        hosts = tuple(host.lower() for host in begin) if len(begin) > 1 else ()
        fits = filter_of(controls.typed, hosts)
        return [
            row
            for row in rows
            if fits(
                Subject(
                    row.track,
                    view.facts.get(row.track.peer.address),
                    row.follower.host,
                    alert=row.key in view.alerts,
                    unit=begin[row.key.host],
                )
            )
        ]

    def _unit_began(self, controls: Controls) -> int:
        """Return the tick since 1970 at which the unit began in which we are."""
        now = tick_of(self._source.axis.now())
        return now - now % controls.unit
